"""Ports: remembered, held while they wait for their component, and chosen anew only when somebody took one."""

import os
import socket
from collections.abc import Collection, Mapping

import pytest

from collab_platform.blueprint import derive
from collab_platform.environment import Environment
from collab_platform.environment.schema import Collaboration
from collab_platform.errors import PreflightError
from collab_platform.targets.local.ports import (
    PUBLIC_PORT,
    PortTaken,
    Reservation,
    choose_ports,
    find_intruder,
    port_holder,
    port_names,
)

NAMES = ("valkey-1/redis", "auth-1/http", PUBLIC_PORT)


def choose(
    reservation: Reservation,
    *,
    remembered: Mapping[str, int] | None = None,
    running: Collection[str] = (),
    public_host: str = "127.0.0.1",
    public_port: int = 0,
) -> dict[str, int]:
    return choose_ports(
        NAMES,
        remembered=remembered or {},
        running=running,
        public_host=public_host,
        public_port=public_port,
        reservation=reservation,
    )


def listener(port: int = 0) -> socket.socket:
    return socket.create_server(("127.0.0.1", port))


def port_of(server: socket.socket) -> int:
    port: int = server.getsockname()[1]
    return port


def test_every_replica_has_its_own_ports():
    names = port_names(derive("test", Environment(collaboration=Collaboration(replicas=2))))
    assert {"collaboration-1/http", "collaboration-2/websocket", PUBLIC_PORT} <= set(names)
    assert len(names) == len(set(names))


def test_what_was_chosen_is_remembered():
    with Reservation() as first:
        ports = choose(first)
    with Reservation() as second:
        assert choose(second, remembered=ports) == ports
    assert ports[PUBLIC_PORT] >= 8080


def test_automatic_ports_are_none_that_outgoing_connections_get():
    with Reservation() as reservation:
        ports = choose(reservation)
    assert all(20_000 <= port < 32_000 for name, port in ports.items() if name != PUBLIC_PORT)


def test_two_who_choose_at_the_same_moment_never_share():
    with Reservation() as one, Reservation() as other:
        mine, theirs = choose(one), choose(other)
    assert not set(mine.values()) & set(theirs.values())


def test_a_held_port_can_be_used_once_it_is_released():
    with Reservation() as reservation:
        port = choose(reservation)["valkey-1/redis"]
        with pytest.raises(OSError, match="in use"):
            listener(port)
        reservation.release(["valkey-1/redis"])
        listener(port).close()


def test_a_remembered_port_that_somebody_took_is_chosen_anew():
    with listener() as taken, Reservation() as reservation:
        ports = choose(reservation, remembered={"auth-1/http": port_of(taken)})
        assert ports["auth-1/http"] != port_of(taken)


def test_a_port_of_a_running_replica_is_left_alone():
    with listener() as own, Reservation() as reservation:
        ports = choose(reservation, remembered={"auth-1/http": port_of(own)}, running={"auth-1"})
        assert ports["auth-1/http"] == port_of(own)


def test_the_operators_own_port_is_never_replaced():
    with listener() as taken, Reservation() as reservation:
        with pytest.raises(PortTaken) as caught:
            choose(reservation, public_port=port_of(taken))
        assert caught.value.port == port_of(taken)
        assert f"pid {os.getpid()}" in port_holder(port_of(taken))


def test_an_address_of_another_machine_is_refused_with_a_remedy():
    with Reservation() as reservation, pytest.raises(PreflightError, match=r"192\.0\.2\.1") as caught:
        choose(reservation, public_host="192.0.2.1")
    assert "gateway.host" in caught.value.remedy


def test_an_intruder_on_a_port_is_told_from_its_owner():
    with listener() as server:
        ports = {"auth-1/http": port_of(server)}
        assert find_intruder(ports, 0) == "auth-1/http"
        assert find_intruder(ports, os.getpid()) is None
        assert find_intruder({"user-1/http": 1}, os.getpid()) is None
