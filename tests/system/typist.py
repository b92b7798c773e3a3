"""People who type: Node processes with the real Hocuspocus provider, told what to do and listened to."""

from __future__ import annotations

import base64
import json
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from tests.system.api import Person
from tests.system.tools import CLIENTS, NODE, npm_install

_LEAVE_TIMEOUT_S = 60


class Typist:
    """One person with one document open. Everything is told through :meth:`wait`, nothing by sleeping."""

    def __init__(self, url: str, person: Person, document: str, *, label: str, websocket: str | None = None) -> None:
        """``websocket`` is where to connect to, by default the gateway's ``/collaboration/{document}``."""
        npm_install(CLIENTS)
        self.label = label
        self.saved = 0
        self.unsaved = 0
        self.events: list[dict[str, Any]] = []
        self._changed = threading.Condition()
        self._process = subprocess.Popen(
            [str(NODE), str(CLIENTS / "typist.mjs")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self._listener = threading.Thread(target=self._listen, name=f"typist-{label}", daemon=True)
        self._listener.start()
        self._tell(
            {
                "url": url,
                "websocket": websocket or f"{url.replace('http', 'ws', 1)}/collaboration/{document}",
                "email": person.email,
                "password": person.password,
                "document": document,
                "name": label,
            }
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.leave()

    def type(self, every_ms: int) -> None:
        """Write one numbered entry every so often, until :meth:`pause`."""
        self._tell({"do": "type", "every_ms": every_ms})

    def write(self, entries: Sequence[str]) -> None:
        """Write these entries in one go."""
        self._tell({"do": "write", "entries": list(entries)})

    def pause(self) -> int:
        """Stop typing. Returns how many entries this person wrote in all."""
        mark = len(self.events)
        self._tell({"do": "pause"})
        return int(self.wait_event("paused", after=mark)["typed"])

    def entries(self) -> list[str]:
        """What this person sees in the document now."""
        mark = len(self.events)
        self._tell({"do": "entries"})
        return list(self.wait_event("entries", after=mark)["entries"])

    def wait_synced(self, timeout_s: float = 60) -> None:
        """Wait until the document's state was received at least once."""
        self.wait(lambda: any(event["event"] == "synced" for event in self.events), timeout_s, "be synced")

    def wait_saved(self, count: int, timeout_s: float = 60) -> None:
        """Wait until at least ``count`` of this person's entries are acknowledged."""
        self.wait(lambda: self.saved >= count, timeout_s, f"have {count} entries saved")

    def wait_event(self, name: str, *, after: int = 0, timeout_s: float = 60) -> dict[str, Any]:
        """The first event of that name that came after so many others."""

        def found() -> dict[str, Any] | None:
            return next((event for event in self.events[after:] if event["event"] == name), None)

        self.wait(lambda: found() is not None, timeout_s, f"report {name}")
        event = found()
        assert event is not None
        return event

    def wait(self, condition: Callable[[], bool], timeout_s: float, what: str) -> None:
        """Wait until something that events tell holds."""
        with self._changed:
            if not self._changed.wait_for(condition, timeout_s):
                recent = self.events[-8:]
                raise AssertionError(
                    f"{self.label} did not {what} within {timeout_s:g} s; saved {self.saved}, last events: {recent}"
                )

    def kill(self) -> int:
        """Die as a browser does in a power cut. Returns how many entries had been acknowledged by then."""
        self._process.kill()
        self._finish()
        return self.saved

    def leave(self) -> None:
        """Close the document and end."""
        if self._process.poll() is None and self._process.stdin is not None:
            try:
                self._process.stdin.close()
                self._process.wait(timeout=_LEAVE_TIMEOUT_S)
            except (BrokenPipeError, subprocess.TimeoutExpired):
                self._process.kill()
        self._finish()

    def _finish(self) -> None:
        self._process.wait(timeout=_LEAVE_TIMEOUT_S)
        self._listener.join(timeout=_LEAVE_TIMEOUT_S)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None and not stream.closed:
                stream.close()

    def _tell(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            event: dict[str, Any] = json.loads(line)
            with self._changed:
                if event["event"] == "saved":
                    self.saved, self.unsaved = event["count"], 0
                elif event["event"] == "unsaved":
                    self.unsaved = event["number"]
                self.events.append(event)
                self._changed.notify_all()


def converged(typists: Sequence[Typist], *, timeout_s: float = 20) -> list[str]:
    """Wait until all see the same entries; returns them. Raises ``AssertionError`` saying how they differ."""
    deadline = time.monotonic() + timeout_s
    while True:
        seen = [typist.entries() for typist in typists]
        if all(entries == seen[0] for entries in seen):
            return seen[0]
        if time.monotonic() > deadline:
            sizes = {typist.label: len(entries) for typist, entries in zip(typists, seen, strict=True)}
            raise AssertionError(f"still different after {timeout_s:g} s: {sizes}")
        time.sleep(0.05)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeResult:
    """What one bare WebSocket saw; ``code`` None: the server kept the connection."""

    opened: bool
    code: int | None
    reason: str
    received: int


def probe(url: str, frames: Sequence[bytes], *, wait_s: float = 5) -> ProbeResult:
    """Open a WebSocket, send frames as they are, and see what the server makes of it."""
    config = {
        "url": url,
        "frames": [base64.b64encode(frame).decode() for frame in frames],
        "wait_ms": int(wait_s * 1000),
    }
    done = subprocess.run(
        [str(NODE), str(CLIENTS / "probe.mjs")],
        input=json.dumps(config),
        capture_output=True,
        text=True,
        timeout=wait_s + 60,
        check=True,
    )
    return ProbeResult(**json.loads(done.stdout))
