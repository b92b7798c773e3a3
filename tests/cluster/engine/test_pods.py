"""What needs no engine: status, logs and commands on an installation that somebody else applied, on a real cluster."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from collab_platform.environment import load
from collab_platform.errors import NotRunningError, UsageError
from collab_platform.targets.base import ComponentStatus, LogLine, LogQuery, Status
from collab_platform.targets.kubernetes.target import KubernetesTarget
from tests.cluster import workloads
from tests.cluster.node import Cluster

DEADLINE_S = 180
# The base image has no Python: what stands for it tells what it was given.
PYTHON = """#!/bin/sh
echo "arguments: $*"
echo "input: $(cat)"
echo "variable: $COLLAB_INSTANCE"
echo "some words" >&2
exit 3
"""
TALK = 'echo "first words of $HOSTNAME"; n=0; while :; do n=$((n+1)); echo "line $n"; sleep 1; done'


def labels(component: str) -> dict[str, str]:
    return {"app.kubernetes.io/name": component, "app.kubernetes.io/part-of": "collab"}


def deployment(component: str, image: str, command: list[str], *, replicas: int = 1) -> dict[str, Any]:
    spec = workloads.pod_spec(image, command)
    spec["containers"][0]["env"] = [
        {"name": "COLLAB_INSTANCE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "PATH", "value": "/opt/stand-in:/usr/bin:/bin"},
    ]
    spec["containers"][0]["volumeMounts"] = [{"name": "stand-in", "mountPath": "/opt/stand-in"}]
    spec["volumes"] = [{"name": "stand-in", "configMap": {"name": "stand-in", "defaultMode": 0o755}}]
    template = {"metadata": {"labels": labels(component)}, "spec": spec}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": component, "labels": labels(component)},
        "spec": {"replicas": replicas, "selector": {"matchLabels": labels(component)}, "template": template},
    }


@pytest.fixture
def target(cluster: Cluster, namespace: str, image: str, tmp_path: Path) -> KubernetesTarget:
    """An installation of two healthy components, one that cannot pull its image, and one that keeps ending."""
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments" / "there.toml").write_text(
        'version = 1\ntarget = "kubernetes"\n[site]\npublic_url = "http://docs.example.org"\n'
        f'[kubernetes]\nnamespace = "{namespace}"\nkubeconfig = "{cluster.kubeconfig}"\ntls_inside = false\n'
    )
    metadata = {"name": "stand-in"}
    broken = deployment("user", "registry.invalid/nothing:1", ["sleep", "1"])
    broken["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"] = "IfNotPresent"
    workloads.apply(
        cluster,
        namespace,
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"python": PYTHON}},
        deployment("auth", image, ["sh", "-c", TALK], replicas=2),
        deployment("web", image, ["sh", "-c", TALK]),
        broken,
        deployment("document", image, ["sh", "-c", "echo before the end; exit 7"]),
    )
    for healthy in ("auth", "web"):
        cluster.kubectl("rollout", "status", f"--namespace={namespace}", f"deployment/{healthy}", "--timeout=60s")
    resolved = load("there", root=tmp_path, variables={}, flags={})
    return KubernetesTarget(resolved, root=tmp_path)


def until(look: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        if look():
            return
        time.sleep(0.5)
    raise AssertionError("it did not come to that")


def part(status: Status, name: str) -> ComponentStatus:
    return next(component for component in status.components if component.name == name)


def test_the_whole_way(target: KubernetesTarget, cluster: Cluster, namespace: str):
    """One installation for all questions: making it takes longer than asking."""
    seen: list[Status] = []

    def both_are_broken() -> bool:
        """Seen at one time: what keeps ending runs in between."""
        seen.append(target.status())
        messages = {component.name: component.message for component in seen[-1].components}
        return "ImagePull" in messages["user"] and "CrashLoopBackOff" in messages["document"]

    until(both_are_broken)
    status = seen[-1]
    assert (status.target, status.state) == ("kubernetes", "degraded")
    assert part(status, "auth").state == "healthy"
    assert len(part(status, "auth").replicas) == 2
    assert all(replica.since for replica in part(status, "auth").replicas)
    assert part(status, "user").state == "unhealthy"
    assert part(status, "document").state == "unhealthy"
    assert "exit code 7" in part(status, "document").message
    assert part(status, "document").replicas[0].restarts > 0
    assert part(status, "collaboration").state == "stopped"
    assert status.urls["editor"] == "http://docs.example.org"

    _logs(target, cluster, namespace)
    _commands(target)
    ready = {check.name: check for check in target.checks()}
    assert "2 pods" in ready["auth"].run(30)


def _logs(target: KubernetesTarget, cluster: Cluster, namespace: str) -> None:
    past = list(target.logs(LogQuery(components=("auth",), tail=None)))
    pods = {line.replica for line in past}
    assert len(pods) == 2
    assert {line.text for line in past} >= {f"first words of {pod}" for pod in pods}
    times = [line.time for line in past]
    assert all(times)
    assert times == sorted(times, key=lambda at: at.timestamp() if at else 0)
    assert len(list(target.logs(LogQuery(components=("web",), tail=1)))) == 1
    # The node may be tidying up the one before just now.
    ended_before = LogQuery(components=("document",), previous=True)
    until(lambda: "before the end" in [line.text for line in target.logs(ended_before)])
    with pytest.raises(UsageError, match="nobody"):
        target.logs(LogQuery(components=("nobody",)))

    heard: list[LogLine] = []
    ended = threading.Event()

    def follow() -> None:
        for line in target.logs(LogQuery(components=("web",), tail=0, follow=True)):
            heard.append(line)
            if ended.is_set():
                return

    reader = threading.Thread(target=follow, daemon=True)
    reader.start()
    until(lambda: len(heard) > 1)
    first = heard[0].replica
    cluster.kubectl("delete", "pod", f"--namespace={namespace}", first, "--wait=false")
    until(lambda: any(line.replica != first and line.text.startswith("first words") for line in heard))
    ended.set()
    reader.join(20)
    assert not reader.is_alive()


def _commands(target: KubernetesTarget) -> None:
    result = target.run("auth", ["collab_auth.admin", "create-user", "--email", "a@b.c"], stdin="the password")
    assert result.exit_code == 3
    said = dict(line.split(": ", 1) for line in result.stdout.splitlines())
    assert said["arguments"] == "-m collab_auth.admin create-user --email a@b.c"
    assert said["input"] == "the password"
    assert said["variable"].startswith("auth-")
    assert result.stderr == "some words\n"
    with pytest.raises(NotRunningError, match="no pod of user is ready"):
        target.run("user", ["anything"])
    with pytest.raises(UsageError, match="collaboration"):
        target.run("collaboration", ["anything"])


def test_a_namespace_that_is_not_there_is_stopped(cluster: Cluster, tmp_path: Path):
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments" / "there.toml").write_text(
        'version = 1\ntarget = "kubernetes"\n[site]\npublic_url = "http://docs.example.org"\n'
        f'[kubernetes]\nnamespace = "nobody-made-this"\nkubeconfig = {json.dumps(str(cluster.kubeconfig))}\n'
    )
    target = KubernetesTarget(load("there", root=tmp_path, variables={}, flags={}), root=tmp_path)
    assert target.status().state == "stopped"
    with pytest.raises(NotRunningError):
        target.checks()
    with pytest.raises(NotRunningError):
        target.run("auth", ["anything"])
