"""Brings an environment back whose supervisord has gone: ``python -m …local.recover STATE_DIRECTORY PROJECT``.

Started by the keeper. What supervisord left running is stopped in order and everything is started anew, with the
values of the last ``up``. Does nothing if the environment is to be down, or somebody else brought it up meanwhile.
"""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from collab_platform.errors import CollabError
from collab_platform.targets.base import StepEvent
from collab_platform.targets.local.installation import installation_of
from collab_platform.targets.local.up import bring_up

_TRIES = 5
_PAUSE_S = 3.0
_LOCK_WAIT_S = 180.0


def recover(state_directory: Path, root: Path) -> int:
    """Exit code 0: it is up, or is not to be."""
    for attempt in range(1, _TRIES + 1):
        try:
            installation = installation_of(state_directory, root)
            if installation is None or installation.supervisor.answers():
                return 0
            bring_up(installation, _log_event, recovering=True, wait_for_lock_s=_LOCK_WAIT_S)
        except (CollabError, OSError) as error:
            _log(f"attempt {attempt} of {_TRIES} failed: {error}")
            time.sleep(_PAUSE_S)
        else:
            _log("the environment is back")
            return 0
    _log("giving up; `collab up` tries again")
    return 1


def _log_event(event: StepEvent) -> None:
    if event.state != "unchanged":
        _log(f"{event.step}: {event.state} {event.message}".rstrip())


def _log(line: str) -> None:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    sys.stdout.write(f"{now} recovery: {line}\n")
    sys.stdout.flush()


def main() -> int:
    """Whoever started us is about to end, and its pipes lead nowhere."""
    state_directory, root = map(Path, sys.argv[1:3])
    os.setsid()
    log = os.open(state_directory / "logs/keeper.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    return recover(state_directory, root)


if __name__ == "__main__":
    raise SystemExit(main())
