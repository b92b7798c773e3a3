// The custom resources that charts/observability makes, as their authors describe them; nothing of it is compiled.
module collab.local/tests/observability/crds

go 1.25.0

require (
	github.com/elastic/cloud-on-k8s/v3 v3.5.0
	github.com/prometheus-operator/prometheus-operator v0.93.1
)
