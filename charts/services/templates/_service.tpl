{{/*
What a pod of one service needs, as YAML to be read with fromYaml: env, mounts, volumes, and for the containers that
only look at its database schema databaseEnv, databaseMounts. {root, name, values}
*/}}
{{- define "services.parts" -}}
{{- $inside := .root.Values.tls.inside }}
{{- $env := dict "COLLAB_HOST" "0.0.0.0" "COLLAB_PORT" "8080" "COLLAB_DRAIN_TIMEOUT_S" (toString .values.drainSeconds) }}
{{- if has "websocket" .values.ports }}
{{- $_ := set $env "COLLAB_WEBSOCKET_PORT" "8081" }}
{{- end }}
{{- if $inside }}
{{- $_ := set $env "COLLAB_TLS_CERT_FILE" "/run/tls/tls.crt" }}
{{- $_ := set $env "COLLAB_TLS_KEY_FILE" "/run/tls/tls.key" }}
{{- $_ := set $env "COLLAB_CA_FILE" "/run/trust/ca.crt" }}
{{- end }}
{{- range $variable, $key := .values.secrets }}
{{- if hasKey $.values.settings $variable }}
{{- fail (printf "%s: %s is both in settings and in secrets" $.name $variable) }}
{{- end }}
{{- $_ := set $env $variable (printf "/run/secrets/collab/%s" $key) }}
{{- end }}
{{- $env = mergeOverwrite $env .values.settings }}
{{- if gt (float64 $env.COLLAB_DRAIN_TIMEOUT_S) (float64 .values.drainSeconds) }}
{{- fail (printf "%s: COLLAB_DRAIN_TIMEOUT_S (%s) is above drainSeconds (%v): the pod would be killed while it drains" .name $env.COLLAB_DRAIN_TIMEOUT_S .values.drainSeconds) }}
{{- end }}
{{- $databaseEnv := dict }}
{{- range $variable, $value := $env }}
{{- if or (hasPrefix "COLLAB_DATABASE_" $variable) (eq $variable "COLLAB_CA_FILE") }}
{{- $_ := set $databaseEnv $variable $value }}
{{- end }}
{{- end }}
{{- $secrets := include "collab.secretVolume" (dict "name" "secrets" "secret" (printf "%s-secrets" .name) "keys" (values .values.secrets)) | fromYaml }}
{{- $trust := include "collab.trustVolume" . | fromYaml }}
{{- $tls := include "collab.tlsVolume" .name | fromYaml }}
{{- $parts := list }}
{{- if .values.secrets }}
{{- $parts = append $parts $secrets }}
{{- end }}
{{- if $inside }}
{{- $parts = append $parts $trust }}
{{- end }}
{{- $databaseParts := $parts }}
{{- if $inside }}
{{- $parts = append $parts $tls }}
{{- end }}
env: {{ toJson $env }}
databaseEnv: {{ toJson $databaseEnv }}
volumes:
  {{- range $parts }}
  - {{ toJson .volume }}
  {{- end }}
mounts:
  {{- range $parts }}
  - {{ toJson .mount }}
  {{- end }}
databaseMounts:
  {{- range $databaseParts }}
  - {{ toJson .mount }}
  {{- end }}
{{- end }}

{{/* The port numbers of a service by their names, as JSON. Takes the list of names. */}}
{{- define "services.ports" -}}
{{- $ports := dict "http" 8080 }}
{{- if has "websocket" . }}
{{- $_ := set $ports "websocket" 8081 }}
{{- end }}
{{- toJson $ports }}
{{- end }}

{{/* Probes of a service, as JSON. Takes whether it speaks TLS. */}}
{{- define "services.probes" -}}
{{- $scheme := ternary "HTTPS" "HTTP" . }}
startup:
  httpGet: {path: /livez, port: http, scheme: {{ $scheme }}}
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 30
liveness:
  httpGet: {path: /livez, port: http, scheme: {{ $scheme }}}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
readiness:
  httpGet: {path: /readyz, port: http, scheme: {{ $scheme }}}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 2
{{- end }}
