"""Asking one replica whether it can do its work."""

from __future__ import annotations

from collab_platform.blueprint import Component
from collab_platform.checks.probes import ProbeError, ask_ready
from collab_platform.datastores.postgresql import DATABASE
from collab_platform.targets.local.clients import ask_bucket, ask_sql, ask_valkey
from collab_platform.targets.local.ports import LOOPBACK
from collab_platform.targets.local.programs import Place


def probe(place: Place, component: Component, replica: str, *, timeout_s: float) -> None:
    """Raises :class:`ProbeError` saying what is wrong."""
    match component.probe.kind:
        case "http":
            port = place.ports[f"{replica}/{component.probe.port}"]
            ask_ready(f"http://{LOOPBACK}:{port}{component.probe.path}", timeout_s=timeout_s)
        case "postgresql":
            ask_sql(place, "select 1", timeout_s=timeout_s, database=DATABASE)
        case "redis":
            if ask_valkey(place, ("PING",), timeout_s=timeout_s) != ["PONG"]:
                raise ProbeError("no PONG to a PING")
        case "s3":
            ask_bucket(place, timeout_s=timeout_s)


def probe_start(place: Place, component: Component, replica: str, *, timeout_s: float) -> None:
    """As :func:`probe`, of a datastore that may not hold yet what later steps put into it."""
    match component.probe.kind:
        case "postgresql":
            ask_sql(place, "select 1", timeout_s=timeout_s, database="postgres")
        case "s3":
            ask_ready(f"http://{LOOPBACK}:{place.port('seaweedfs', 's3')}/healthz", timeout_s=timeout_s)
        case _:
            probe(place, component, replica, timeout_s=timeout_s)
