"""Network devices for what the tests start: own names and own addresses, so that several runs stand side by side.

Addresses come from 198.18.0.0/15 (RFC 2544, set aside for tests of network devices), which no real network uses.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from ipaddress import IPv4Network, ip_network
from pathlib import Path
from typing import Any

from filelock import FileLock

UPLINKS = IPv4Network("198.18.0.0/16")
BRIDGES = IPv4Network("198.19.0.0/16")
COMMAND_TIMEOUT_S = 20


def device_name(prefix: str) -> str:
    """A name for a device that nobody else has; Linux allows 15 characters."""
    return f"{prefix}{secrets.token_hex(4)}"


@contextmanager
def free_subnet(pool: IPv4Network, prefix_length: int) -> Generator[IPv4Network]:
    """A subnet of the pool that no route of this machine leads into. Nobody else is given it until the block ends,
    by when a device must have an address of it.

    :raises RuntimeError: the pool is used up.
    """
    with FileLock(Path(tempfile.gettempdir()) / "collab-network.lock", timeout=COMMAND_TIMEOUT_S):
        used = [network for network in _routed() if network.overlaps(pool)]
        for subnet in pool.subnets(new_prefix=prefix_length):
            if not any(network.overlaps(subnet) for network in used):
                yield subnet
                return
        raise RuntimeError(f"every subnet of {pool} is in use on this machine")


def add_bridge(name: str) -> tuple[IPv4Network, IPv4Network]:
    """Make a bridge whose first address is this machine's; returns its subnet, and another for bridges yet to come."""
    with free_subnet(BRIDGES, 24) as subnet:
        near, far = subnet.subnets(prefixlen_diff=1)
        _ip("link", "add", name, "type", "bridge")
        _ip("address", "add", f"{near[1]}/{near.prefixlen}", "dev", name)
        _ip("link", "set", name, "up")
    return near, far


def add_uplink(name: str, pid: int) -> IPv4Network:
    """Join this machine and a process's network namespace; returns the subnet: address 1 here, 2 on its `eth0`."""
    with free_subnet(UPLINKS, 30) as subnet:
        _ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", str(pid))
        _ip("address", "add", f"{subnet[1]}/30", "dev", name)
        _ip("link", "set", name, "up")
    inside = ["nsenter", f"--target={pid}", "--net", "ip"]
    for arguments in (
        ("link", "set", "lo", "up"),
        ("address", "add", f"{subnet[2]}/30", "dev", "eth0"),
        ("link", "set", "eth0", "up"),
        ("route", "add", "default", "via", str(subnet[1])),
    ):
        _run([*inside, *arguments])
    return subnet


def remove(name: str) -> None:
    """Remove a device; one that is gone is no error, and the kernel may be removing it with its namespace right now."""
    device = Path("/sys/class/net", name)
    deadline = time.monotonic() + COMMAND_TIMEOUT_S
    while device.exists():
        try:
            _ip("link", "delete", name)
        except RuntimeError:
            # Nobody finds it any more, and yet it is seen until the kernel has done.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _routed() -> list[IPv4Network]:
    routes: list[dict[str, Any]] = json.loads(_ip("-json", "-4", "route", "show", "table", "all"))
    named = (str(route["dst"]) for route in routes)
    return [IPv4Network(ip_network(name, strict=False)) for name in named if name[0].isdigit()]


def _ip(*arguments: str) -> str:
    return _run(["ip", *arguments])


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=COMMAND_TIMEOUT_S)
    if done.returncode:
        raise RuntimeError(f"`{' '.join(command)}` failed: {done.stderr.strip()}")
    return done.stdout
