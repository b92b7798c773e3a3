"""PostgreSQL's configuration."""

from __future__ import annotations

from collab_platform.datastores.tls import ServerTls
from collab_platform.environment.schema import PostgreSQL

SUPERUSER = "postgres"
DATABASE = "collab"

INITDB_OPTIONS = (
    f"--username={SUPERUSER}",
    "--auth=scram-sha-256",
    "--data-checksums",
    "--encoding=UTF8",
    # Sorts alike on every machine and survives an upgrade of the C library.
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
)

HBA = """\
# Loopback only, always with a password.
host all all 127.0.0.1/32 scram-sha-256
"""


def render_hba(*, tls: bool) -> str:
    """``pg_hba.conf`` of a server that others than this machine's connect to; with ``tls`` nobody does without."""
    return f"""\
# From everywhere, always with a password{" and over TLS" if tls else ""}.
{"hostssl" if tls else "host"} all all all scram-sha-256
"""


def render_postgresql_conf(settings: PostgreSQL, *, host: str, port: int, tls: ServerTls | None = None) -> str:
    """``postgresql.conf``, whole: nothing else of the cluster's own file is kept."""
    values: dict[str, str | int] = {
        "listen_addresses": host,
        "port": port,
        # Everyone comes over TCP: no socket whose path could be too long or whose folder out of reach.
        "unix_socket_directories": "",
        "password_encryption": "scram-sha-256",
        "max_connections": settings.max_connections,
        "superuser_reserved_connections": 3,
        "shared_buffers": f"{settings.shared_buffers_mb}MB",
        "huge_pages": "off",
        "work_mem": "4MB",
        "maintenance_work_mem": "64MB",
        "autovacuum_max_workers": 2,
        "max_parallel_workers": 2,
        "max_parallel_workers_per_gather": 0,
        "max_logical_replication_workers": 0,
        "io_workers": 2,
        "jit": "off",
        # An acknowledged edit is on the disk: never trade these for speed.
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "wal_level": "replica",
        "wal_compression": "on",
        "min_wal_size": "80MB",
        "max_wal_size": "512MB",
        "checkpoint_timeout": "10min",
        "max_wal_senders": 4,
        # A client that vanished without a word must not hold locks or a connection for hours.
        "tcp_keepalives_idle": 30,
        "tcp_keepalives_interval": 10,
        "tcp_keepalives_count": 3,
        "log_destination": "stderr",
        "logging_collector": "off",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] %q%a %u@%d ",
        "log_min_duration_statement": "500ms",
        # An INSERT's parameters are people's text.
        "log_parameter_max_length": 0,
        "log_parameter_max_length_on_error": 0,
        "log_lock_waits": "on",
        "log_checkpoints": "off",
        "timezone": "UTC",
        "default_text_search_config": "pg_catalog.simple",
    }
    if tls is not None:
        values |= {
            "ssl": "on",
            "ssl_cert_file": str(tls.certificate),
            "ssl_key_file": str(tls.key),
            "ssl_min_protocol_version": "TLSv1.2",
        }
    return "".join(f"{name} = {_quote(value)}\n" for name, value in values.items())


def _quote(value: str | int) -> str:
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"
