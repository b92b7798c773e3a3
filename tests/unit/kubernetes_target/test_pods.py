"""What the cluster says of pods becomes the status of components, and which logs there are."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from collab_platform.environment import Resolved
from collab_platform.errors import PreflightError, UsageError
from collab_platform.targets.base import State, Status
from collab_platform.targets.kubernetes.kubectl import Kubectl, find_kubectl
from collab_platform.targets.kubernetes.logs import Source, choose, parse_line, sources
from collab_platform.targets.kubernetes.pods import moment, pods_of
from collab_platform.targets.kubernetes.status import status_of

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LONG_AGO, JUST_NOW = "2026-03-01T10:00:00Z", "2026-03-01T11:59:50Z"


def labelled(component: str) -> dict[str, Any]:
    return {"labels": {"app.kubernetes.io/name": component, "app.kubernetes.io/part-of": "collab"}}


def pod(
    component: str, name: str = "", *, started: str = LONG_AGO, owner: str = "ReplicaSet", **status: Any
) -> dict[str, Any]:
    metadata = {"name": name or f"{component}-0", "ownerReferences": [{"kind": owner}], **labelled(component)}
    return {
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"containers": [{"name": "main"}]},
        "status": {"phase": "Running", "startTime": started, **status},
    }


def deployment(component: str, replicas: int, **status: Any) -> dict[str, Any]:
    metadata = {"name": component, **labelled(component)}
    return {"kind": "Deployment", "metadata": metadata, "spec": {"replicas": replicas}, "status": status}


READY = [{"type": "Ready", "status": "True"}]


def waiting(reason: str, message: str = "", **more: Any) -> list[dict[str, Any]]:
    return [{"name": "main", "restartCount": 4, "state": {"waiting": {"reason": reason, "message": message}}, **more}]


@pytest.mark.parametrize(
    ("given", "state", "message"),
    [
        (pod("auth", conditions=READY), "healthy", ""),
        (pod("auth", started=JUST_NOW, containerStatuses=waiting("ContainerCreating")), "starting", ""),
        (
            pod("auth", containerStatuses=waiting("ImagePullBackOff", "no such image")),
            "unhealthy",
            "ImagePullBackOff: no such image",
        ),
        (
            pod(
                "auth",
                containerStatuses=waiting(
                    "CrashLoopBackOff", lastState={"terminated": {"reason": "OOMKilled", "exitCode": 137}}
                ),
            ),
            "unhealthy",
            "CrashLoopBackOff: it ended with OOMKilled, exit code 137",
        ),
        (
            pod(
                "auth",
                phase="Pending",
                conditions=[
                    {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no room"}
                ],
            ),
            "unhealthy",
            "Unschedulable: no room",
        ),
        (
            pod("auth", initContainerStatuses=[{"name": "wait", "state": {"running": {}}}]),
            "unhealthy",
            "waits in wait",
        ),
        (
            pod("auth", containerStatuses=[{"name": "main", "state": {"running": {}}}]),
            "unhealthy",
            "it runs but is not ready",
        ),
        (pod("auth", phase="Failed", reason="Evicted", message="no disk"), "unhealthy", "no disk"),
    ],
)
def test_a_pod_is_as_it_says(given: dict[str, Any], state: State, message: str):
    (found,) = pods_of([given], now=NOW)
    assert (found.status.state, found.status.message) == (state, message)
    assert found.status.since is not None


def test_a_sidecar_is_part_of_its_pod_and_nothing_that_is_waited_for():
    given = pod(
        "gateway",
        containerStatuses=[{"name": "main", "restartCount": 1, "state": {"running": {}}}],
        initContainerStatuses=[{"name": "metrics", "restartCount": 2, "started": True, "state": {"running": {}}}],
    )
    given["spec"]["initContainers"] = [{"name": "metrics", "restartPolicy": "Always"}]
    (found,) = pods_of([given], now=NOW)
    assert (found.status.state, found.status.message) == ("unhealthy", "it runs but is not ready")
    assert found.status.restarts == 3
    assert [source.container for source in sources([found], previous=False)] == ["metrics", "main"]


def status(resolved: Resolved, *items: dict[str, Any]) -> Status:
    return status_of("team", resolved.environment, items, now=NOW)


def test_a_component_is_as_its_pods_and_those_that_are_missing(resolved: Resolved):
    found = status(
        resolved,
        deployment("auth", 2),
        pod("auth", "auth-1", conditions=READY),
        deployment(
            "user", 2, conditions=[{"type": "ReplicaFailure", "status": "True", "message": "violates PodSecurity"}]
        ),
    )
    parts = {component.name: component for component in found.components}
    assert (parts["auth"].state, parts["auth"].message) == ("starting", "1 of 2 pods are there")
    assert (parts["user"].state, parts["user"].message) == ("unhealthy", "violates PodSecurity")
    assert parts["collaboration"].state == "stopped"
    assert parts["web"].kind == "gateway"


def test_pods_that_go_and_jobs_that_are_done_do_not_count(resolved: Resolved):
    going = pod("auth", "old", containerStatuses=waiting("Error"))
    going["metadata"]["deletionTimestamp"] = JUST_NOW
    done = pod("migrate", "migrate-1", owner="Job", phase="Succeeded")
    broken = pod("migrate", "migrate-2", owner="Job", phase="Failed", message="schema is ahead")
    names = [component.name for component in status(resolved, going, done).components]
    assert "migrate" not in names
    found = {component.name: component for component in status(resolved, going, done, broken).components}
    assert found["migrate"].message == "migrate-2: schema is ahead"
    assert found["auth"].state == "stopped"


def test_an_empty_namespace_is_stopped_and_has_no_urls(resolved: Resolved):
    found = status(resolved)
    assert (found.state, found.urls) == ("stopped", {})


def test_pods_of_an_operator_are_those_of_the_database(resolved: Resolved):
    instance = pod("elsewhere", "postgresql-1", conditions=READY)
    instance["metadata"]["labels"] = {"cnpg.io/cluster": "postgresql"}
    found = {component.name: component for component in status(resolved, instance).components}
    assert found["postgresql"].state == "healthy"


def test_logs_are_of_containers_that_have_begun():
    crashed = pod("auth", "auth-1", containerStatuses=waiting("CrashLoopBackOff"))
    initial = pod("user", "user-1", initContainerStatuses=[{"name": "wait", "state": {"running": {}}}])
    pods = pods_of([crashed, initial], now=NOW)
    assert sources(pods, previous=False) == [
        Source("auth-1", "main"),
        Source("user-1", "wait"),
        Source("user-1", "main"),
    ]
    assert sources(pods, previous=True) == [Source("auth-1", "main")]
    assert [each.name for each in choose(pods, ["auth", "user-1"])] == ["auth-1", "user-1"]
    with pytest.raises(UsageError, match="nobody") as caught:
        choose(pods, ["nobody"])
    assert "auth, user, auth-1, user-1" in caught.value.remedy


def test_times_are_read_to_the_microsecond():
    line = parse_line("auth-1", "2026-03-01T12:00:00.123456789Z hello world")
    assert line.text == "hello world"
    assert line.time == datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
    assert parse_line("auth-1", "no time here").text == "no time here"
    assert moment("nonsense") is None


class TestKubectl:
    def test_none_is_answered_with_how_to_get_one(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("COLLAB_KUBECTL", "/no/such/kubectl")
        with pytest.raises(PreflightError, match="/no/such/kubectl"):
            find_kubectl()

    def test_what_it_says_becomes_a_remedy(self):
        kubectl = Kubectl(program=find_kubectl(), namespace="docs", context="here")
        assert kubectl.command("get", "pods")[1:] == ["--namespace=docs", "--context=here", "get", "pods"]
        unreachable = kubectl.failure("get", "The connection to the server x was refused - did you specify it?\n")
        assert unreachable.exit_code == 7
        refused = kubectl.failure("get", 'Error from server (Forbidden): pods is forbidden: User "x" cannot list\n')
        assert "namespace docs" in refused.remedy
