"""How every replica is, asked now."""

from __future__ import annotations

import contextlib
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec
import psutil

from collab_platform.blueprint import Component, derive
from collab_platform.checks.probes import ProbeError
from collab_platform.errors import NotRunningError
from collab_platform.targets.base import ComponentStatus, ReplicaStatus, Status, overall
from collab_platform.targets.local.health import probe
from collab_platform.targets.local.installation import Installation
from collab_platform.targets.local.ports import replicas
from collab_platform.targets.local.programs import Place
from collab_platform.targets.local.supervisor import ProcessInfo

_PROBE_TIMEOUT_S = 2.0
_STARTING_S = 20.0
"""For so long after its start a replica that does not answer yet is starting, not unhealthy."""


class Kept(msgspec.Struct, frozen=True):
    """What the keeper counts."""

    restarts: dict[str, int] = msgspec.field(default_factory=dict[str, int])
    paused: list[str] = msgspec.field(default_factory=list[str])


def read_status(installation: Installation) -> Status:
    """Ask supervisord and every replica, side by side."""
    state = installation.state()
    try:
        place = installation.running_place(state)
    except NotRunningError:
        return _nothing(installation)
    processes = installation.processes()
    kept = _read_kept(installation.paths.keeper_file)
    pairs = [(component, replica) for component in place.blueprint.components for replica in replicas(component)]
    ask = partial(_replica, place, processes=processes, kept=kept, wanted=state.wanted == "up")
    with ThreadPoolExecutor(len(pairs)) as pool:
        asked = pool.map(ask, [component for component, _ in pairs], [replica for _, replica in pairs])
        found = {status.name: status for status in asked}
    components = tuple(
        _component(component, tuple(found[replica] for replica in replicas(component)))
        for component in place.blueprint.components
    )
    return Status(
        environment=installation.name,
        target="local",
        state=overall(tuple(component.state for component in components)),
        components=components,
        urls=urls(place) if processes is not None else {},
    )


def urls(place: Place) -> dict[str, str]:
    """Where people and developers go."""
    base = place.public_url
    return {
        "editor": base,
        **{
            f"{route.component}_api": f"{base}{route.path}"
            for route in place.blueprint.routes
            if route.name.endswith("-schema")
        },
    }


def memory_bytes(pid: int) -> int | None:
    """What a process and its children use, shared pages counted once where the system says how (Linux)."""
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
    except psutil.Error:
        return None
    return sum(map(_memory_of, family))


def _memory_of(process: psutil.Process) -> int:
    try:
        full = process.memory_full_info()
        return int(getattr(full, "pss", 0) or full.rss)
    except psutil.AccessDenied:
        with contextlib.suppress(psutil.Error):
            return int(process.memory_info().rss)
    except psutil.Error:
        pass
    return 0


def _replica(
    place: Place,
    component: Component,
    replica: str,
    *,
    processes: dict[str, ProcessInfo] | None,
    kept: Kept,
    wanted: bool,
) -> ReplicaStatus:
    info = (processes or {}).get(replica)
    restarts = kept.restarts.get(replica, 0)
    if info is None or not info.is_running:
        return _not_running(replica, info, has_supervisor=processes is not None, kept=kept, wanted=wanted)
    try:
        probe(place, component, replica, timeout_s=_PROBE_TIMEOUT_S)
        state, message = "healthy", ""
    except ProbeError as error:
        young = time.time() - info.started < _STARTING_S
        state, message = "starting" if young else "unhealthy", str(error)
    memory = memory_bytes(info.pid)
    limit = component.memory_mb << 20
    if state == "healthy" and memory is not None and memory > limit:
        message = f"uses {memory >> 20} MiB, more than the {component.memory_mb} MiB expected"
    return ReplicaStatus(
        name=replica,
        state=state,
        pid=info.pid,
        since=datetime.fromtimestamp(info.started, UTC),
        restarts=restarts,
        memory_bytes=memory,
        message=message,
    )


def _not_running(
    replica: str, info: ProcessInfo | None, *, has_supervisor: bool, kept: Kept, wanted: bool
) -> ReplicaStatus:
    if not wanted:
        return ReplicaStatus(name=replica, state="stopped")
    if replica in kept.paused:
        message = "it keeps exiting and is started again after a pause"
    elif not has_supervisor:
        message = "the supervisor is not running: `collab up` brings it back"
    else:
        message = (info.message if info else "") or "it is not running"
    return ReplicaStatus(name=replica, state="unhealthy", restarts=kept.restarts.get(replica, 0), message=message)


def _component(component: Component, own: tuple[ReplicaStatus, ...]) -> ComponentStatus:
    state = overall(tuple(replica.state for replica in own))
    message = next((f"{replica.name}: {replica.message}" for replica in own if replica.message), "")
    return ComponentStatus(name=component.name, kind=component.kind, state=state, replicas=own, message=message)


def _nothing(installation: Installation) -> Status:
    blueprint = derive(installation.name, installation.environment)
    return Status(
        environment=installation.name,
        target="local",
        state="stopped",
        components=tuple(
            _component(component, tuple(ReplicaStatus(name=name, state="stopped") for name in replicas(component)))
            for component in blueprint.components
        ),
        urls={},
    )


def _read_kept(path: Path) -> Kept:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Kept)
    except (OSError, msgspec.MsgspecError):
        return Kept()
