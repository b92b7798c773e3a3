"""The schema of the release before, with accounts in it and people signing in, becomes this one's; and goes back."""

import hashlib
import shutil
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher

from collab_kit import migrate
from tests.datastores import Datastores, wait_until
from tests.integration.auth.peers import listening
from tests.people import PASSWORD
from tests.services import Stage

MIGRATIONS = Path(migrate.__file__).parents[1] / "collab_auth" / "migrations"
FIRST = "20261122000001_accounts.sql"
ADA = "01890a5d-ac96-774b-bcce-b30209900001"
TOKEN = "a refresh token of the release before"


@pytest.fixture
def first_release(datastores: Datastores, tmp_path: Path) -> Generator[Stage]:
    """Only what the first release had, from a package of that shape, with somebody signed in."""
    stage = Stage.prepare(tmp_path, datastores)
    package = tmp_path / "packages" / "collab_first_auth"
    (package / "migrations").mkdir(parents=True)
    (package / "__init__.py").touch()
    shutil.copy(MIGRATIONS / FIRST, package / "migrations")
    try:
        done = stage.run_module("collab_kit.migrate", package.name, service="auth", PYTHONPATH=str(package.parent))
        assert done.returncode == 0, done.stderr
        password_hash = PasswordHasher(1, 64, 1).hash(PASSWORD)
        digest = hashlib.sha256(TOKEN.encode()).hexdigest()
        stage.database.psql(
            "insert into auth.account (id, email, password_hash)"  # noqa: S608
            f" values ('{ADA}', 'ada@example.org', '{password_hash}');"
            "insert into auth.session (id, account_id, expires_at)"
            f" values ('{ADA}', '{ADA}', now() + interval '1 day');"
            f"insert into auth.refresh_token (hash, session_id, generation) values ('\\x{digest}', '{ADA}', 0);"
            f"insert into auth.outbox (account_id, email, name) values ('{ADA}', 'ada@example.org', 'Ada')"
        )
        yield stage
    finally:
        stage.close()


@contextmanager
def registrations(stage: Stage) -> Generator[list[str]]:
    """People who register all the while, as the release before did it; the list is of what went wrong."""
    failures: list[str] = []
    stop = threading.Event()

    def register() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            statement = (
                "set lock_timeout = '5s'; with made as (insert into auth.account (email, password_hash)"  # noqa: S608
                f" values ('p{number}@example.org', 'x') returning id)"
                " insert into auth.session (account_id, expires_at) select id, now() + interval '1 day' from made"
            )
            try:
                stage.database.psql(statement)
            except RuntimeError as error:
                failures.append(str(error))

    thread = threading.Thread(target=register)
    thread.start()
    try:
        yield failures
    finally:
        stop.set()
        thread.join(30)


def test_whoever_was_signed_in_stays_so_and_registering_goes_on(first_release: Stage):
    stage = first_release
    with registrations(stage) as failures:
        stage.migrate("auth")
    assert failures == []
    heard: list[dict[str, Any]] = []
    with listening(stage.ports["user"], heard):
        stage.start("auth")
        url = f"{stage.url('auth')}/api/auth"
        with httpx.Client(timeout=15, trust_env=False) as client:
            refreshed = client.post(f"{url}/refresh", headers={"Cookie": f"collab_refresh={TOKEN}"})
            assert refreshed.status_code == 200, refreshed.text
            headers = {"Authorization": f"Bearer {refreshed.json()['access_token']}"}
            (session,) = client.get(f"{url}/sessions", headers=headers).json()["items"]
            assert (session["address"], session["current"]) == (None, True)
            account = client.get(f"{url}/account", headers=headers).json()
            assert (account["verified"], account["is_admin"], account["has_password"]) == (False, False, True)
            body = {"email": "ada@example.org", "password": PASSWORD}
            assert client.post(f"{url}/sign-in", json=body).status_code == 200
        wait_until(lambda: stage.database.psql("select count(*) from auth.outbox") == "0", "the delivery")
    # What the release before did not keep is made of the address; the user service knows better, and keeps its own.
    assert heard[0]["body"] == {"email": "ada@example.org", "name": "ada"}


def test_every_step_goes_back(first_release: Stage):
    stage = first_release
    stage.migrate("auth")
    for path in sorted(MIGRATIONS.glob("*.sql"), reverse=True):
        if path.name != FIRST:
            down = path.read_text().split("-- migrate:down")[1].partition("\n")[2]
            # psql runs what it is given as one transaction, in which nothing is done concurrently.
            stage.database.psql(f"set search_path = auth; {down.replace(' concurrently', '')}")
    tables = stage.database.psql(
        "select table_name from information_schema.tables where table_schema = 'auth' order by 1"
    )
    assert tables.split() == ["account", "outbox", "refresh_token", "schema_migrations", "session"]
    columns = stage.database.psql(
        "select column_name from information_schema.columns where table_schema = 'auth' and table_name = 'account'"
        " order by ordinal_position"
    )
    assert columns.split() == ["id", "email", "password_hash", "created_at"]
    assert stage.database.psql("select email from auth.account") == "ada@example.org"
