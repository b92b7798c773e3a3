"""supervisord: its configuration, its start, and what we say to it.

One program for each replica, started and stopped by us alone (``autostart=false``) and restarted by supervisord
whenever it dies. ``startsecs=0``: supervisord never counts a start as failed, so a process that is killed again and
again comes back at once each time; the keeper slows down one that crashes by itself.
"""

from __future__ import annotations

import http.client
import os
import socket
import time
import xmlrpc.client
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast
from xml.parsers.expat import ExpatError

import psutil

from collab_platform.environment.schema import Logs
from collab_platform.errors import CollabError
from collab_platform.targets.local.commands import Cancellation, run_command
from collab_platform.targets.local.paths import Paths
from collab_platform.targets.local.programs import Program, python_command

ProcessState = Literal["STOPPED", "STARTING", "RUNNING", "BACKOFF", "STOPPING", "EXITED", "FATAL", "UNKNOWN"]
KEEPER = "keeper"
_RPC_TIMEOUT_S = 10.0
_START_TIMEOUT_S = 20.0
_STOPPED = frozenset({"STOPPED", "EXITED", "FATAL", "UNKNOWN"})
# Faults of supervisor/xmlrpc.py that mean: it is so already.
_ALREADY_STARTED, _NOT_RUNNING, _BAD_NAME, _ALREADY_ADDED = 60, 70, 10, 90


@dataclass(frozen=True, slots=True)
class ProcessInfo:
    """What supervisord says about a program; ``started`` in seconds of the epoch, 0 if never."""

    name: str
    state: ProcessState
    pid: int
    started: int
    message: str

    @property
    def is_running(self) -> bool:
        return self.state in {"RUNNING", "STARTING"}


def render_configuration(programs: Iterable[Program], *, paths: Paths, logs: Logs) -> str:
    """``supervisord.conf``. Its paths are relative to ``run``, where supervisord starts: no name needs quoting."""
    rotation = f"_maxbytes = {logs.max_bytes}"
    sections = [
        f"[unix_http_server]\nfile = {paths.supervisor_socket}\nchmod = 0700",
        "[supervisord]\n"
        f"logfile = ../logs/supervisord.log\nlogfile{rotation}\nlogfile_backups = {logs.keep}\n"
        "pidfile = supervisord.pid\n"
        # So many are closed, one by one, at each start of a program.
        "minfds = 1024\n"
        "umask = 077\n"
        "nocleanup = true\n" + ("user = root\n" if os.geteuid() == 0 else ""),
        "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface",
        f"[eventlistener:{KEEPER}]\ncommand = ./programs/{KEEPER}\nbuffer_size = 200\nstartsecs = 0\n"
        "events = PROCESS_STATE_STARTING,PROCESS_STATE_EXITED,PROCESS_STATE_FATAL\n"
        "autorestart = true\nstopwaitsecs = 2\nstdout_logfile = NONE\nstderr_logfile = NONE\n",
        *(_section(program, logs) for program in programs),
    ]
    return "\n\n".join(section.strip() for section in sections) + "\n"


def _section(program: Program, logs: Logs) -> str:
    user = f"user = {program.user}\n" if program.user else ""
    return (
        f"[program:{program.replica}]\n"
        f"command = ./programs/{program.replica}\n{user}"
        "autostart = false\nautorestart = true\nstartsecs = 0\n"
        f"stopsignal = {program.stop_signal}\nstopwaitsecs = {program.stop_wait_s}\nkillasgroup = true\n"
        f"redirect_stderr = true\nstdout_logfile = ../logs/{program.replica}.log\n"
        f"stdout_logfile_maxbytes = {logs.max_bytes}\nstdout_logfile_backups = {logs.keep}\n"
    )


def supervisord_pid(paths: Paths) -> int | None:
    """The supervisord of this environment that is alive, whether or not it answers."""
    try:
        pid = int((paths.run / "supervisord.pid").read_text())
        process = psutil.Process(pid)
        ours = "supervisor.supervisord" in process.cmdline() and Path(process.cwd()) == paths.run.resolve()
    except (OSError, ValueError, psutil.Error):
        return None
    return pid if ours and process.status() != psutil.STATUS_ZOMBIE else None


def start_supervisord(paths: Paths, *, cancellation: Cancellation) -> None:
    """Start supervisord and wait until it answers. It leaves our session: a terminal's Ctrl-C does not reach it.

    Raises :class:`CollabError`.
    """
    paths.supervisor_socket.unlink(missing_ok=True)
    try:
        run_command(
            "the supervisor",
            [*python_command(), "supervisor.supervisord", "-c", "supervisord.conf"],
            cancellation=cancellation,
            timeout_s=_START_TIMEOUT_S,
            environment=clean_environment(paths.run),
            directory=paths.run,
        )
    except CollabError as error:
        error.remedy = error.remedy or f"See {paths.logs / 'supervisord.log'}."
        raise
    supervisor = Supervisor(paths.supervisor_socket)
    deadline = time.monotonic() + _START_TIMEOUT_S
    while not (supervisor.answers() and supervisord_pid(paths)):
        if time.monotonic() > deadline:
            raise CollabError("the supervisor does not answer", remedy=f"See {paths.logs / 'supervisord.log'}.")
        cancellation.pause(0.02)


def clean_environment(home: Path) -> dict[str, str]:
    """What a process of ours inherits: nothing of the operator's."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONUNBUFFERED": "1",
    }


class Supervisor:
    """supervisord's XML-RPC interface. Every call has a deadline; one that cannot be made raises ``CollabError``."""

    def __init__(self, socket_path: Path) -> None:
        self._socket = socket_path

    def answers(self) -> bool:
        try:
            return bool(self._call("supervisor.getState"))
        except CollabError:
            return False

    def processes(self) -> dict[str, ProcessInfo]:
        """All programs by name, the keeper left out; empty if supervisord is not there."""
        found = cast("list[dict[str, Any]]", self._call("supervisor.getAllProcessInfo"))
        return {
            info["name"]: ProcessInfo(
                name=info["name"],
                state=info["statename"],
                pid=info["pid"],
                started=info["start"],
                message=info["spawnerr"] or "",
            )
            for info in found
            if info["name"] != KEEPER
        }

    def reread(self) -> None:
        """Read the configuration again; :meth:`place` then puts it to use, program by program."""
        self._call("supervisor.reloadConfig")

    def place(self, name: str) -> None:
        """Take a stopped program's configuration as it was last read."""
        self.remove(name)
        self._call("supervisor.addProcessGroup", name, accept=(_ALREADY_ADDED,))

    def remove(self, name: str) -> None:
        """Forget a stopped program."""
        self._call("supervisor.removeProcessGroup", name, accept=(_BAD_NAME,))

    def start(self, name: str) -> None:
        self._call("supervisor.startProcess", name, False, accept=(_ALREADY_STARTED,))

    def request_stop(self, names: Iterable[str]) -> None:
        """Ask programs to stop without waiting for them."""
        for name in names:
            self._call("supervisor.stopProcess", name, False, accept=(_NOT_RUNNING, _BAD_NAME))

    def wait_stopped(self, names: Sequence[str], *, timeout_s: float, cancelled: Callable[[], bool]) -> list[str]:
        """Wait until the programs have stopped; the answer is those that have not."""
        deadline = time.monotonic() + timeout_s
        while True:
            known = self.processes()
            left = [name for name in names if name in known and known[name].state not in _STOPPED]
            if not left or time.monotonic() > deadline or cancelled():
                return left
            time.sleep(0.03)

    def signal(self, name: str, signal_name: str) -> None:
        self._call("supervisor.signalProcess", name, signal_name)

    def shutdown(self) -> None:
        """Stop what still runs, then supervisord itself."""
        self._call("supervisor.shutdown")

    def _call(self, method: str, *arguments: str | bool, accept: tuple[int, ...] = ()) -> object:
        connection = _UnixConnection(self._socket)
        try:
            body = xmlrpc.client.dumps(arguments, method)
            connection.request("POST", "/RPC2", body, {"Content-Type": "text/xml"})
            response = connection.getresponse()
            text = response.read()
            if response.status != 200:
                raise CollabError(f"the supervisor answers {response.status} {response.reason}")
            (answer,), _ = xmlrpc.client.loads(text)
        except xmlrpc.client.Fault as fault:
            if fault.faultCode in accept:
                return None
            raise CollabError(f"the supervisor refused {method}{arguments}: {fault.faultString}") from None
        except (OSError, http.client.HTTPException, ExpatError) as error:
            raise CollabError(
                f"the supervisor does not answer: {error}", remedy="Run `collab up`: it brings the supervisor back."
            ) from None
        finally:
            connection.close()
        return answer


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("supervisor", timeout=_RPC_TIMEOUT_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))
