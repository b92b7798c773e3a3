"""Keeps supervisord and its programs going; itself a supervised program, an event listener of supervisord's.

- It counts how often each program was restarted, for ``collab status``.
- A program that keeps crashing is paused, longer each time up to half a minute, and started again: never given up.
- When supervisord dies without telling it (its end of our standard input closes), a new process of
  :mod:`collab_platform.targets.local.recover` brings the environment back, and this one ends.

Run by its path, without ``site``: it lives in every environment, so nothing heavy may be imported here.
The protocol: https://supervisord.org/events.html#event-listener-notification-protocol
"""

from __future__ import annotations

import io
import os
import select
import signal
import sys
import time

WINDOW_S = 60.0
FREE_EXITS = 15
"""Exits within the window that cost nothing: a person, or a test, may kill a process ten times in a row."""
LONGEST_PAUSE_S = 30.0
FATAL_PAUSE_S = 5.0
AGAIN_S = 5.0
"""After which a start that came to nothing, because the program was still stopping, is tried again."""
# supervisord looks around when something arrives or a second is over; a byte from us now and then makes a program that
# died come back that much sooner.
_TICK_S = 0.2
_FORK_S = 0.3
_LOG_BYTES = 1 << 20


def pause_s(recent_exits: int) -> float:
    """How long a program that has exited so often within the window is to stay down."""
    return min(2.0 * max(recent_exits - FREE_EXITS, 0), LONGEST_PAUSE_S)


class Book:
    """How often programs were restarted, when they exited, and which are paused until when."""

    def __init__(self) -> None:
        self.restarts: dict[str, int] = {}
        self.due: dict[str, float] = {}
        self._resuming: set[str] = set()
        self._exits: dict[str, list[float]] = {}

    def started(self, name: str, *, was: str) -> None:
        """``was`` is the state it left. From a plain stop it was started by an operator: counting begins anew."""
        if was != "STOPPED":
            self.restarts[name] = self.restarts.get(name, 0) + 1
            return
        if name in self._resuming:
            self.restarts[name] = self.restarts.get(name, 0) + 1
        else:
            self.restarts[name] = 0
            self._exits.pop(name, None)
        self.forget(name)

    def exited(self, name: str, now: float) -> float:
        """The pause it has earned, 0 for none."""
        recent = [at for at in self._exits.get(name, []) if at > now - WINDOW_S]
        self._exits[name] = [*recent, now][-100:]
        pause = pause_s(len(recent) + 1)
        if pause:
            self.due[name] = now + pause
        return pause

    def failed(self, name: str, now: float) -> None:
        """supervisord has given up on it."""
        self.due[name] = now + FATAL_PAUSE_S

    def resume(self, now: float) -> list[str]:
        """Those whose pause is over, to be started now, and again a little later if it came to nothing."""
        ready = [name for name, at in self.due.items() if at <= now]
        for name in ready:
            self.due[name] = now + AGAIN_S
            self._resuming.add(name)
        return ready

    def forget(self, name: str) -> None:
        """It is paused no more."""
        self.due.pop(name, None)
        self._resuming.discard(name)

    def text(self) -> str:
        """As JSON, written without a library: names are plain and counts are numbers."""
        restarts = ", ".join(f'"{name}": {count}' for name, count in sorted(self.restarts.items()))
        paused = ", ".join(f'"{name}"' for name in sorted(self.due))
        return f'{{"restarts": {{{restarts}}}, "paused": [{paused}]}}\n'


class Lost(Exception):  # noqa: N818 - what was noticed
    """supervisord has gone."""


def main(arguments: list[str]) -> int:
    """``arguments``: the file to keep count in, the log, the supervisor's socket, the recovery's command line."""
    counts, log_path, socket_path, *recovery = arguments
    signal.signal(signal.SIGTERM, _leave)
    # What the system sends to processes whose session has lost its leader: just when we are needed.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    book = Book()
    events = os.fdopen(0, "rb", buffering=0)
    try:
        _say(b"READY\n")
        _write(counts, book.text())
        while True:
            readable, _, _ = select.select([events], [], [], _TICK_S)
            if readable:
                for line in _take(events, book, socket_path):
                    _log(log_path, line)
                _write(counts, book.text())
            else:
                os.write(2, b".")
            for name in book.resume(time.monotonic()):
                _log(log_path, f"starting {name} again")
                if b"BAD_NAME" in _ask(socket_path, "startProcess", name):
                    book.forget(name)  # nobody wants it any more
                    _write(counts, book.text())
    except (Lost, BrokenPipeError):
        _log(log_path, "the supervisor is gone; bringing the environment back")
        os.posix_spawn(recovery[0], recovery, dict(os.environ))
    return 0


def _take(events: io.FileIO, book: Book, socket_path: str) -> list[str]:
    """Take one event from supervisord; what is worth logging. Raises :class:`Lost`."""
    header = _fields(_read_line(events))
    payload = _fields(_read(events, int(header["len"])))
    _say(b"RESULT 2\nOKREADY\n")
    name, now = payload["processname"], time.monotonic()
    match header["eventname"]:
        case "PROCESS_STATE_STARTING":
            book.started(name, was=payload["from_state"])
        case "PROCESS_STATE_FATAL":
            book.failed(name, now)
            return [f"{name} cannot be started; trying again in {FATAL_PAUSE_S:g} s"]
        case "PROCESS_STATE_EXITED" if pause := book.exited(name, now):
            # supervisord has just forked it once more, and a signal between its fork and its exec is lost.
            time.sleep(_FORK_S)
            _ask(socket_path, "stopProcess", name)
            return [f"{name} keeps exiting; it stays down for {pause:g} s"]
        case _:
            pass
    return []


def _ask(socket_path: str, method: str, name: str) -> bytes:
    """Call supervisord; its answer, as it is. If it refuses, an operator has been faster."""
    import socket  # noqa: PLC0415 - costs memory that is rarely needed

    body = (
        f"<methodCall><methodName>supervisor.{method}</methodName><params><param><value><string>{name}</string></value>"
        "</param><param><value><boolean>0</boolean></value></param></params></methodCall>"
    )
    request = (
        "POST /RPC2 HTTP/1.1\r\nHost: supervisor\r\nConnection: close\r\nContent-Type: text/xml\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(5)
            connection.connect(socket_path)
            connection.sendall(request.encode())
            answer = b""
            while part := connection.recv(4096):
                answer += part
            return answer
    except OSError:
        return b""


def _read_line(events: io.FileIO) -> str:
    line = b""
    while not line.endswith(b"\n"):
        line += _some(events, 1)
    return line.decode()


def _read(events: io.FileIO, length: int) -> str:
    data = b""
    while len(data) < length:
        data += _some(events, length - len(data))
    return data.decode()


def _some(events: io.FileIO, length: int) -> bytes:
    data = events.read(length)
    if not data:
        raise Lost
    return data


def _fields(text: str) -> dict[str, str]:
    """``key:value`` pairs, as supervisord writes headers and payloads."""
    return dict(pair.split(":", 1) for pair in text.split() if ":" in pair)


def _say(answer: bytes) -> None:
    os.write(1, answer)


def _write(path: str, text: str) -> None:
    try:
        with open(f"{path}.new", "w", encoding="ascii") as file:  # noqa: PTH123 - pathlib costs memory
            file.write(text)
        os.replace(f"{path}.new", path)  # noqa: PTH105
    except OSError:
        return  # a full disk: the counts are old for a while


def _log(path: str, line: str) -> None:
    try:
        if os.path.exists(path) and os.stat(path).st_size > _LOG_BYTES:  # noqa: PTH110, PTH116
            os.replace(path, f"{path}.1")  # noqa: PTH105
        with open(path, "a", encoding="utf-8") as file:  # noqa: PTH123
            file.write(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {line}\n")
    except OSError:
        return


def _leave(_signal: int, _frame: object) -> None:
    """supervisord stops us: this is a shutdown, not a loss."""
    os._exit(0)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
