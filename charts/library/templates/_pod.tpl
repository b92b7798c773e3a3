{{/* Pods and containers, as Pod Security "restricted" wants them and without a writable root. */}}

{{/*
A container. {name, image, command, env: {NAME: TEXT}, instance: name of a variable that is to hold the pod's name,
ports: {NAME: NUMBER}, probes: {liveness|readiness|startup: PROBE}, resources, mounts, preStopSeconds,
sidecar: of an init container, true if it is to run beside the others for as long as they do}
*/}}
{{- define "collab.container" -}}
name: {{ .name }}
image: {{ include "collab.image" .image }}
imagePullPolicy: {{ .image.pullPolicy }}
{{- if .sidecar }}
restartPolicy: Always
{{- end }}
{{- with .command }}
command: {{ toJson . }}
{{- end }}
{{- if or .env .instance }}
env:
  {{- range $name, $value := .env }}
  - name: {{ $name }}
    value: {{ $value | quote }}
  {{- end }}
  {{- with .instance }}
  - name: {{ . }}
    valueFrom:
      fieldRef:
        fieldPath: metadata.name
  {{- end }}
{{- end }}
{{- with .ports }}
ports:
  {{- range $name, $number := . }}
  - name: {{ $name }}
    containerPort: {{ $number }}
    protocol: TCP
  {{- end }}
{{- end }}
{{- range $kind, $probe := .probes }}
{{ $kind }}Probe:
  {{- toYaml $probe | nindent 2 }}
{{- end }}
{{- with .preStopSeconds }}
lifecycle:
  preStop:
    # Until every proxy has heard that this pod is going, it goes on answering.
    sleep:
      seconds: {{ . }}
{{- end }}
resources:
  {{- toYaml .resources | nindent 2 }}
securityContext:
  allowPrivilegeEscalation: false
  capabilities:
    drop: [ALL]
  privileged: false
  readOnlyRootFilesystem: true
volumeMounts:
  - name: tmp
    mountPath: /tmp
  - name: run
    mountPath: /run/collab
  {{- with .mounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/*
A pod's template. {root, name, values: of the workload, containers, initContainers: lists of what "collab.container"
takes, volumes, run: {sizeLimit, medium} of /run/collab, checksums: {NAME: ANYTHING}, graceSeconds,
revisionLabel: the label in which the controller keeps a pod's revision, restartPolicy}
*/}}
{{- define "collab.pod" -}}
{{- $annotations := merge (dict) (.values.podAnnotations | default dict) (.root.Values.commonAnnotations | default dict) }}
{{- range $name, $content := .checksums }}
{{- $_ := set $annotations (printf "checksum/%s" $name) (toJson $content | sha256sum) }}
{{- end -}}
metadata:
  labels:
    {{- include "collab.selector" .name | nindent 4 }}
    app.kubernetes.io/instance: {{ .root.Release.Name }}
    {{- with merge (dict) (.values.podLabels | default dict) (.root.Values.commonLabels | default dict) }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    kubectl.kubernetes.io/default-container: {{ (last .containers).name }}
    {{- with $annotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ .name }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  {{- with .restartPolicy }}
  restartPolicy: {{ . }}
  {{- end }}
  {{- with .root.Values.imagePullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  {{- with .values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with .values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  terminationGracePeriodSeconds: {{ .graceSeconds }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    fsGroup: 10001
    # Only a new volume: PostgreSQL refuses a data directory that its group may write.
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile:
      type: RuntimeDefault
  {{- $spread := .values.spread | default dict }}
  {{- if $spread.enabled }}
  topologySpreadConstraints:
    {{- range $spread.topologyKeys }}
    - topologyKey: {{ . }}
      maxSkew: 1
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "collab.selector" $.name | nindent 10 }}
      # Each revision for itself: what an update replaces does not count.
      matchLabelKeys: [{{ $.revisionLabel }}]
    {{- end }}
  {{- end }}
  {{- with .initContainers }}
  initContainers:
    {{- range . }}
    - {{ include "collab.container" . | indent 6 | trim }}
    {{- end }}
  {{- end }}
  containers:
    {{- range .containers }}
    - {{ include "collab.container" . | indent 6 | trim }}
    {{- end }}
  volumes:
    - name: tmp
      emptyDir:
        sizeLimit: 64Mi
    - name: run
      emptyDir:
        {{- toYaml (.run | default (dict "sizeLimit" "64Mi")) | nindent 8 }}
    {{- with .volumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}

{{/* Volumes and mounts that several components have: each is {volume, mount}, read back with fromYaml. */}}

{{/* Keys of a Secret under /run/secrets/collab. {name: of the volume, secret, keys: list, all of them if empty} */}}
{{- define "collab.secretVolume" -}}
volume:
  name: {{ .name }}
  secret:
    secretName: {{ .secret }}
    defaultMode: 0440
    {{- with .keys }}
    items:
      {{- range . | uniq | sortAlpha }}
      - {key: {{ . }}, path: {{ . }}}
      {{- end }}
    {{- end }}
mount:
  name: {{ .name }}
  mountPath: /run/secrets/collab
  readOnly: true
{{- end }}

{{/* A component's own certificate. Takes the component's name. */}}
{{- define "collab.tlsVolume" -}}
volume:
  name: tls
  secret:
    secretName: {{ . }}-tls
    defaultMode: 0440
    items:
      - {key: tls.crt, path: tls.crt}
      - {key: tls.key, path: tls.key}
mount:
  name: tls
  mountPath: /run/tls
  readOnly: true
{{- end }}

{{/* Whom to trust besides the system's authorities. */}}
{{- define "collab.trustVolume" -}}
volume:
  name: trust
  configMap:
    name: collab-trust
    items:
      - {key: ca.crt, path: ca.crt}
mount:
  name: trust
  mountPath: /run/trust
  readOnly: true
{{- end }}

{{/* Configuration files. {component, path} */}}
{{- define "collab.configVolume" -}}
volume:
  name: config
  configMap:
    name: {{ .component }}-config
mount:
  name: config
  mountPath: {{ .path }}
  readOnly: true
{{- end }}

{{/* Probes of a program that answers /livez on its port "status", at once or not at all. */}}
{{- define "collab.statusProbes" -}}
startup:
  httpGet: {path: /livez, port: status}
  periodSeconds: 1
  timeoutSeconds: 2
  failureThreshold: 60
liveness:
  httpGet: {path: /livez, port: status}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
readiness:
  httpGet: {path: /livez, port: status}
  periodSeconds: 5
  timeoutSeconds: 3
  failureThreshold: 2
{{- end }}
