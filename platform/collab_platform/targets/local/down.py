"""``down``: stop everything, what depends on others first; with ``purge``, as if it had never been."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Generator
from pathlib import Path

import msgspec

from collab_platform.datastores.seaweedfs import stray_sockets
from collab_platform.errors import CollabError
from collab_platform.files import clear_disk_errors
from collab_platform.targets.base import Observer, StepEvent, StepState
from collab_platform.targets.local.installation import Installation
from collab_platform.targets.local.orphans import STOP_ORDER, find_orphans, stop_orphans, stop_process, wait_process
from collab_platform.targets.local.paths import EDITOR_LOCK, Paths
from collab_platform.targets.local.state import Footprint, State, StateStore
from collab_platform.targets.local.supervisor import supervisord_pid
from collab_platform.targets.lock import environment_lock

Tell = Callable[[str], None]

_TITLES = {"gateway": "Stop the gateway", "service": "Stop the services", "datastore": "Stop the datastores"}
_GATEWAY_HEAD_START_S = 1.0
_SUPERVISOR_STOP_S = 15.0
_ORPHAN_GRACE_S = 30.0


def take_down(installation: Installation, observe: Observer, *, purge: bool) -> None:
    """Stop everything. An environment that is not up is left as it is."""
    paths = installation.paths
    if not paths.state.exists():
        observe(StepEvent(step="stop", title="Stop", state="unchanged", message="nothing is running"))
        return
    with environment_lock(paths.state, "collab down --purge" if purge else "collab down"):
        store = StateStore(paths.state_file, installation.name)
        if store.state.settings is not None:
            # First of all: from now on a lost supervisor stays lost. A full disk must not keep anybody from stopping.
            with contextlib.suppress(CollabError):
                store.update(lambda state: msgspec.structs.replace(state, wanted="down"))
        stopped = _stop_supervised(installation, store.state, observe)
        stopped |= _stop_leftovers(installation, store.state, observe)
        if not stopped:
            observe(StepEvent(step="stop", title="Stop", state="unchanged", message="nothing is running"))
        _remove_sockets(paths, store.state)
        if purge:
            with _step(observe, "purge", "Remove data, secrets and logs"):
                _purge(paths, store.state)
    if purge:
        with contextlib.suppress(OSError):  # another command may have begun meanwhile
            (paths.state / "lock").unlink(missing_ok=True)
            paths.state.rmdir()
            _remove_if_empty(paths.state.parent)


def _remove_if_empty(parent: Path) -> None:
    """The project's ``.collab``, once its last environment is gone."""
    if parent.name == ".collab" and [entry.name for entry in parent.iterdir()] in ([], [EDITOR_LOCK]):
        (parent / EDITOR_LOCK).unlink(missing_ok=True)
        parent.rmdir()


def _stop_supervised(installation: Installation, state: State, observe: Observer) -> bool:
    supervisor = installation.supervisor
    if not supervisor.answers():
        return False
    still_draining: list[str] = []
    for kind in STOP_ORDER:
        running = [name for name, info in supervisor.processes().items() if info.pid]
        batch = [name for name in running if _kind(name, state.programs) == kind] + still_draining
        if not batch:
            continue
        with _step(observe, f"stop-{kind}", _TITLES[kind]) as tell:
            tell(" ".join(batch))
            supervisor.request_stop(batch)
            # nginx stays until its last connection ends, and a WebSocket ends when its service does.
            patience_s = (
                _GATEWAY_HEAD_START_S
                if kind == "gateway"
                else max(state.programs[name].stop_wait_s for name in batch if name in state.programs) + 5
            )
            left = supervisor.wait_stopped(batch, timeout_s=patience_s, cancelled=lambda: False)
            still_draining = left if kind == "gateway" else []
            if left and kind != "gateway":
                raise CollabError(f"{', '.join(left)} did not stop", remedy="Run `collab down` again.")
    with _step(observe, "stop-supervisor", "Stop the supervisor"):
        pid = supervisord_pid(installation.paths)
        supervisor.shutdown()
        if pid and not wait_process(pid, timeout_s=_SUPERVISOR_STOP_S):
            stop_process(pid, grace_s=1.0)
    return True


def _stop_leftovers(installation: Installation, state: State, observe: Observer) -> bool:
    """Whatever a lost supervisor left behind, and a supervisor that no longer answers."""
    pid = supervisord_pid(installation.paths)
    if pid:
        stop_process(pid, grace_s=_SUPERVISOR_STOP_S)
    orphans = find_orphans(state.programs)
    if not orphans:
        return pid is not None
    with _step(observe, "stop-leftovers", "Stop what a lost supervisor left behind") as tell:
        stop_orphans(orphans, grace_s=_ORPHAN_GRACE_S, told=tell)
    return True


def _remove_sockets(paths: Paths, state: State) -> None:
    prefix = "seaweedfs-1/"
    ports = {name.removeprefix(prefix): port for name, port in state.ports.items() if name.startswith(prefix)}
    for socket in (*stray_sockets(ports), *paths.sockets.glob("*.sock")):
        with contextlib.suppress(OSError):
            socket.unlink()
    if paths.sockets != paths.run:
        shutil.rmtree(paths.sockets, ignore_errors=True)
    if paths.memory is not None:
        shutil.rmtree(paths.memory, ignore_errors=True)


def _purge(paths: Paths, state: State) -> None:
    # Under the name it has now, and the one it had when PostgreSQL's data was put there.
    outside = {paths.system, *([Path(state.postgres.home).parent] if state.postgres else [])}
    with clear_disk_errors(paths.state):
        for folder in outside:
            if folder.parent == paths.system.parent and folder.exists():
                shutil.rmtree(folder)
        with contextlib.suppress(OSError):  # others live in it, or nobody ever did
            paths.system.parent.rmdir()
        for entry in paths.state.iterdir():
            if entry.name in {"lock", "lock-owner"}:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()


def _kind(replica: str, programs: dict[str, Footprint]) -> str:
    footprint = programs.get(replica)
    return footprint.kind if footprint else "service"


@contextlib.contextmanager
def _step(observe: Observer, name: str, title: str) -> Generator[Tell]:
    started = time.monotonic()

    def tell(state: StepState, message: str = "") -> None:
        elapsed_s = round(time.monotonic() - started, 3)
        observe(StepEvent(step=name, title=title, state=state, elapsed_s=elapsed_s, message=message))

    tell("started")
    try:
        yield lambda message: tell("progress", message)
    except CollabError as error:
        tell("failed", error.summary)
        raise
    tell("done")
