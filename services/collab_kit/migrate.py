"""`python -m collab_kit.migrate collab_auth`: brings that service's schema up to date.

Runs the plain SQL files of the package's `migrations/` with dbmate as the service's own role. dbmate takes an advisory
lock, so replicas that start together wait for each other. The URL, which then holds the password, is only in the
environment of dbmate's process. Exit codes: 0 schema is current, 1 failed, 2 wrong usage, 78 wrongly configured.
"""

import os
import random
import re
import subprocess
import sys
import sysconfig
import time
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from msgspec import Struct

from collab_kit.settings import PostgresUrl, Secret, SettingsError, exit_with, load_settings

__all__ = ["MigrationError", "dbmate_url", "main", "migrate"]

WAIT_DEADLINE_S = 30
LOCK_DEADLINE_S = 120
_TOTAL_DEADLINE_S = 600

_NOT_UP_YET = re.compile("connection refused|connection reset|starting up|shutting down|no route to host|i/o timeout")


class MigrationSettings(Struct, frozen=True, kw_only=True):
    database_url: PostgresUrl
    database_password: Secret


class MigrationError(Exception):
    """The schema could not be brought up to date; the message says why, without the password."""


def migrate(package: str, settings: MigrationSettings) -> str:
    """Apply what is pending; the answer is what dbmate said. Raises `MigrationError`."""
    directory = resources.files(package).joinpath("migrations")
    with resources.as_file(directory) as path:
        if not any(path.glob("*.sql")):
            raise MigrationError(f"{package} has no migrations")
        return _run_dbmate(path, settings)


def dbmate_url(url: str, password: Secret) -> str:
    """The URL as dbmate's driver wants it.

    Unlike libpq that driver insists on TLS unless told otherwise; a deployment that has TLS says so in its URL.
    """
    parts = urlsplit(url)
    query = {"sslmode": "disable"} | dict(parse_qsl(parts.query))
    role, _, address = parts.netloc.rpartition("@")
    netloc = f"{role}:{quote(password.reveal(), safe='')}@{address}"
    return urlunsplit(("postgres", netloc, parts.path, urlencode(query), ""))


def _run_dbmate(directory: Path, settings: MigrationSettings) -> str:
    command = [
        str(Path(sysconfig.get_path("scripts")) / "dbmate"),
        "--env-file=/dev/null",
        f"--migrations-dir={directory}",
        "--no-dump-schema",
        "--migration-lock",
        f"--migration-lock-timeout={LOCK_DEADLINE_S}s",
        "migrate",
    ]
    url = dbmate_url(settings.database_url, settings.database_password)
    end = time.monotonic() + WAIT_DEADLINE_S
    # dbmate has a --wait of its own, but that waits for a wrong password to become right as well.
    while (done := _run(command, url)).returncode != 0:
        reason = done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}"
        if not _NOT_UP_YET.search(reason) or time.monotonic() > end:
            raise MigrationError(reason.replace(url, settings.database_url).replace(_quoted(settings), "***"))
        time.sleep(random.uniform(0.2, 0.6))  # noqa: S311  # jitter
    return done.stdout.strip()


def _run(command: Sequence[str], url: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            env=_environment(os.environ, url),
            capture_output=True,
            text=True,
            timeout=_TOTAL_DEADLINE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MigrationError(f"dbmate did not run to its end: {type(error).__name__}") from None


def _environment(environ: Mapping[str, str], url: str) -> dict[str, str]:
    # dbmate reads DBMATE_* for its options: what an operator has set for another project must not reach ours.
    return {name: value for name, value in environ.items() if not name.startswith("DBMATE_")} | {"DATABASE_URL": url}


def _quoted(settings: MigrationSettings) -> str:
    return quote(settings.database_password.reveal(), safe="")


def main(arguments: Sequence[str] = sys.argv[1:]) -> int:
    if len(arguments) != 1 or not arguments[0].startswith("collab_"):
        sys.stderr.write("usage: python -m collab_kit.migrate PACKAGE, for example collab_auth\n")
        return 2
    try:
        said = migrate(arguments[0], load_settings(MigrationSettings))
    except SettingsError as error:
        exit_with(error)
    except (MigrationError, ModuleNotFoundError) as error:
        sys.stderr.write(f"migrate {arguments[0]}: {error}\n")
        return 1
    sys.stdout.write(f"{arguments[0]}: {said or 'schema is current'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
