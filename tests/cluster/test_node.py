"""The cluster that the other tests stand on does what Kubernetes promises."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.cluster import workloads
from tests.cluster.node import Cluster, ClusterError, Node
from tests.cluster.workloads import PORT, apply
from tests.containers.base import docker_daemon

READY = "--timeout=60s"
SETTLED_WITHIN_S = 60


def run(cluster: Cluster, namespace: str, *command: str) -> str:
    return cluster.kubectl("exec", f"--namespace={namespace}", "client", "--", *command, timeout_s=30)


def pods(cluster: Cluster, namespace: str) -> set[str]:
    items = cluster.get("pods", f"--namespace={namespace}", "--selector=app=server")["items"]
    return {item["metadata"]["name"] for item in items}


def until(holds: Callable[[], bool], seen: object = "it did not come to that") -> None:
    """Wait for what the cluster's parts hear of one after the other; a command that fails counts as not yet."""
    deadline = time.monotonic() + SETTLED_WITHIN_S
    while True:
        try:
            if holds():
                return
        except ClusterError:
            if time.monotonic() > deadline:
                raise
        assert time.monotonic() < deadline, seen
        time.sleep(0.1)


def fetch(url: str) -> str:
    """What is answered, once the node's proxy has heard of the service: a rollout does not wait for that."""
    deadline = time.monotonic() + SETTLED_WITHIN_S
    while True:
        try:
            return httpx.get(url, timeout=5, trust_env=False).text
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def test_every_node_is_ready(cluster: Cluster) -> None:
    nodes = cluster.get("nodes")["items"]
    assert nodes
    for node in nodes:
        conditions = {condition["type"]: condition["status"] for condition in node["status"]["conditions"]}
        assert conditions["Ready"] == "True"
        assert conditions["DiskPressure"] == conditions["MemoryPressure"] == "False"


@pytest.mark.usefixtures("client")
def test_a_service_is_found_by_name(cluster: Cluster, namespace: str, server: str) -> None:
    """In short and in full, over the cluster's name service."""
    address = cluster.get("service", server, f"--namespace={namespace}")["spec"]["clusterIP"]
    until(lambda: bool(run(cluster, namespace, "getent", "ahostsv4", server)))
    for name in (server, f"{server}.{namespace}.svc.cluster.local", "kubernetes.default"):
        found = run(cluster, namespace, "getent", "ahostsv4", name).split()
        assert (found[0] == address) == (server in name)


@pytest.mark.usefixtures("client", "server")
def test_a_service_routes_to_every_pod(cluster: Cluster, namespace: str) -> None:
    script = 'exec 3<>/dev/tcp/server/80; printf "GET / HTTP/1.1\\r\\n\\r\\n" >&3; tail -n 1 <&3'
    answered: set[str] = set()

    def all_have_answered() -> bool:
        answered.add(run(cluster, namespace, "timeout", "5", "bash", "-c", script).strip())
        return answered >= pods(cluster, namespace)

    until(all_have_answered, answered)
    assert answered == pods(cluster, namespace)


def test_a_node_port_answers_this_machine(cluster: Cluster, namespace: str, server: str) -> None:
    port = cluster.get("service", server, f"--namespace={namespace}")["spec"]["ports"][0]["nodePort"]
    assert fetch(f"http://{cluster.address}:{port}/") in pods(cluster, namespace)


def test_a_load_balancer_answers_this_machine(cluster: Cluster, namespace: str, server: str) -> None:
    """On the service's port, at an address that is told; some clusters that are made for trying out have none.

    The port is its own: where balancers share the node's address, that of an ingress has 80.
    """
    port = 8473
    ports = [{"port": 80, "$patch": "delete"}, {"port": port, "targetPort": PORT}]
    change = f"--patch={json.dumps({'spec': {'type': 'LoadBalancer', 'ports': ports}})}"
    cluster.kubectl("patch", "service", server, f"--namespace={namespace}", change)
    told = "--for=jsonpath={.status.loadBalancer.ingress}"
    try:
        cluster.kubectl("wait", f"--namespace={namespace}", told, f"service/{server}", READY)
    except ClusterError:
        if isinstance(cluster, Node):
            raise
        pytest.skip("this cluster has no load balancer")
    balancer = cluster.get("service", server, f"--namespace={namespace}")["status"]["loadBalancer"]["ingress"][0]
    assert fetch(f"http://{balancer['ip']}:{port}/") in pods(cluster, namespace)


@pytest.mark.usefixtures("server")
def test_a_killed_pod_is_replaced(cluster: Cluster, namespace: str) -> None:
    before = pods(cluster, namespace)
    victim = min(before)
    cluster.kubectl("delete", "pod", victim, f"--namespace={namespace}", "--grace-period=0", "--force")
    # What the deployment says of itself is of before, until its controller has looked.
    until(lambda: bool(pods(cluster, namespace) - before))
    cluster.kubectl("rollout", "status", f"--namespace={namespace}", "deployment/server", READY)
    assert len(pods(cluster, namespace) - before) == 1


def test_logs_are_read(cluster: Cluster, namespace: str, server: str) -> None:
    port = cluster.get("service", server, f"--namespace={namespace}")["spec"]["ports"][0]["nodePort"]
    answered = fetch(f"http://{cluster.address}:{port}/a-path")
    deadline = time.monotonic() + SETTLED_WITHIN_S
    while "GET /a-path" not in (said := cluster.kubectl("logs", f"--namespace={namespace}", answered)):
        assert time.monotonic() < deadline, said
        time.sleep(0.1)


@pytest.mark.parametrize(
    "wanted",
    [
        {"privileged": True, "allowPrivilegeEscalation": True},
        {"runAsUser": 0},
        {"allowPrivilegeEscalation": True},
        {"capabilities": {"add": ["NET_ADMIN"]}},
    ],
    ids=lambda wanted: next(iter(wanted)),
)
def test_what_is_not_restricted_is_refused(
    cluster: Cluster, namespace: str, image: str, wanted: dict[str, object]
) -> None:
    spec = workloads.pod_spec(image, ["sleep", "infinity"])
    spec["containers"][0]["securityContext"] = workloads.RESTRICTED | wanted
    with pytest.raises(ClusterError, match='violates PodSecurity "restricted'):
        apply(cluster, namespace, workloads.pod("refused", spec))


@pytest.mark.usefixtures("client")
def test_a_pod_may_not_read_secrets(cluster: Cluster, namespace: str) -> None:
    """RBAC judges the token that admission mounted."""
    script = (
        "d=/var/run/secrets/kubernetes.io/serviceaccount; "
        'test -s $d/token && test "$(cat $d/namespace)" = "$0" && test -s $d/ca.crt'
    )
    run(cluster, namespace, "sh", "-c", script, namespace)
    user = f"--as=system:serviceaccount:{namespace}:default"
    with pytest.raises(ClusterError, match="cannot list resource"):
        cluster.kubectl("get", "secrets", f"--namespace={namespace}", user)


def test_a_volume_outlives_its_pod(cluster: Cluster, namespace: str, image: str) -> None:
    """And belongs to the pod's group, though the pod is not root."""
    apply(cluster, namespace, workloads.claim("data"))
    for number, script in enumerate(("echo kept > /data/file", "grep kept /data/file")):
        name = f"step-{number}"
        spec = workloads.pod_spec(image, ["sh", "-c", script], volumes={"/data": "data"}) | {"restartPolicy": "Never"}
        apply(cluster, namespace, workloads.pod(name, spec))
        phase = "--for=jsonpath={.status.phase}=Succeeded"
        cluster.kubectl("wait", f"--namespace={namespace}", phase, f"pod/{name}", READY)
        cluster.kubectl("delete", "pod", name, f"--namespace={namespace}")


def test_an_image_that_docker_built_runs(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    reference = "collab.local/built:1"
    (tmp_path / "Dockerfile").write_text(
        "ARG BASE=debian:trixie-slim\nFROM ${BASE}\nRUN echo built > /built\nUSER 10001\n"
        'CMD ["sh", "-c", "cat /built && sleep infinity"]\n'
    )
    with docker_daemon() as docker:
        docker.build(tmp_path, tag=reference, arguments={"BASE": docker.ensure_base_image()})
        archive = docker.save(tmp_path / "built.tar", reference)
    cluster.load(archive)
    spec = workloads.pod_spec(reference, [])
    apply(cluster, namespace, workloads.pod("built", spec))
    cluster.kubectl("wait", f"--namespace={namespace}", "--for=condition=Ready", "pod/built", READY)
    # Without a probe a pod is ready as soon as its first process is there.
    until(lambda: bool(cluster.kubectl("logs", f"--namespace={namespace}", "built")))
    assert cluster.kubectl("logs", f"--namespace={namespace}", "built") == "built\n"
