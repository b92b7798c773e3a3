"""Daemons in namespaces of their own, so that ending one process ends all of theirs.

A container engine or a Kubernetes node starts processes that detach themselves (shims, pods), mounts file systems and
adds network devices. In a PID, mount and, if asked, network namespace none of that reaches the machine: when the
namespace's first process dies, the kernel kills the others, unmounts and removes the devices (pid_namespaces(7)).
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from . import packages

GATE_TIMEOUT_S = 60
START_TIMEOUT_S = 20
END_TIMEOUT_S = 60


class CapsuleError(RuntimeError):
    """The namespaces could not be made, or what is in them could not be ended."""


class Capsule:
    """Namespaces with processes in them, known by the parent of their first process.

    The parent's start time is kept with its id, which the machine may give to another process later.
    """

    def __init__(self, *, pid: int, started: float, child: subprocess.Popen[bytes] | None = None) -> None:
        self._pid = pid
        self._started = started
        self._child = child

    @classmethod
    def start(
        cls, command: Sequence[str], *, log: Path, environment: Mapping[str, str], network: bool, detached: bool
    ) -> Capsule:
        """Make the namespaces. ``command`` becomes their first process when :meth:`release` is called, soon.

        Unless ``detached`` they end with the thread that makes them, even if that is killed.

        :raises Unavailable: this process may not make namespaces.
        """
        if os.geteuid() != 0 or packages.find("unshare") is None:
            raise packages.Unavailable("needs root on Linux, to make namespaces")
        tied = [] if detached else ["setpriv", "--pdeathsig=KILL", "--"]
        own = ["--mount", "--pid", *(("--net", "--uts") if network else ())]
        namespaces = ["unshare", *own, "--fork", "--kill-child=SIGKILL", "--mount-proc", "--"]
        # The first process waits for a line: what it needs from outside, such as its network, is made meanwhile.
        gate = f'read -r -t {GATE_TIMEOUT_S} _ || exit 1; exec "$@" </dev/null'
        with log.open("ab") as output:
            child = subprocess.Popen(
                [*tied, *namespaces, "bash", "-c", gate, "gate", *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                start_new_session=True,
            )
        return cls(pid=child.pid, started=psutil.Process(child.pid).create_time(), child=child)

    @classmethod
    def load(cls, path: Path) -> Capsule:
        """Find the capsule that :meth:`save` wrote down, from any process."""
        return cls(**json.loads(path.read_text()))

    def save(self, path: Path) -> None:
        """Write down what finds the capsule again."""
        path.write_text(json.dumps({"pid": self._pid, "started": self._started}))

    def release(self) -> None:
        """Let the command begin. Only who started the capsule can."""
        assert self._child is not None
        assert self._child.stdin is not None
        self._child.stdin.write(b"go\n")
        self._child.stdin.close()

    @property
    def alive(self) -> bool:
        """Whether anything inside may still run."""
        return self._parent() is not None

    def init(self) -> int:
        """The first process inside, by its id on the machine.

        :raises CapsuleError: it has ended.
        """
        deadline = time.monotonic() + START_TIMEOUT_S
        while (parent := self._parent()) is not None and time.monotonic() < deadline:
            with suppress(psutil.NoSuchProcess):
                if children := parent.children():
                    return children[0].pid
            time.sleep(0.02)
        raise CapsuleError("the first process of the namespaces is not there")

    def enter(self, *command: str) -> list[str]:
        """The command line that runs ``command`` inside. It dies with the rest."""
        return ["nsenter", f"--target={self.init()}", "--mount", "--net", "--uts", "--pid", "--", *command]

    def end(self) -> None:
        """Kill everything inside and wait until it is gone. Ending twice does nothing.

        :raises CapsuleError: something survives the kill for longer than a minute.
        """
        if (parent := self._parent()) is not None:
            # Its first process takes the others with it; the parent then ends by itself, after them all.
            with suppress(psutil.NoSuchProcess):
                for first in parent.children():
                    first.kill()
        deadline = time.monotonic() + END_TIMEOUT_S
        while self._parent() is not None:
            if time.monotonic() > deadline:
                raise CapsuleError(f"process {self._pid} is still there {END_TIMEOUT_S} s after being killed")
            time.sleep(0.05)
        if self._child is not None:
            if self._child.stdin is not None:
                self._child.stdin.close()
            self._child.wait(timeout=END_TIMEOUT_S)

    def _parent(self) -> psutil.Process | None:
        try:
            process = psutil.Process(self._pid)
            same = abs(process.create_time() - self._started) < 0.1
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None
