"""The datastores' configuration as their container images read it, without secrets: the images add those.

Every connection from another pod is over TLS with the pod's certificate where an environment says so; whoever connects
has a password in either case. SeaweedFS has no file: its image takes all from the command line.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from collab_platform.datastores.postgresql import render_hba, render_postgresql_conf
from collab_platform.datastores.tls import ServerTls
from collab_platform.datastores.valkey import render_valkey_conf
from collab_platform.environment import Environment

POSTGRESQL_PORT = 5432
VALKEY_PORT = 6379
OWN_TLS = ServerTls(certificate=Path("/run/tls/tls.crt"), key=Path("/run/tls/tls.key"))
_EVERYWHERE = "*"
"""PostgreSQL's word for every address, of both families."""
_EVERYWHERE_VALKEY = "* -::*"
"""Valkey's; it may be without IPv6."""


def container_files(environment: Environment, *, inside_tls: bool) -> Mapping[str, dict[str, str]]:
    """For each component its files in ``/etc/collab``, by their names."""
    tls = OWN_TLS if inside_tls else None
    return {
        "postgresql": {
            "postgresql.conf": render_postgresql_conf(
                environment.postgresql, host=_EVERYWHERE, port=POSTGRESQL_PORT, tls=tls
            ),
            "pg_hba.conf": render_hba(tls=tls is not None),
        },
        "valkey": {
            "valkey.conf": render_valkey_conf(environment.valkey, host=_EVERYWHERE_VALKEY, port=VALKEY_PORT, tls=tls),
        },
    }
