# Logs are kept for {{ .Values.elk.retentionDays }} days. The template logs@custom is Elasticsearch's own place for such settings.
# The password goes by a file, never by an argument.
umask 077
printf 'user = "elastic:%s"\n' "$(cat /run/user/elastic)" > /tmp/curlrc
put() {
  curl --config /tmp/curlrc --cacert /run/authority/ca.crt --fail-with-body --silent --show-error \
    --max-time 20 --retry 20 --retry-delay 15 --retry-all-errors \
    --request PUT --header 'Content-Type: application/json' --data "$2" \
    "https://elasticsearch-es-http.{{ .Release.Namespace }}.svc:9200/$1"
}
put _ilm/policy/collab-logs '{"policy": {"phases": {
  "hot": {"actions": {"rollover": {"max_age": "1d", "max_primary_shard_size": "20gb"}}},
  "delete": {"min_age": "{{ .Values.elk.retentionDays }}d", "actions": {"delete": {}}}}}}'
# Flattened: programs may disagree on the type of a field, and none of them adds fields to the index without end.
put _component_template/logs@custom '{"template": {
  "settings": {"index.lifecycle.name": "collab-logs"},
  "mappings": {"properties": {"collab": {"type": "flattened"}}}}}'
