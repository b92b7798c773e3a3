{{/* Who may talk with whom. Policies see pods' ports: a Service's are translated before. */}}

{{/* All that one component may receive and send, and nothing else. {root, name, values: {network}} */}}
{{- define "collab.networkPolicy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "collab.metadata" . | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "collab.selector" .name | nindent 6 }}
  policyTypes: [Ingress, Egress]
  {{- with .values.network.ingress }}
  ingress:
    {{- range . }}
    - from:
        {{- include "collab.peers" . | trim | nindent 8 }}
      ports:
        {{- include "collab.policyPorts" .ports | trim | nindent 8 }}
    {{- end }}
  {{- else }}
  ingress: []
  {{- end }}
  egress:
    # Names: the cluster's own name service, or the cache on each node.
    - to:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: kube-system
          podSelector:
            matchLabels:
              k8s-app: kube-dns
        - ipBlock:
            cidr: 169.254.20.10/32
      ports:
        - {port: 53, protocol: UDP}
        - {port: 53, protocol: TCP}
    {{- range .values.network.egress }}
    - to:
        {{- include "collab.peers" . | trim | nindent 8 }}
      ports:
        {{- include "collab.policyPorts" .ports | trim | nindent 8 }}
    {{- end }}
{{- end }}

{{- define "collab.peers" -}}
{{- if .component }}
- podSelector:
    matchLabels:
      {{- include "collab.selector" .component | nindent 6 }}
{{- else if .namespace }}
- namespaceSelector:
    matchLabels:
      kubernetes.io/metadata.name: {{ .namespace }}
{{- else }}
{{- range .cidrs }}
- ipBlock:
    cidr: {{ . }}
{{- end }}
{{- end }}
{{- end }}

{{- define "collab.policyPorts" -}}
{{- range . }}
- {port: {{ . }}, protocol: TCP}
{{- end }}
{{- end }}
