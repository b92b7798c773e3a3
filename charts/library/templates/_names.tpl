{{/* Names, labels and images. Every chart has these files through its link templates/library. */}}

{{/* A selector is for ever: nothing that a release could change belongs in it. Takes a component's name. */}}
{{- define "collab.selector" -}}
app.kubernetes.io/name: {{ . }}
app.kubernetes.io/part-of: collab
{{- end }}

{{/* Labels of an object. {root, name} */}}
{{- define "collab.labels" -}}
{{ include "collab.selector" .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* An object's metadata. {root, name, component: whose it is if not its own name's, annotations} */}}
{{- define "collab.metadata" -}}
name: {{ .name }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "collab.labels" (dict "root" .root "name" (.component | default .name)) | nindent 2 }}
{{- with merge (dict) (.annotations | default dict) (.root.Values.commonAnnotations | default dict) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Takes image values; a digest says more than a tag does. */}}
{{- define "collab.image" -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag }}
{{- end -}}
{{- end }}
