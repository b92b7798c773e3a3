"""What may speak to what, what pods may be, and where secrets are, in the installation as it stands."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from contextlib import suppress

import pytest

from collab_platform.blueprint import derive
from collab_platform.environment import load
from tests.cluster import workloads
from tests.cluster.e2e.installation import COMPONENTS, Installation
from tests.cluster.e2e.workloads import PART_OF, pods
from tests.cluster.node import Cluster, ClusterError
from tests.cluster.test_policies import SETTLED_WITHIN_S, settles
from tests.cluster.workloads import apply

CONNECT_S = 2
SECRET_BYTES = 12
"""Shorter values are names, such as the access key of the object storage: they say nothing."""
PUBLIC_KEYS = ("tls.crt", "ca.crt")
GATEWAY_TO_WEB = ("gateway", "web", 8080)
"""Beside the blueprint's: the gateway hands the editor's pages on where no ingress does."""


@pytest.fixture(scope="module")
def ports(installation: Installation) -> dict[tuple[str, str], int]:
    """The ports of the components' Services by component and name."""
    items = installation.cluster.get("services", f"--namespace={installation.namespace}")["items"]
    return {
        (item["metadata"]["name"], port["name"]): int(port["port"])
        for item in items
        if item["metadata"]["name"] in COMPONENTS
        for port in item["spec"]["ports"]
    }


def test_pods_reach_what_the_blueprint_lists_and_nothing_else(
    installation: Installation, ports: dict[tuple[str, str], int]
) -> None:
    resolved = load(installation.project.name, root=installation.project.root, variables={}, flags={})
    connections = derive(installation.project.name, resolved.environment).connections
    expected = {(each.source, each.target, ports[each.target, each.port]) for each in connections}
    targets = {(component, port) for (component, _), port in ports.items()}
    reached: set[tuple[str, str, int]] = set()

    def all_are_reached() -> bool:
        """What was reached once counts; on a busy machine a try may take longer than it has."""
        reached.update((source, *target) for source in COMPONENTS for target in _reached(installation, source, targets))
        return reached >= expected | {GATEWAY_TO_WEB}

    with suppress(AssertionError):
        installation.wait(all_are_reached, SETTLED_WITHIN_S)
    assert reached == expected | {GATEWAY_TO_WEB}


def test_a_stranger_reaches_nothing(
    installation: Installation, namespace: str, image: str, ports: dict[tuple[str, str], int]
) -> None:
    """Neither a pod without a component's labels, nor one from another namespace, which may go where it likes."""
    cluster = installation.cluster
    for place in (installation.namespace, namespace):
        apply(cluster, place, workloads.pod("stranger", workloads.pod_spec(image, ["sleep", "infinity"])))
    try:
        for place in (installation.namespace, namespace):
            cluster.kubectl("wait", f"--namespace={place}", "--for=condition=Ready", "pod/stranger", "--timeout=60s")
        apply(cluster, namespace, *workloads.server(image, replicas=1))
        assert settles(True, cluster, namespace, "server", pod="stranger"), "nothing at all can be reached from there"
        suffix = f"{installation.namespace}.svc.cluster.local"
        targets = {(f"{component}.{suffix}", port) for (component, _), port in ports.items()}
        for place in (installation.namespace, namespace):
            # An enforcer hears of a pod a moment after it has started.
            installation.wait(lambda place=place: not opened(cluster, place, "stranger", targets), SETTLED_WITHIN_S)
            assert not opened(cluster, place, "stranger", targets)
    finally:
        cluster.kubectl("delete", "pod", "stranger", f"--namespace={installation.namespace}", "--wait=false")


def test_the_namespace_refuses_what_is_not_restricted(installation: Installation, image: str) -> None:
    spec = workloads.pod_spec(image, ["sleep", "infinity"])
    spec["containers"][0]["securityContext"] = workloads.RESTRICTED | {"runAsUser": 0, "runAsNonRoot": False}
    with pytest.raises(ClusterError, match='violates PodSecurity "restricted'):
        apply(installation.cluster, installation.namespace, workloads.pod("refused", spec))


def test_no_pod_has_a_token_of_the_cluster(installation: Installation) -> None:
    for pod in pods(installation.cluster, installation.namespace):
        volumes = str(pod["spec"].get("volumes", []))
        assert "serviceAccountToken" not in volumes, pod["metadata"]["name"]


def test_secrets_are_in_secrets_alone(installation: Installation) -> None:
    """Not in a pod's variables or arguments, not in configuration, not in what anything wrote to its log."""
    cluster, namespace = installation.cluster, installation.namespace
    values = list(_secret_values(cluster, namespace))
    assert len(values) > len(COMPONENTS)
    kinds = "pods,configmaps,deployments,statefulsets,jobs,services,ingresses,events"
    shown = cluster.kubectl("get", kinds, f"--namespace={namespace}", "--output=yaml")
    shown += "".join(
        cluster.kubectl("logs", f"--namespace={namespace}", f"--selector={PART_OF}", *options)
        for options in (("--all-containers", "--tail=-1", "--max-log-requests=50"),)
    )
    told = [name for name, value in values if value in shown or _encoded(value) in shown]
    assert told == []


def _reached(installation: Installation, source: str, targets: Iterable[tuple[str, int]]) -> set[tuple[str, int]]:
    """To which Services a pod of a component can open a connection."""
    pod = next(iter(pods(installation.cluster, installation.namespace, source)))["metadata"]["name"]
    return opened(installation.cluster, installation.namespace, pod, targets)


def opened(cluster: Cluster, namespace: str, pod: str, targets: Iterable[tuple[str, int]]) -> set[tuple[str, int]]:
    """Where a pod can open a connection to, each tried once and all at the same time."""
    tries = (
        f'(timeout {CONNECT_S} bash -c "exec 3<>/dev/tcp/{host}/{port}" 2>/dev/null && echo {host} {port})&'
        for host, port in targets
    )
    script = " ".join(tries) + " wait"
    said = cluster.kubectl("exec", f"--namespace={namespace}", pod, "--", "bash", "-c", script, timeout_s=60)
    return {(host, int(port)) for host, port in (line.split() for line in said.splitlines())}


def _secret_values(cluster: Cluster, namespace: str) -> Iterable[tuple[str, str]]:
    for item in cluster.get("secrets", f"--namespace={namespace}")["items"]:
        for key, encoded in item.get("data", {}).items():
            value = base64.b64decode(encoded).decode().strip()
            if key not in PUBLIC_KEYS and len(value) >= SECRET_BYTES:
                # Of a PEM file one line from its middle: YAML and logs break lines as they like.
                line = value.splitlines()[len(value.splitlines()) // 2]
                yield f"{item['metadata']['name']}/{key}", line


def _encoded(value: str) -> str:
    return base64.b64encode(value.encode()).decode().rstrip("=")
