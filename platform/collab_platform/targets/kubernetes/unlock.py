"""Freeing stacks that a command which is no more has left locked."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

import msgspec
from pulumi.automation.errors import CommandError

from collab_platform.errors import CollabError
from collab_platform.targets.kubernetes.backend import keeps_files
from collab_platform.targets.kubernetes.installation import Installation
from collab_platform.targets.lock import elapsed, environment_lock


class StackLock(msgspec.Struct, frozen=True, kw_only=True):
    """A lock file of a backend that is made of files (``pkg/backend/diy/lock.go`` of Pulumi)."""

    pid: int
    username: str
    hostname: str
    timestamp: datetime

    def describe(self, now: float) -> str:
        """``ada@host (pid 7) for 3 min``."""
        return f"{self.username}@{self.hostname} (pid {self.pid}) for {elapsed(now - self.timestamp.timestamp())}"


def unlock(installation: Installation) -> tuple[str, ...]:
    """Free every stack that is locked. Raises ``LockedError`` while a command of this machine is at work."""
    stacks = installation.stacks
    freed: list[str] = []
    with environment_lock(installation.places.state, "collab unlock"):
        for spec in stacks.specs:
            stack = stacks.existing(spec)
            if stack is None:
                continue
            held = ["another update"]
            if keeps_files(installation.environment):
                held = [
                    lock.describe(time.time()) for lock in read_locks(installation.places.files_backend, spec.project)
                ]
                if not held:
                    continue
            try:
                stacks.run(spec, stack, "cancel", "--yes")
            except CollabError as error:
                if not _nothing_to_cancel(error):
                    raise
                continue
            freed += [f"stack {spec.name}, held by {each}" for each in held]
    return tuple(freed)


def read_locks(backend: Path, project: str) -> list[StackLock]:
    """Who holds stacks of a project; a file that is no lock is passed over."""
    found: list[StackLock] = []
    for path in sorted((backend / ".pulumi" / "locks").glob(f"*/{project}/*/*.json")):
        try:
            found.append(msgspec.json.decode(path.read_bytes(), type=StackLock))
        except (OSError, msgspec.MsgspecError):
            continue
    return found


def _nothing_to_cancel(error: CollabError) -> bool:
    """Pulumi Cloud calls it an error to cancel where nothing goes on."""
    said = str(error.__context__) if isinstance(error.__context__, CommandError) else error.summary
    return "not currently being updated" in said or "no update" in said.lower() or "[409]" in said
