"""Asking the datastores of one environment: SQL through psql, objects through obstore, Valkey through a socket."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Generator
from datetime import timedelta
from typing import TYPE_CHECKING

from collab_platform.checks.probes import ProbeError, ask_redis
from collab_platform.datastores.postgresql import DATABASE, SUPERUSER
from collab_platform.datastores.seaweedfs import ACCESS_KEY, ADMIN_ACCESS_KEY
from collab_platform.targets.local.ports import LOOPBACK
from collab_platform.targets.local.programs import Place

if TYPE_CHECKING:
    from obstore.store import S3Store


def psql_command(place: Place, *arguments: str, database: str = DATABASE) -> list[str]:
    """psql as the administrator, without anybody's ``.psqlrc`` and never asking a question."""
    return [
        str(place.binaries.postgresql / "psql"),
        *("--no-psqlrc", "--no-password", "--quiet", "--no-align", "--tuples-only"),
        *("--host", LOOPBACK, "--port", str(place.port("postgresql", "sql"))),
        *("--username", SUPERUSER, "--dbname", database, "--set", "ON_ERROR_STOP=1"),
        *arguments,
    ]


def psql_environment(place: Place, timeout_s: float) -> dict[str, str]:
    """The administrator's password, where only psql and root can read it."""
    return {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "PGPASSWORD": place.secret("postgresql-superuser"),
        "PGCONNECT_TIMEOUT": str(max(int(timeout_s), 2)),
        "PGAPPNAME": "collab",
    }


def ask_sql(place: Place, sql: str, *, timeout_s: float, database: str = DATABASE) -> str:
    """Run SQL as the administrator; its output. Raises :class:`ProbeError`."""
    try:
        done = subprocess.run(
            psql_command(place, "--command", sql, database=database),
            env=psql_environment(place, timeout_s),
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ProbeError(f"no answer within {timeout_s:g} s") from None
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["psql failed"]
        error = next((line for line in lines if "ERROR:" in line or "FATAL:" in line), lines[-1])
        raise ProbeError(error.strip())
    return done.stdout.strip()


def ask_valkey(place: Place, *commands: tuple[str, ...], timeout_s: float) -> list[str]:
    """Run Redis commands. Raises :class:`ProbeError`."""
    port = place.port("valkey", "redis")
    return ask_redis(LOOPBACK, port, *commands, password=place.secret("redis"), timeout_s=timeout_s)


def object_store(place: Place, *, timeout_s: float, admin: bool = False) -> S3Store:
    """The environment's bucket, as the services see it or as the one who may make it. It never tries twice."""
    from obstore.store import S3Store  # noqa: PLC0415 - a few hundredths of a second that `collab --help` need not pay

    return S3Store(
        place.environment.object_storage.bucket,
        endpoint=f"http://{LOOPBACK}:{place.port('seaweedfs', 's3')}",
        region="us-east-1",
        access_key_id=ADMIN_ACCESS_KEY if admin else ACCESS_KEY,
        secret_access_key=place.secret("s3-admin" if admin else "s3"),
        client_options={"allow_http": True, "timeout": f"{timeout_s:g}s", "connect_timeout": f"{timeout_s:g}s"},
        retry_config={
            "max_retries": 0,
            "retry_timeout": timedelta(seconds=timeout_s),
            "backoff": {"init_backoff": timedelta(), "max_backoff": timedelta(), "base": 2},
        },
    )


def ask_bucket(place: Place, *, timeout_s: float) -> None:
    """Whether the services' own identity can list the bucket. Raises :class:`ProbeError`."""
    with object_errors():
        store = object_store(place, timeout_s=timeout_s)
        # The Arrow tables it could answer with instead are of a package that is not installed.
        store.list_with_delimiter(prefix="collab-check/")  # pyright: ignore[reportUnknownMemberType]


@contextlib.contextmanager
def object_errors() -> Generator[None]:
    """Turn what obstore raises into a :class:`ProbeError` of one line."""
    from obstore.exceptions import BaseError  # noqa: PLC0415

    try:
        yield
    except (BaseError, OSError) as error:
        raise ProbeError(str(error).partition("\n")[0][:300]) from None
