"""What tests ask of a cluster, whichever it is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from abc import ABC, abstractmethod
from functools import cached_property
from pathlib import Path
from typing import Any

from . import toolchain

COMMAND_TIMEOUT_S = 120


class ClusterError(RuntimeError):
    """The cluster could not be started or ended, or a command to it failed."""


class Cluster(ABC):
    """A Kubernetes cluster that tests may do with as they like."""

    def __init__(self, *, kubeconfig: Path, logs: Path) -> None:
        self.kubeconfig = kubeconfig
        self.logs = logs
        """Directory with what the components wrote, as far as this machine has it."""

    @cached_property
    def kubectl_program(self) -> Path:
        """The kubectl on PATH; without any, the pinned one is built."""
        found = shutil.which("kubectl")
        return Path(found) if found else toolchain.programs("kubernetes") / "kubectl"

    @abstractmethod
    def load(self, *archives: Path) -> None:
        """Put the images of archives (`docker save`) onto the nodes. Pods then pull `Never` or `IfNotPresent`."""

    @property
    def environment(self) -> dict[str, str]:
        """What another program (helm, Pulumi) needs in its environment to speak to this cluster and no other."""
        return {"KUBECONFIG": str(self.kubeconfig)}

    @cached_property
    def address(self) -> str:
        """Of a node: node ports answer there."""
        nodes = self.get("nodes")["items"]
        addresses: list[dict[str, str]] = nodes[0]["status"]["addresses"]
        return next(entry["address"] for entry in addresses if entry["type"] == "InternalIP")

    def kubectl(self, *arguments: str, text: str | None = None, timeout_s: float = COMMAND_TIMEOUT_S) -> str:
        """Standard output of ``kubectl <arguments>``, given ``text`` to read.

        :raises ClusterError: it failed or took longer than ``timeout_s``; the message ends with what it said.
        """
        command = [str(self.kubectl_program), f"--kubeconfig={self.kubeconfig}", *arguments]
        try:
            done = subprocess.run(
                command,
                input=text or "",
                capture_output=True,
                text=True,
                check=False,
                timeout=timeout_s,
                env=os.environ | self.environment,
            )
        except subprocess.TimeoutExpired as error:
            raise ClusterError(f"`kubectl {' '.join(arguments)}` took longer than {timeout_s:g} s") from error
        if done.returncode:
            raise ClusterError(f"`kubectl {' '.join(arguments)}` failed: {done.stderr.strip()}")
        return done.stdout

    def apply(self, manifest: str, *, namespace: str | None = None) -> None:
        """Apply YAML or JSON on the server's side."""
        within = ("--namespace", namespace) if namespace else ()
        self.kubectl("apply", "--server-side", "--force-conflicts", *within, "--filename=-", text=manifest)

    def get(self, *arguments: str) -> dict[str, Any]:
        """``kubectl get`` as data."""
        return json.loads(self.kubectl("get", *arguments, "--output=json"))
