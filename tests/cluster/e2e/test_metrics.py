"""What Prometheus would be told of the gateway, by the container beside it in the pod as it stands."""

from __future__ import annotations

from collections import Counter

from prometheus_client.parser import text_string_to_metric_families

from tests.cluster.e2e.installation import Installation
from tests.cluster.e2e.workloads import pods
from tests.system.api import http_client

_ASK = """
import urllib.request
print(urllib.request.urlopen("http://127.0.0.1:8083/metrics", timeout=30).read().decode())
"""


def told(installation: Installation) -> Counter[str]:
    """Samples by metric, of all pods and labels together."""
    found: Counter[str] = Counter()
    for pod in pods(installation.cluster, installation.namespace, "gateway"):
        where = (f"--namespace={installation.namespace}", "--container=metrics", pod["metadata"]["name"])
        text = installation.cluster.kubectl("exec", *where, "--", "python", "-c", _ASK)
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                found[sample.name] += int(sample.value)
    return found


def test_the_gateways_requests_are_counted(installation: Installation) -> None:
    before = told(installation)
    with http_client(installation.url) as client:
        for _ in range(20):
            assert client.get("/.well-known/jwks.json").status_code == 200
        # No attack: whoever shares this installation goes by that its firewall finds none.
        assert client.get("/api/documents").status_code == 401

    def counted() -> bool:
        after = told(installation) - before
        # The last request is the one with a score: others may be counted meanwhile, such as probes.
        return (
            after["collab_gateway_requests_total"] >= 21
            and after["collab_gateway_cache_total"] >= 20
            and after["collab_gateway_firewall_score_count"] > 0
        )

    installation.wait(counted, 60)
    after = told(installation)
    assert after["collab_gateway_connections"] > 0, "nginx's own count is not read"
    assert after["collab_gateway_firewall_score_count"] > before["collab_gateway_firewall_score_count"]
    assert after["collab_gateway_unreadable_total"] == 0
