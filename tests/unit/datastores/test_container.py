"""The datastores' configuration in containers: TLS or not, never a secret."""

from __future__ import annotations

import pytest

from collab_platform.datastores.container import container_files
from collab_platform.environment import Environment


def settings(text: str) -> dict[str, str]:
    """The lines `name value` and `name = 'value'` of a file."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return {
        name: value.strip().removeprefix("= ").strip("'") for name, _, value in (line.partition(" ") for line in lines)
    }


@pytest.mark.parametrize("inside_tls", [True, False])
def test_with_tls_nobody_gets_in_without(inside_tls: bool):
    files = container_files(Environment(), inside_tls=inside_tls)
    postgresql, valkey = settings(files["postgresql"]["postgresql.conf"]), settings(files["valkey"]["valkey.conf"])

    rules = [line.split() for line in files["postgresql"]["pg_hba.conf"].splitlines() if not line.startswith("#")]
    assert rules == [["hostssl" if inside_tls else "host", "all", "all", "all", "scram-sha-256"]]
    assert postgresql["listen_addresses"] == "*"
    assert (postgresql.get("ssl"), postgresql.get("ssl_key_file")) == (
        ("on", "/run/tls/tls.key") if inside_tls else (None, None)
    )
    assert (valkey["port"], valkey.get("tls-port")) == (("0", "6379") if inside_tls else ("6379", None))
    assert valkey.get("tls-cert-file") == ("/run/tls/tls.crt" if inside_tls else None)
    assert "requirepass" not in valkey
