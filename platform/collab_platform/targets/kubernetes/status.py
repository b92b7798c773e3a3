"""How every pod is, asked now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from collab_platform.blueprint import Blueprint, derive
from collab_platform.environment import Environment
from collab_platform.routes import route_table
from collab_platform.targets.base import ComponentStatus, ReplicaStatus, State, Status, overall
from collab_platform.targets.kubernetes.kubectl import Kubectl
from collab_platform.targets.kubernetes.pods import Pod, component_of, desired, pods_of

_WEB = "web"


def read_items(kubectl: Kubectl) -> Sequence[Mapping[str, Any]]:
    """Pods and what makes them. A namespace that is not there has none. Raises :class:`CollabError`."""
    return kubectl.get("pods,deployments,statefulsets", timeout_s=30)["items"]


def read_status(name: str, environment: Environment, kubectl: Kubectl) -> Status:
    """Ask the cluster once."""
    return status_of(name, environment, read_items(kubectl), now=datetime.now(UTC))


def status_of(name: str, environment: Environment, items: Sequence[Mapping[str, Any]], *, now: datetime) -> Status:
    """The status that the objects of a namespace amount to. Pure."""
    pods = [pod for pod in pods_of(items, now=now) if not pod.ending]
    wanted = desired(items)
    blueprint = derive(name, environment)
    found = tuple(
        _component(component, _kind(component, blueprint), [pod for pod in pods if pod.component == component], wanted)
        for component in components(environment, blueprint, items)
        if component in wanted or component in own_components(environment, blueprint) or _counts(pods, component)
    )
    return Status(
        environment=name,
        target="kubernetes",
        state=overall(tuple(component.state for component in found)),
        components=found,
        urls=urls(environment) if any(component.state != "stopped" for component in found) else {},
    )


def components(environment: Environment, blueprint: Blueprint, items: Sequence[Mapping[str, Any]]) -> list[str]:
    """Names in the blueprint's order, then whatever else is there."""
    there = sorted({component for item in items if (component := component_of(item))})
    return list(dict.fromkeys([*own_components(environment, blueprint), *there]))


def own_components(environment: Environment, blueprint: Blueprint) -> list[str]:
    """What runs in the cluster: a managed datastore does not."""
    cluster = environment.kubernetes
    elsewhere = {
        "postgresql": cluster.postgresql == "rds",
        "valkey": cluster.redis != "built-in",
        "seaweedfs": cluster.object_storage != "built-in",
    }
    names = [component.name for component in blueprint.components if not elsewhere.get(component.name, False)]
    return list(dict.fromkeys([*names, _WEB]))


def urls(environment: Environment) -> dict[str, str]:
    """Where people and developers go."""
    base = environment.site.public_url
    if not base:
        return {}
    schemas = [route for route in route_table(environment) if route.name.endswith("-schema")]
    return {"editor": base, **{f"{route.component}_api": f"{base}{route.path}" for route in schemas}}


def _counts(pods: Sequence[Pod], component: str) -> bool:
    """A job that is done is no part of how the environment is."""
    return any(pod.component == component and not pod.succeeded for pod in pods)


def _component(name: str, kind: str, pods: Sequence[Pod], wanted: Mapping[str, tuple[int, str]]) -> ComponentStatus:
    replicas: tuple[ReplicaStatus, ...] = tuple(pod.status for pod in pods if not pod.succeeded)
    count, reason = wanted.get(name, (len(replicas), ""))
    states = list[State](replica.state for replica in replicas)
    message = next((f"{replica.name}: {replica.message}" for replica in replicas if replica.message), "")
    if missing := max(count - len(replicas), 0):
        absent: State = "unhealthy" if reason else "starting"
        states.extend(absent for _ in range(missing))
        message = message or reason or f"{len(replicas)} of {count} pods are there"
    return ComponentStatus(
        name=name,
        kind=kind,
        state=overall(tuple(states)) if states else "stopped",
        replicas=replicas or (ReplicaStatus(name=name, state="stopped" if not count else "starting"),),
        message=message,
    )


def _kind(name: str, blueprint: Blueprint) -> str:
    for component in blueprint.components:
        if component.name == name:
            return component.kind
    return "gateway" if name == _WEB else "job"
