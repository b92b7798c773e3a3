"""Yjs itself, in one Node process for a whole session of tests."""

import subprocess
from base64 import b64decode, b64encode
from collections.abc import Generator, Sequence
from contextlib import contextmanager

import msgspec
from msgspec import Struct

from tests.integration.collaboration.harness import CLIENTS, install_clients, node

__all__ = ["Reference", "View", "reference"]


class View(Struct, frozen=True):
    """A document as Yjs sees it; `error` is what it threw, and then there is nothing else."""

    content: str = ""
    """All roots, canonical: equal exactly when the contents are."""
    vector: dict[int, int] = {}
    """Without markers of epochs."""
    pending: bool = False
    """Something waits for what it builds on."""
    state: str = ""
    """One update with everything, in base64."""
    error: str | None = None

    @property
    def seen(self) -> tuple[str, dict[int, int]]:
        return self.content, self.vector

    @property
    def update(self) -> bytes:
        return b64decode(self.state)


class Reference:
    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    def merged(self, *documents: Sequence[bytes]) -> list[View]:
        """What Yjs makes of each list of updates, applied in this order."""
        jobs = [{"updates": [b64encode(update).decode() for update in updates]} for updates in documents]
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(jobs) + b"\n")
        self._process.stdin.flush()
        return msgspec.json.decode(self._process.stdout.readline(), type=list[View], strict=False)


@contextmanager
def reference() -> Generator[Reference]:
    install_clients()
    process = subprocess.Popen([node(), "reference.mjs"], cwd=CLIENTS, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with process:
        yield Reference(process)
