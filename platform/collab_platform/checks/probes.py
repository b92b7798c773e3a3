"""The smallest clients that can tell whether a server does its work. Each call has a deadline for all of it."""

from __future__ import annotations

import base64
import contextlib
import http.client
import os
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import urlsplit

_MAX_ANSWER_BYTES = 8 << 20


class ProbeError(Exception):
    """No answer, or not the one a working server gives. Never holds a secret."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; header names in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def ask_http(
    url: str,
    *,
    timeout_s: float,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    tls: ssl.SSLContext | None = None,
) -> Answer:
    """One request on a connection of its own. Raises :class:`ProbeError` where there is no answer at all."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    connection = (
        http.client.HTTPSConnection(host, port, timeout=timeout_s, context=tls)
        if parts.scheme == "https"
        else http.client.HTTPConnection(host, port, timeout=timeout_s)
    )
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(method, target, body=body, headers={"Connection": "close", **(headers or {})})
        response = connection.getresponse()
        content = response.read(_MAX_ANSWER_BYTES)
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, content)
    except (OSError, http.client.HTTPException) as error:
        raise ProbeError(_reason(error, timeout_s)) from None
    finally:
        connection.close()


def ask_ready(url: str, *, timeout_s: float) -> None:
    """Expect 200. Raises :class:`ProbeError` with what the service says is wrong."""
    answer = ask_http(url, timeout_s=timeout_s)
    if answer.status != 200:
        said = answer.body[:200].decode(errors="replace").strip()
        raise ProbeError(f"answers {answer.status}" + (f": {said}" if said else ""))


def ask_redis(host: str, port: int, *commands: tuple[str, ...], password: str, timeout_s: float) -> list[str]:
    """Authenticate, run commands, and return their replies as text. Raises :class:`ProbeError`."""
    deadline = time.monotonic() + timeout_s
    sent = [("AUTH", password), *commands]
    try:
        with socket.create_connection((host, port), timeout=timeout_s) as connection:
            connection.sendall(b"".join(_resp(command) for command in sent))
            with connection.makefile("rb") as reader:
                replies: list[str] = []
                for command in sent:
                    connection.settimeout(max(deadline - time.monotonic(), 0.001))
                    reply = _reply(reader)
                    if reply is None:
                        raise ProbeError(f"{command[0]} was refused")
                    replies.append(reply)
                return replies[1:]
    except OSError as error:
        raise ProbeError(_reason(error, timeout_s)) from None


def ask_websocket(url: str, *, timeout_s: float, tls: ssl.SSLContext | None = None) -> tuple[int, int | None]:
    """Open a WebSocket and wait for what the server says first: the status of the upgrade and, if it closes, its code.

    RFC 6455, sections 4.1 and 5.5.1. Raises :class:`ProbeError`.
    """
    parts = urlsplit(url)
    secure = parts.scheme in {"https", "wss"}
    host, port = parts.hostname or "", parts.port or (443 if secure else 80)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    request = (
        f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n\r\n"
    )
    try:
        with contextlib.ExitStack() as stack:
            connection = stack.enter_context(socket.create_connection((host, port), timeout=timeout_s))
            if secure:
                context = tls or ssl.create_default_context()
                connection = stack.enter_context(context.wrap_socket(connection, server_hostname=host))
            connection.sendall(request.encode())
            reader = stack.enter_context(connection.makefile("rb"))
            status = int([*reader.readline(1024).split(b" "), b"0", b"0"][1])
            while reader.readline(8192).strip():
                pass
            return status, _close_code(reader.read(4)) if status == 101 else None
    except (OSError, ValueError) as error:
        raise ProbeError(_reason(error, timeout_s)) from None


def _close_code(frame: bytes) -> int | None:
    is_close = len(frame) == 4 and frame[0] & 0x0F == 0x8
    return int.from_bytes(frame[2:4], "big") if is_close else None


def _resp(command: tuple[str, ...]) -> bytes:
    parts = [part.encode() for part in command]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


def _reply(reader: BinaryIO) -> str | None:
    line = reader.readline(1024)
    kind, text = line[:1], line[1:].strip().decode(errors="replace")
    if kind == b"$" and text != "-1":
        return reader.read(int(text) + 2)[:-2].decode(errors="replace")
    return text if kind in {b"+", b":", b"$"} else None


def _reason(error: Exception, timeout_s: float) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {timeout_s:g} s"
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there"
    return str(error) or type(error).__name__
