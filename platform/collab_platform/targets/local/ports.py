"""Ports: chosen once, remembered, and chosen again only when somebody else took one meanwhile."""

from __future__ import annotations

import errno
import random
import socket
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import psutil

from collab_platform.blueprint import Blueprint, Component
from collab_platform.errors import PreflightError

LOOPBACK = "127.0.0.1"
PUBLIC_PORT = "gateway-1/public"
_FIRST_PUBLIC = 8080
_PUBLIC_TRIES = 200
# Below what Linux (32768) and macOS (49152) hand out to outgoing connections, so that none of those can sit on a
# remembered port while its component restarts.
_AUTOMATIC = range(20_000, 32_000)
_AUTOMATIC_TRIES = 500


@dataclass(frozen=True, slots=True)
class PortTaken(Exception):  # noqa: N818 - what was found out, not yet an error
    """A port that we need has another owner."""

    name: str
    host: str
    port: int


def replicas(component: Component) -> tuple[str, ...]:
    """``auth-1``, ``auth-2``, …: the names of a component's processes."""
    return tuple(f"{component.name}-{number}" for number in range(1, component.replicas + 1))


def port_names(blueprint: Blueprint) -> tuple[str, ...]:
    """Every port that the environment needs, as ``replica/port``."""
    return tuple(
        f"{replica}/{port}"
        for component in blueprint.components
        for replica in replicas(component)
        for port in component.ports
    )


class Reservation:
    """Ports held against everyone else, bound but not listening, until their component is about to start."""

    def __init__(self) -> None:
        self._held: dict[str, list[socket.socket]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release_all()

    def hold(self, name: str, host: str, port: int) -> None:
        """Raises :class:`PortTaken`; ``PermissionError`` for a privileged port; ``OSError`` for a foreign address."""
        self._held[name] = _bind(name, host, port)

    def release(self, names: Iterable[str]) -> None:
        for name in names:
            for held in self._held.pop(name, []):
                held.close()

    def release_all(self) -> None:
        self.release(list(self._held))


def choose_ports(
    names: Iterable[str],
    *,
    remembered: Mapping[str, int],
    running: Collection[str],
    public_host: str,
    public_port: int,
    reservation: Reservation,
) -> dict[str, int]:
    """A port for each name. All but those of ``running`` replicas are held in ``reservation``.

    ``public_port`` is what the operator fixed, or 0. Raises :class:`PortTaken` for that one only, and
    :class:`PreflightError` where no port can be had at all.
    """
    chosen: dict[str, int] = {}
    for name in names:
        public = name == PUBLIC_PORT
        old = remembered.get(name)
        in_use = name.partition("/")[0] in running
        if public and public_port:
            if not (in_use and old == public_port):
                _hold_fixed(reservation, name, public_host, public_port)
            chosen[name] = public_port
        elif old and in_use:
            chosen[name] = old
        else:
            host = public_host if public else LOOPBACK
            candidates = _public_candidates(old) if public else _automatic_candidates(old, {*chosen.values()})
            chosen[name] = _hold_first(reservation, name, host, candidates)
    return chosen


def _hold_fixed(reservation: Reservation, name: str, host: str, port: int) -> None:
    try:
        reservation.hold(name, host, port)
    except PermissionError:
        raise PreflightError(
            f"gateway.port {port} is reserved to the system's administrator",
            remedy="Choose one above 1023, for example `--set gateway.port=8080`.",
        ) from None
    except OSError as error:
        raise PreflightError(
            f"cannot listen on gateway.host {host}: {error.strerror or error}",
            remedy="Choose an address of this machine, for example `--set gateway.host=127.0.0.1`.",
        ) from None


def _hold_first(reservation: Reservation, name: str, host: str, candidates: Iterable[int]) -> int:
    try:
        for port in candidates:
            try:
                reservation.hold(name, host, port)
            except PortTaken:
                continue
            return port
    except OSError as error:
        raise PreflightError(
            f"cannot listen on {host}: {error.strerror or error}",
            remedy="Choose an address of this machine, for example `--set gateway.host=127.0.0.1`.",
        ) from None
    raise PreflightError(
        f"no free port found for {name} on {host}", remedy="Stop what uses this machine's ports, then run it again."
    )


def _public_candidates(old: int | None) -> list[int]:
    return [*([old] if old else []), *range(_FIRST_PUBLIC, _FIRST_PUBLIC + _PUBLIC_TRIES)]


def _automatic_candidates(old: int | None, taken: Collection[int]) -> list[int]:
    drawn = random.sample(_AUTOMATIC, _AUTOMATIC_TRIES)
    return [*([old] if old else []), *(port for port in drawn if port not in taken)]


def listen_addresses(host: str) -> tuple[str, ...]:
    """The addresses that ``host`` stands for. Raises ``OSError``."""
    found = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


def port_holder(port: int) -> str:
    """Which process listens on a port, as far as this user may know."""
    try:
        for connection in psutil.net_connections("tcp"):
            listening = connection.status == psutil.CONN_LISTEN and connection.laddr
            if listening and listening.port == port and connection.pid:
                process = psutil.Process(connection.pid)
                return f"{process.name()} (pid {process.pid}, user {process.username()})"
    except psutil.Error:
        pass  # macOS shows other users' connections to root alone
    return "a process of another user"


def find_intruder(ports: Mapping[str, int], own: int) -> str | None:
    """The name of a port on which somebody listens who is neither the process ``own`` nor a child of it."""
    try:
        family = {own, *(child.pid for child in psutil.Process(own).children(recursive=True))} if own else set[int]()
    except psutil.Error:
        family = {own}
    by_port = {port: name for name, port in ports.items()}
    try:
        connections = psutil.net_connections("tcp")
    except psutil.Error:
        return None
    for connection in connections:
        listening = connection.status == psutil.CONN_LISTEN and connection.laddr
        if listening and listening.port in by_port and connection.pid not in family:
            return by_port[listening.port]
    return None


def _bind(name: str, host: str, port: int) -> list[socket.socket]:
    bound: list[socket.socket] = []
    try:
        for address in listen_addresses(host):
            one = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
            bound.append(one)
            if one.family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            # As the servers themselves do: connections in TIME_WAIT do not count, a listener does. Taken back at once:
            # the next one to try, with this option set as well, would share the port with us.
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind((address, port))
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
    except OSError as error:
        for one in bound:
            one.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(name, host, port) from None
        raise
    return bound
