{{- define "observability.target" -}}
{{ .Values.target.namespace | default .Release.Namespace }}
{{- end }}

{{- define "observability.prometheus" -}}
{{ .Values.prometheus.namespace | default .Release.Namespace }}
{{- end }}

{{- define "observability.services" -}}
auth user document collaboration
{{- end }}

{{/* Labels of an object; call with (dict "root" $ "name" NAME). */}}
{{- define "observability.labels" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/part-of: collab
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* metadata of an object; call with (dict "root" $ "name" NAME "namespace" NS "component" NAME-LABEL "labels" MORE "annotations" MORE). */}}
{{- define "observability.metadata" -}}
name: {{ .name }}
namespace: {{ .namespace }}
labels:
  {{- include "observability.labels" (dict "root" .root "name" (.component | default .name)) | nindent 2 }}
  {{- with .labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with merge (dict) (.annotations | default dict) .root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Reference of an image; call with its values. */}}
{{- define "observability.image" -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ required "an image needs a tag or a digest" .tag }}
{{- end -}}
{{- end }}

{{/* Addresses that the blackbox exporter asks in the cluster, by module: JSON. */}}
{{- define "observability.probed" -}}
{{- $namespace := include "observability.target" . -}}
{{- $scheme := ternary "https" "http" .Values.tls.inside -}}
{{- $http := list -}}
{{- $tls := list -}}
{{- range splitList " " (include "observability.services" .) -}}
{{- $http = append $http (printf "%s://%s.%s.svc:8080/livez" $scheme . $namespace) -}}
{{- end -}}
{{- $ports := dict "valkey" 6379 "seaweedfs" 8333 -}}
{{- if .Values.tls.inside -}}
{{- range .Values.probes.stores -}}
{{- $tls = append $tls (printf "%s.%s.svc:%v" . $namespace (get $ports .)) -}}
{{- end -}}
{{- end -}}
{{- $probed := dict "http" $http "tls" $tls "public" .Values.probes.public -}}
{{- with .Values.probes.gateway -}}
{{- if ne .module "none" -}}
{{- $own := dict "http" (printf "%s://gateway.%s.svc/.well-known/jwks.json" $scheme $namespace) "tls" (printf "gateway.%s.svc:443" $namespace) -}}
{{- $module := ternary .module (printf "%s-unverified" .module) .verify -}}
{{- $_ := set $probed $module (append (get $probed $module | default list) (.address | default (get $own .module))) -}}
{{- end -}}
{{- end -}}
{{- toJson $probed -}}
{{- end }}
