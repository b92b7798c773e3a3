"""Valkey's configuration: the event bus, and counters and caches that may be lost.

Nothing is kept on disk and under memory pressure the least recently used key goes, with or without an expiry: what is
in here is a hint or can be computed again, PostgreSQL has the truth, and a bus that refuses writes would be worse.
"""

from __future__ import annotations

from collab_platform.datastores.tls import ServerTls
from collab_platform.environment.schema import Valkey


def render_valkey_conf(
    settings: Valkey, *, host: str, port: int, password: str | None = None, tls: ServerTls | None = None
) -> str:
    """``valkey.conf``. With ``password`` the file is for its owner's eyes; without it somebody has to add one."""
    return f"""\
bind {host}
{_listening(port, tls)}
protected-mode yes
{"" if password is None else f"requirepass {password}"}
daemonize no
loglevel notice
logfile ""
databases 1
maxclients 1000
timeout 0
tcp-keepalive 60
save ""
appendonly no
maxmemory {settings.max_memory_mb}mb
maxmemory-policy allkeys-lru
# A subscriber that cannot keep up is cut off, and catches up from PostgreSQL.
client-output-buffer-limit pubsub 16mb 4mb 30
"""


def _listening(port: int, tls: ServerTls | None) -> str:
    if tls is None:
        return f"port {port}"
    return f"""\
port 0
tls-port {port}
tls-cert-file {tls.certificate}
tls-key-file {tls.key}
tls-auth-clients no
tls-protocols "TLSv1.2 TLSv1.3\""""
