{{/* The authority whose certificates clients have to show. */}}
{{- define "gateway.clientCaVolume" -}}
volume:
  name: client-ca
  secret:
    secretName: gateway-client-ca
    defaultMode: 0440
    items:
      - {key: ca.crt, path: ca.crt}
mount:
  name: client-ca
  mountPath: /run/client-ca
  readOnly: true
{{- end }}
