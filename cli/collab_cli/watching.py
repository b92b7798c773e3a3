"""Watching an environment where no table can be drawn: what changed, when it changes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from collab_platform.targets.base import Status

_REFRESH_S = 1.0


def changes(ask: Callable[[], Status]) -> Iterator[Status]:
    """The status now, and again whenever a state, a process or a URL is another; ends with Ctrl-C."""
    before: object = None
    while True:
        current = ask()
        if (seen := _essence(current)) != before:
            yield current
        before = seen
        time.sleep(_REFRESH_S)


def differences(before: Status | None, after: Status) -> list[str]:
    """What is other than before, a line each (``auth  healthy -> stopped``); everything if nothing was before."""
    then = _states(before) if before else {}
    now = _states(after)
    lines = [
        f"{name}  {then[name]} -> {state}" if name in then else f"{name}  {state}"
        for name, state in now.items()
        if then.get(name) != state
    ]
    return lines + [f"{name}  gone" for name in then if name not in now]


def _states(status: Status) -> dict[str, str]:
    states = {status.environment: str(status.state)}
    for component in status.components:
        states[component.name] = component.state
        if len(component.replicas) > 1:
            states |= {replica.name: replica.state for replica in component.replicas}
    return states


def _essence(status: Status) -> object:
    """What makes a status another one: not memory, nor time."""
    replicas = [
        (replica.name, replica.state, replica.pid, replica.restarts, replica.message)
        for component in status.components
        for replica in component.replicas
    ]
    return _states(status), replicas, status.urls
