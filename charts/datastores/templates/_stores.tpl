{{/* What each store is: its ports, keys of its Secret, files of its configuration, probes that need no secret. */}}

{{- define "datastores.postgresql" -}}
ports: {sql: 5432}
secrets: [postgresql-superuser]
files: [postgresql.conf, pg_hba.conf]
# A fast shutdown still writes a checkpoint.
graceSeconds: 60
probes:
  startup:
    # First initdb; after a crash, recovery.
    exec: {command: [pg_isready, --quiet, --host=127.0.0.1, --port=5432, --timeout=2]}
    periodSeconds: 2
    timeoutSeconds: 4
    failureThreshold: 300
  liveness:
    # Not pg_isready: a server that recovers refuses sessions, and must not be killed for it.
    tcpSocket: {port: sql}
    periodSeconds: 10
    timeoutSeconds: 5
    failureThreshold: 6
  readiness:
    exec: {command: [pg_isready, --quiet, --host=127.0.0.1, --port=5432, --timeout=2]}
    periodSeconds: 5
    timeoutSeconds: 4
    failureThreshold: 2
{{- end }}

{{- define "datastores.valkey" -}}
ports: {redis: 6379}
secrets: [redis]
files: [valkey.conf]
graceSeconds: 10
probes:
  startup:
    tcpSocket: {port: redis}
    periodSeconds: 1
    timeoutSeconds: 2
    failureThreshold: 60
  liveness:
    tcpSocket: {port: redis}
    periodSeconds: 10
    timeoutSeconds: 5
    failureThreshold: 3
  readiness:
    tcpSocket: {port: redis}
    periodSeconds: 5
    timeoutSeconds: 3
    failureThreshold: 2
{{- end }}

{{- define "datastores.seaweedfs" -}}
{{- $scheme := ternary "HTTPS" "HTTP" .Values.tls.inside -}}
ports: {s3: 8333}
secrets: [s3, s3-admin]
files: []
env: {COLLAB_TLS: {{ ternary "on" "off" .Values.tls.inside | quote }}}
graceSeconds: 30
probes:
  startup:
    httpGet: {path: /healthz, port: s3, scheme: {{ $scheme }}}
    periodSeconds: 2
    timeoutSeconds: 2
    failureThreshold: 60
  liveness:
    tcpSocket: {port: s3}
    periodSeconds: 10
    timeoutSeconds: 5
    failureThreshold: 6
  readiness:
    httpGet: {path: /healthz, port: s3, scheme: {{ $scheme }}}
    periodSeconds: 5
    timeoutSeconds: 3
    failureThreshold: 2
{{- end }}
