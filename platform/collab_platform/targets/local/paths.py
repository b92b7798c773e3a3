"""Where an environment keeps its things on this machine.

<state>/                 COLLAB_STATE_DIR/<name>, else <project>/.collab/<name>
├── state.json           ports, what was applied, how each step ended
├── lock, lock-owner     who is changing the environment
├── secrets/             0700
├── data/<component>/    what `down` keeps and `down --purge` removes
├── logs/                <replica>.log and its rotated files, supervisord.log, keeper.log
└── run/                 rendered configuration, scripts, sockets: can all be made again
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from collab_platform.environment.files import REPOSITORY
from collab_platform.gateway.memory import memory_directory

# sockaddr_un holds 104 bytes on macOS, 108 on Linux, with the closing zero.
_SOCKET_PATH_MAX = 100
EDITOR_LOCK = "editor.lock"
_LONGEST_SOCKET_NAME = "supervisor.sock.4194304"  # supervisord binds it so, then renames it


@dataclass(frozen=True, slots=True)
class Paths:
    """The folders of one environment. ``root`` is the project, ``state`` the environment's own folder."""

    root: Path
    state: Path

    @classmethod
    def of(cls, name: str, root: Path, variables: Mapping[str, str] = os.environ) -> Paths:
        """``variables``: ``COLLAB_STATE_DIR`` names another parent for the state folders."""
        chosen = variables.get("COLLAB_STATE_DIR")
        parent = Path(chosen).expanduser() if chosen else root / ".collab"
        return cls(root=root.resolve(), state=(parent / name).absolute())

    @property
    def secrets(self) -> Path:
        return self.state / "secrets"

    @property
    def data(self) -> Path:
        return self.state / "data"

    @property
    def logs(self) -> Path:
        return self.state / "logs"

    @property
    def run(self) -> Path:
        return self.state / "run"

    @property
    def scripts(self) -> Path:
        """One start script for each program."""
        return self.run / "programs"

    @property
    def work(self) -> Path:
        """The working directories of programs that have no data directory."""
        return self.run / "work"

    @property
    def gateway(self) -> Path:
        """nginx's configuration."""
        return self.run / "gateway"

    @property
    def authorities(self) -> Path:
        """The authorities that services trust beside the system's."""
        return self.run / "authorities.pem"

    @property
    def keeper_file(self) -> Path:
        return self.run / "keeper.json"

    @property
    def state_file(self) -> Path:
        return self.state / "state.json"

    @property
    def key(self) -> str:
        """Tells this environment from every other one on the machine."""
        return hashlib.sha256(os.fsencode(self.state)).hexdigest()[:12]

    @property
    def sockets(self) -> Path:
        """``run``, or a short folder of our own where the path of a socket in ``run`` would be too long to bind."""
        if _fits(self.run / _LONGEST_SOCKET_NAME):
            return self.run
        return Path("/tmp") / f"collab-{os.getuid()}-{self.key}"  # noqa: S108 - made 0700 and checked to be ours

    @property
    def memory(self) -> Path | None:
        """For what must never be on a disk; none where the machine has no such place."""
        return memory_directory(self.work)

    @property
    def supervisor_socket(self) -> Path:
        return self.sockets / "supervisor.sock"

    @property
    def system(self) -> Path:
        """Where PostgreSQL lives when it has to run as a user who cannot reach ``state``."""
        return Path("/var/lib/collab") / self.key

    @property
    def editor_source(self) -> Path:
        """In the project if it is a checkout, else (a project of environment files alone) in the one that runs."""
        own = self.root / "services" / "web"
        return own if own.is_dir() else REPOSITORY / "services" / "web"

    @property
    def editor_lock(self) -> Path:
        """Environments of one checkout share one editor."""
        return self.editor_source.parents[1] / ".collab" / EDITOR_LOCK

    @property
    def editor(self) -> Path:
        return self.editor_source / "dist"


def _fits(socket: Path) -> bool:
    text = str(socket)
    # supervisord's configuration gives these a meaning of its own.
    return len(os.fsencode(text)) <= _SOCKET_PATH_MAX and not set(text) & set("%;# ")
