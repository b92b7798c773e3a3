"""`python -m collab_kit.migrate [--wait] collab_auth`: brings that service's schema up to date, or waits until it is.

Runs the plain SQL files of the package's `migrations/` with dbmate as the service's own role. An advisory lock for each
package makes replicas that start together wait for each other. It is tried for, not waited for inside PostgreSQL: an
index that somebody builds concurrently waits for every statement that runs, such a wait included, for ever. The URL,
which then holds the password, is only in the environment of dbmate's process. With `--wait` nothing is changed: every
migration has to have been applied by somebody else; more than these may have been, by a newer release.

Both give PostgreSQL `COLLAB_WAIT_S` (default 300) seconds. Exit codes: 0 schema is current, 1 it is not, 2 wrong usage,
78 wrongly configured.
"""

import asyncio
import os
import random
import re
import subprocess
import sys
import sysconfig
import time
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import resources
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import asyncpg

from collab_kit import tls
from collab_kit.logging import configure_logging, get_logger
from collab_kit.settings import (
    FilePath,
    PostgresUrl,
    Secret,
    Settings,
    SettingsError,
    WaitSeconds,
    exit_with,
    load_settings,
)
from collab_kit.waiting import NotYet, WaitedTooLong, end_on_sigterm, wait_for

__all__ = ["MigrationError", "MigrationSettings", "dbmate_url", "main", "migrate", "wait_until_migrated"]

LOCK_DEADLINE_S = 120
_TOTAL_DEADLINE_S = 600

_CONNECT_TIMEOUT_S = 3.0

_NOT_UP_YET = re.compile(
    "connection refused|connection reset|starting up|shutting down|no route to host|i/o timeout|no such host"
)
_log = get_logger()


class MigrationSettings(Settings, frozen=True, kw_only=True):
    database_url: PostgresUrl
    database_password: Secret
    ca_file: FilePath | None = None
    wait_s: WaitSeconds = 300.0

    def problems(self) -> Iterator[str]:
        yield from tls.ca_problems(self.ca_file)


class MigrationError(Exception):
    """The schema could not be brought up to date; the message says why, without the password."""


class _NotUpYet(Exception):  # noqa: N818  # named for what was found
    """PostgreSQL does not answer, or is still starting."""


async def migrate(package: str, settings: MigrationSettings) -> str:
    """Apply what is pending; the answer is what dbmate said. Raises `MigrationError`."""
    end = time.monotonic() + settings.wait_s
    with resources.as_file(resources.files(package).joinpath("migrations")) as path:
        _versions(package, path)
        while True:
            # dbmate has a --wait of its own, but that waits for a wrong password to become right as well.
            try:
                async with _alone(package, settings):
                    return await _run_dbmate(path, settings)
            except _NotUpYet as error:
                if time.monotonic() > end:
                    raise MigrationError(str(error)) from None
            await asyncio.sleep(random.uniform(0.2, 0.6))  # noqa: S311  # jitter


async def wait_until_migrated(package: str, settings: MigrationSettings) -> None:
    """Return once all migrations of `package` have been applied. Raises `WaitedTooLong`, `MigrationError`."""
    with resources.as_file(resources.files(package).joinpath("migrations")) as path:
        needed = _versions(package, path)

    async def look() -> None:
        if missing := needed - await _applied(settings):
            raise NotYet(f"{len(missing)} of {len(needed)} migrations not applied")

    await wait_for(look, what=f"schema of {package}", wait_s=settings.wait_s)


def _versions(package: str, directory: Path) -> frozenset[str]:
    """Numbers of the migrations, which their files' names begin with."""
    versions = frozenset(file.name.partition("_")[0] for file in directory.glob("*.sql"))
    if not versions:
        raise MigrationError(f"{package} has no migrations")
    return versions


async def _applied(settings: MigrationSettings) -> frozenset[str]:
    try:
        async with _connection(settings, default_transaction_read_only="on") as connection:
            rows = await connection.fetch("select version from schema_migrations")
    except asyncpg.UndefinedTableError:
        return frozenset()
    except TimeoutError:
        raise NotYet("PostgreSQL does not answer") from None
    # A role, a database or a password that is not there yet may still come.
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise NotYet(str(error) or type(error).__name__) from None
    return frozenset(str(row["version"]) for row in rows)


@asynccontextmanager
async def _connection(settings: MigrationSettings, **server_settings: str) -> AsyncGenerator["asyncpg.Connection"]:
    connection = await asyncpg.connect(
        settings.database_url,
        password=settings.database_password.reveal(),
        ssl=tls.database_tls(settings.database_url, settings.ca_file),
        timeout=_CONNECT_TIMEOUT_S,
        command_timeout=_CONNECT_TIMEOUT_S,
        server_settings={"application_name": "collab-migrations"} | server_settings,
    )
    try:
        yield connection
    finally:
        await connection.close(timeout=_CONNECT_TIMEOUT_S)


@asynccontextmanager
async def _alone(package: str, settings: MigrationSettings) -> AsyncGenerator[None]:
    """Nobody else migrates `package` meanwhile. Raises `MigrationError`, `_NotUpYet`."""
    async with AsyncExitStack() as stack:
        try:
            connection = await stack.enter_async_context(_connection(settings))
            end = time.monotonic() + LOCK_DEADLINE_S
            while not await connection.fetchval("select pg_try_advisory_lock(hashtextextended($1, 0))", package):
                if time.monotonic() > end:
                    raise MigrationError(f"somebody else has been migrating {package} for {LOCK_DEADLINE_S} s")
                await asyncio.sleep(random.uniform(0.05, 0.15))  # noqa: S311  # jitter
        except (asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError, OSError, TimeoutError) as error:
            raise _NotUpYet(str(error) or "PostgreSQL does not answer") from None
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise MigrationError(str(error) or type(error).__name__) from None
        yield


def dbmate_url(url: str, password: Secret) -> str:
    """The URL as dbmate's driver wants it.

    Unlike libpq that driver insists on TLS unless told otherwise; a deployment that has TLS says so in its URL.
    """
    parts = urlsplit(url)
    query = {"sslmode": "disable"} | dict(parse_qsl(parts.query))
    role, _, address = parts.netloc.rpartition("@")
    netloc = f"{role}:{quote(password.reveal(), safe='')}@{address}"
    return urlunsplit(("postgres", netloc, parts.path, urlencode(query), ""))


async def _run_dbmate(directory: Path, settings: MigrationSettings) -> str:
    """Raises `MigrationError`, `_NotUpYet`."""
    url = dbmate_url(settings.database_url, settings.database_password)
    dbmate = await asyncio.create_subprocess_exec(
        Path(sysconfig.get_path("scripts")) / "dbmate",
        "--env-file=/dev/null",
        f"--migrations-dir={directory}",
        "--no-dump-schema",
        "migrate",
        env=_environment(os.environ, url, settings.ca_file),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(_TOTAL_DEADLINE_S):
            said, complaint = [text.decode(errors="replace").strip() for text in await dbmate.communicate()]
    except TimeoutError:
        raise MigrationError(f"dbmate did not end within {_TOTAL_DEADLINE_S} s") from None
    finally:
        if dbmate.returncode is None:
            dbmate.kill()
            await dbmate.wait()
    if dbmate.returncode == 0:
        return said
    reason = complaint or said or f"exit code {dbmate.returncode}"
    if _NOT_UP_YET.search(reason):
        raise _NotUpYet(_without_password(reason, settings))
    raise MigrationError(_without_password(reason, settings))


def _environment(environ: Mapping[str, str], url: str, ca_file: str | None) -> dict[str, str]:
    # dbmate reads DBMATE_* for its options: what an operator has set for another project must not reach ours.
    ours = {name: value for name, value in environ.items() if not name.startswith("DBMATE_")} | {"DATABASE_URL": url}
    # To Go this is a file beside the system's folder of authorities; `sslrootcert` in the URL would replace both.
    return ours if ca_file is None else ours | {"SSL_CERT_FILE": ca_file}


def _without_password(reason: str, settings: MigrationSettings) -> str:
    url = dbmate_url(settings.database_url, settings.database_password)
    quoted = quote(settings.database_password.reveal(), safe="")
    return reason.replace(url, settings.database_url).replace(quoted, "***")


def main(arguments: Sequence[str] = sys.argv[1:]) -> int:
    waits = arguments[:1] == ["--wait"]
    packages = arguments[1:] if waits else arguments
    if len(packages) != 1 or not packages[0].startswith("collab_"):
        sys.stderr.write("usage: python -m collab_kit.migrate [--wait] PACKAGE, for example collab_auth\n")
        return 2
    end_on_sigterm()
    try:
        settings = load_settings(MigrationSettings)
        return _wait(packages[0], settings) if waits else _apply(packages[0], settings)
    except SettingsError as error:
        exit_with(error)
    except (MigrationError, ModuleNotFoundError) as error:
        sys.stderr.write(f"migrate {packages[0]}: {error}\n")
        return 1


def _apply(package: str, settings: MigrationSettings) -> int:
    said = asyncio.run(migrate(package, settings))
    sys.stdout.write(f"{package}: {said or 'schema is current'}\n")
    return 0


def _wait(package: str, settings: MigrationSettings) -> int:
    configure_logging(service="migrate", instance=package)
    try:
        asyncio.run(wait_until_migrated(package, settings))
    except WaitedTooLong as error:
        _log.error("schema is not current", package=package, reason=str(error))
        return 1
    _log.info("schema is current", package=package)
    return 0


if __name__ == "__main__":
    sys.exit(main())
