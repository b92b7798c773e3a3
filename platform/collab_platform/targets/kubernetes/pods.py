"""What the cluster says about the pods of an installation, as data. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from collab_platform.targets.base import ReplicaStatus, State
from collab_platform.targets.kubernetes.kubectl import text

NAME_LABEL = "app.kubernetes.io/name"
_CNPG_LABEL = "cnpg.io/cluster"
_YOUNG = timedelta(seconds=120)
"""For so long a pod that is not ready yet is starting, not unhealthy."""
_STARTING_REASONS = {"", "ContainerCreating", "PodInitializing"}


@dataclass(frozen=True, slots=True)
class Container:
    """A container that has something to say; ``restarts`` of it have ended before."""

    name: str
    restarts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """A pod of a component. ``job``: it ends when its work is done."""

    component: str
    name: str
    job: bool
    ending: bool
    succeeded: bool
    containers: tuple[Container, ...]
    status: ReplicaStatus


def pods_of(items: Sequence[Mapping[str, Any]], *, now: datetime) -> tuple[Pod, ...]:
    """The pods among the objects of a namespace that belong to a component."""
    return tuple(
        _pod(item, component, now) for item in items if item.get("kind") == "Pod" and (component := component_of(item))
    )


def component_of(item: Mapping[str, Any]) -> str:
    """Its label's word; pods of CloudNativePG bear that operator's."""
    labels: Mapping[str, str] = item["metadata"].get("labels") or {}
    return labels.get(_CNPG_LABEL) or labels.get(NAME_LABEL, "")


def desired(items: Sequence[Mapping[str, Any]]) -> dict[str, tuple[int, str]]:
    """For each component how many pods there should be, and why there may be fewer."""
    found: dict[str, tuple[int, str]] = {}
    for item in items:
        name = component_of(item)
        if item.get("kind") not in {"Deployment", "StatefulSet"} or not name:
            continue
        conditions: Sequence[Mapping[str, str]] = item.get("status", {}).get("conditions") or ()
        said = [
            condition.get("message", "")
            for condition in conditions
            if (condition.get("type"), condition.get("status"))
            in {("ReplicaFailure", "True"), ("Progressing", "False")}
        ]
        found[name] = (item.get("spec", {}).get("replicas", 1), said[0] if said else "")
    return found


def _pod(item: Mapping[str, Any], component: str, now: datetime) -> Pod:
    status: Mapping[str, Any] = item.get("status") or {}
    metadata: Mapping[str, Any] = item["metadata"]
    owners: Sequence[Mapping[str, Any]] = metadata.get("ownerReferences") or ()
    started = moment(text(status, "startTime") or text(metadata, "creationTimestamp"))
    sidecars = {
        each["name"]
        for each in item.get("spec", {}).get("initContainers") or ()
        if each.get("restartPolicy") == "Always"
    }
    state, message = _state(status, sidecars, young=started is None or now - started < _YOUNG)
    statuses: Sequence[Mapping[str, Any]] = [
        *(each for each in status.get("initContainerStatuses") or () if each["name"] in sidecars),
        *(status.get("containerStatuses") or ()),
    ]
    return Pod(
        component=component,
        name=metadata["name"],
        job=any(owner.get("kind") == "Job" for owner in owners),
        ending="deletionTimestamp" in metadata,
        succeeded=status.get("phase") == "Succeeded",
        containers=tuple(_containers(item, status)),
        status=ReplicaStatus(
            name=metadata["name"],
            state=state,
            since=started,
            restarts=sum(int(each.get("restartCount", 0)) for each in statuses),
            message=message,
        ),
    )


def _containers(item: Mapping[str, Any], status: Mapping[str, Any]) -> Iterator[Container]:
    """Those of the pod's own work, and the init containers that have not done theirs."""
    for each in status.get("initContainerStatuses") or ():
        ended: Mapping[str, Any] | None = each.get("state", {}).get("terminated")
        if ("running" in each.get("state", {}) or each.get("restartCount", 0)) and not (
            ended and ended.get("exitCode") == 0
        ):
            yield Container(each["name"], int(each.get("restartCount", 0)))
    restarts = {each["name"]: int(each.get("restartCount", 0)) for each in status.get("containerStatuses") or ()}
    for each in item.get("spec", {}).get("containers") or ():
        yield Container(each["name"], restarts.get(each["name"], 0))


def _state(status: Mapping[str, Any], sidecars: Set[str], *, young: bool) -> tuple[State, str]:
    conditions: dict[str, Mapping[str, Any]] = {each["type"]: each for each in status.get("conditions") or ()}
    if conditions.get("Ready", {}).get("status") == "True":
        return "healthy", ""
    if status.get("phase") == "Failed":
        return "unhealthy", text(status, "message") or text(status, "reason") or "it failed"
    scheduled = conditions.get("PodScheduled", {})
    if scheduled.get("status") == "False":
        return "unhealthy", f"{scheduled.get('reason', 'Unschedulable')}: {scheduled.get('message', '')}".rstrip(": ")
    for each in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
        if (trouble := _trouble(each)) is not None:
            return "unhealthy", trouble
    if young:
        return "starting", ""
    waiting = [
        each["name"]
        for each in status.get("initContainerStatuses") or ()
        if each["name"] not in sidecars and "running" in each.get("state", {})
    ]
    return "unhealthy", f"waits in {waiting[0]}" if waiting else "it runs but is not ready"


def _trouble(container: Mapping[str, Any]) -> str | None:
    """Why a container does not run, if that is a reason to worry."""
    waiting: Mapping[str, str] = container.get("state", {}).get("waiting") or {}
    reason = waiting.get("reason", "")
    if reason in _STARTING_REASONS:
        return None
    last: Mapping[str, Any] = container.get("lastState", {}).get("terminated") or {}
    if last:
        return f"{reason}: it ended with {last.get('reason', 'an error')}, exit code {last.get('exitCode')}"
    return f"{reason}: {waiting.get('message', '')}".rstrip(": ")


def moment(stamp: str) -> datetime | None:
    """A time of the API server's: RFC 3339, to the nanosecond in logs."""
    whole, dot, fraction = stamp.removesuffix("Z").partition(".")
    try:
        return datetime.fromisoformat(f"{whole}{dot}{fraction[:6].ljust(6, '0') if dot else ''}+00:00")
    except ValueError:
        return None
