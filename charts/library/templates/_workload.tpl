{{/* Controllers, and what stands around the pods of a component. */}}

{{/* {root, name, values, stateful, pod: what "collab.pod" takes beyond these} */}}
{{- define "collab.workload" -}}
{{- $label := ternary "controller-revision-hash" "pod-template-hash" .stateful }}
{{- $pod := merge (dict "root" .root "name" .name "values" .values "revisionLabel" $label) .pod -}}
apiVersion: apps/v1
kind: {{ ternary "StatefulSet" "Deployment" .stateful }}
metadata:
  {{- include "collab.metadata" . | nindent 2 }}
spec:
  {{- if not .values.autoscaling.enabled }}
  replicas: {{ .values.replicas }}
  {{- end }}
  revisionHistoryLimit: 3
  selector:
    matchLabels:
      {{- include "collab.selector" .name | nindent 6 }}
  {{- if .stateful }}
  serviceName: {{ .name }}
  podManagementPolicy: Parallel
  updateStrategy:
    type: RollingUpdate
  {{- else }}
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxUnavailable: 0
      maxSurge: 1
  {{- end }}
  template:
    {{- include "collab.pod" $pod | nindent 4 }}
{{- end }}

{{/* ServiceAccount, NetworkPolicy, PodDisruptionBudget and HorizontalPodAutoscaler. {root, name, values, stateful} */}}
{{- define "collab.companions" -}}
{{- include "collab.serviceAccount" . }}
{{- if .values.network.enabled }}
---
{{ include "collab.networkPolicy" . }}
{{- end }}
{{- if .values.disruption.enabled }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "collab.metadata" . | nindent 2 }}
spec:
  maxUnavailable: {{ .values.disruption.maxUnavailable }}
  # A pod that does not work anyway must not keep a node from being emptied.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "collab.selector" .name | nindent 6 }}
{{- end }}
{{- with .values.autoscaling }}
{{- if .enabled }}
{{- if gt (int .minReplicas) (int .maxReplicas) }}
{{- fail (printf "%s.autoscaling: minReplicas (%v) is above maxReplicas (%v)" $.name .minReplicas .maxReplicas) }}
{{- end }}
{{- if not (or .cpuPercent .metrics) }}
{{- fail (printf "%s.autoscaling: nothing to scale by: set cpuPercent or metrics" $.name) }}
{{- end }}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  {{- include "collab.metadata" $ | nindent 2 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: {{ ternary "StatefulSet" "Deployment" $.stateful }}
    name: {{ $.name }}
  minReplicas: {{ .minReplicas }}
  maxReplicas: {{ .maxReplicas }}
  metrics:
    {{- with .cpuPercent }}
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {{ . }}
    {{- end }}
    {{- with .metrics }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  behavior:
    scaleUp:
      stabilizationWindowSeconds: 0
      policies:
        - {type: Percent, value: 100, periodSeconds: 30}
        - {type: Pods, value: 2, periodSeconds: 30}
    scaleDown:
      # Each pod that goes sends its clients elsewhere: slowly, and only once it is surely not needed.
      stabilizationWindowSeconds: 300
      policies:
        - {type: Pods, value: 1, periodSeconds: 60}
{{- end }}
{{- end }}
{{- end }}

{{/* {root, name, values} */}}
{{- define "collab.serviceAccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- $annotations := (.values.serviceAccount | default dict).annotations }}
  {{- include "collab.metadata" (dict "root" .root "name" .name "annotations" $annotations) | nindent 2 }}
automountServiceAccountToken: false
{{- end }}

{{/*
A Service over the pods of a component. {root, name, component: whose pods if not its own name's, ports: {NAME: NUMBER},
targets: {NAME: NAME}: the port's name in the pod where it differs, selector: more labels, type, annotations, clusterIP, spec: more of it}
*/}}
{{- define "collab.service" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "collab.metadata" . | nindent 2 }}
spec:
  type: {{ .type | default "ClusterIP" }}
  {{- with .clusterIP }}
  clusterIP: {{ . }}
  {{- end }}
  selector:
    {{- include "collab.selector" (.component | default .name) | nindent 4 }}
    {{- with .selector }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .spec }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  ports:
    {{- range $name, $number := .ports }}
    - name: {{ $name }}
      port: {{ $number }}
      targetPort: {{ $name }}
      protocol: TCP
    {{- end }}
{{- end }}

{{/* Files as a ConfigMap COMPONENT-config. {root, name: the component, files: {NAME: TEXT}} */}}
{{- define "collab.configMap" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  {{- include "collab.metadata" (dict "root" .root "name" (printf "%s-config" .name) "component" .name) | nindent 2 }}
data:
  {{- range $name, $text := .files }}
  {{ $name }}: {{ toJson $text }}
  {{- end }}
{{- end }}

{{/* The files given as a value or else the chart's own, as JSON. {root, name, given, pattern: of the chart's own} */}}
{{- define "collab.files" -}}
{{- $files := dict }}
{{- if .given }}
{{- $files = .given }}
{{- else }}
{{- range $path, $bytes := .root.Files.Glob .pattern }}
{{- $_ := set $files (base $path) ($bytes | toString) }}
{{- end }}
{{- end }}
{{- if not $files }}
{{- fail (printf "%s: no configuration: set files, or put it into %s of the chart" .name .pattern) }}
{{- end }}
{{- toJson $files }}
{{- end }}
