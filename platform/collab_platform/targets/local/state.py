"""What is remembered about an environment between commands: ``state.json``."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct, field

from collab_platform.blueprint import Kind
from collab_platform.errors import CollabError
from collab_platform.files import write_atomically

STATE_VERSION = 1

Outcome = Literal["started", "done", "failed", "interrupted"]


class StepRecord(Struct, frozen=True, kw_only=True):
    """How a step of the last ``up`` that touched it ended."""

    outcome: Outcome
    at: datetime
    message: str = ""


class PostgresHome(Struct, frozen=True, kw_only=True):
    """Where PostgreSQL keeps its data and finds its programs; ``user`` is who it runs as when that is not us."""

    home: str
    binaries: str
    user: str | None = None


class Footprint(Struct, frozen=True, kw_only=True):
    """How a program's processes are told from all others, and how they wish to be stopped.

    They run ``executable`` in ``directory``; where that is Python, ``argument`` is on their command line.
    """

    kind: Kind
    directory: str
    executable: str
    argument: str = ""
    stop_signal: str = "TERM"
    stop_wait_s: int = 10


class State(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``ports`` by ``replica/port``; ``applied`` has for each replica or step the fingerprint of what was last made
    real; ``programs`` are those that may run; ``wanted`` says whether a lost supervisor is to be brought back;
    ``settings`` are the environment's values of the last ``up``, flags and variables included.
    """

    version: int = STATE_VERSION
    environment: str
    wanted: Literal["up", "down"] = "down"
    settings: dict[str, Any] | None = None
    ports: dict[str, int] = field(default_factory=dict[str, int])
    applied: dict[str, str] = field(default_factory=dict[str, str])
    postgres: PostgresHome | None = None
    programs: dict[str, Footprint] = field(default_factory=dict[str, Footprint])
    steps: dict[str, StepRecord] = field(default_factory=dict[str, StepRecord])


def load_state(path: Path, environment: str) -> State:
    """The state, or a new one where there is none. Raises :class:`CollabError` if it cannot be understood."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return State(environment=environment)
    try:
        version = msgspec.json.decode(raw, type=dict[str, Any]).get("version")
        if version != STATE_VERSION:
            raise CollabError(
                f"{path} has version {version!r}, this collab knows {STATE_VERSION}",
                remedy="Use the collab that wrote it, or remove the environment with `collab down --purge`.",
            )
        return msgspec.json.decode(raw, type=State)
    except msgspec.MsgspecError as error:
        raise CollabError(
            f"{path} cannot be read: {error}",
            remedy="Move the file away and run `collab up`: ports are chosen anew, data and secrets stay.",
        ) from None


class StateStore:
    """The one writer of ``state.json``, shared by the steps that run side by side."""

    def __init__(self, path: Path, environment: str) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._state = load_state(path, environment)

    @property
    def state(self) -> State:
        return self._state

    def update(self, change: Callable[[State], State]) -> State:
        """Apply ``change`` and write the result."""
        with self._lock:
            changed = change(self._state)
            if changed != self._state:
                write_atomically(self._path, _encode(changed), mode=0o600)
                self._state = changed
            return changed

    def record(self, step: str, outcome: Outcome, message: str = "") -> None:
        """Write down how a step ended."""
        entry = StepRecord(outcome=outcome, at=datetime.now(UTC), message=message)
        self.update(lambda state: msgspec.structs.replace(state, steps={**state.steps, step: entry}))

    def applied(self, name: str, fingerprint: str | None) -> None:
        """Remember what was made real; ``None``: nothing any more."""

        def change(state: State) -> State:
            applied = {key: value for key, value in state.applied.items() if key != name}
            return msgspec.structs.replace(
                state, applied=applied if fingerprint is None else {**applied, name: fingerprint}
            )

        self.update(change)


def _encode(state: State) -> str:
    return msgspec.json.format(msgspec.json.encode(state), indent=2).decode() + "\n"
