"""Accounts promoted, disabled and erased: at once, for good, and never the last administrator."""

import json
import secrets
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
import redis

from tests.datastores import Datastores, wait_until
from tests.integration.auth.peers import listening
from tests.people import PASSWORD, People, Person
from tests.problems import assert_problem
from tests.services import Stage


@pytest.fixture
def alone(datastores: Datastores, tmp_path: Path) -> Generator[Stage]:
    """A stage of the test's own, where it says who the administrators are."""
    stage = Stage.prepare(tmp_path, datastores)
    try:
        stage.start_all({"auth": {}})
        yield stage
    finally:
        stage.close()


def change(stage: Stage, account: str, **wanted: Any) -> httpx.Response:
    return httpx.patch(
        f"{stage.url('auth')}/internal/accounts/{account}",
        json={"by": str(uuid4()), **wanted},
        headers=stage.internal_headers,
        timeout=15,
        trust_env=False,
    )


def erase(stage: Stage, account: str) -> httpx.Response:
    return httpx.request(
        "DELETE",
        f"{stage.url('auth')}/internal/accounts/{account}",
        json={"by": str(uuid4())},
        headers=stage.internal_headers,
        timeout=15,
        trust_env=False,
    )


def sign_in(stage: Stage, person: Person) -> httpx.Response:
    return httpx.post(
        f"{stage.url('auth')}/api/auth/sign-in",
        json={"email": person.email, "password": PASSWORD},
        timeout=15,
        trust_env=False,
    )


def verify(stage: Stage, token: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(f"{stage.url('auth')}/internal/verify", headers=headers, timeout=15, trust_env=False)


@contextmanager
def events_of(stage: Stage) -> Generator[Iterator[dict[str, Any]]]:
    """What is published from now on, each waited for: by every stage, since channels belong to no one database."""
    # redis-py leaves **kwargs of its methods untyped.
    listener: Any = redis.Redis(
        host="127.0.0.1", port=urlsplit(stage.valkey.url).port or 0, password=stage.valkey.password
    )
    subscription = listener.pubsub()
    subscription.subscribe("collab:events")
    assert subscription.get_message(timeout=20)["type"] == "subscribe"

    def published() -> Iterator[dict[str, Any]]:
        while True:
            message = subscription.get_message(timeout=20)
            assert message is not None, "nothing was published"
            yield json.loads(message["data"])

    try:
        yield published()
    finally:
        subscription.close()
        listener.close()


def test_promoting_shows_in_the_next_token_and_demoting_at_the_door(members: People, auth_stage: Stage):
    ada, keeper = members.register("Ada"), members.register("Keeper")
    assert_problem(ada.call("GET", "auth", "/api/auth/audit/all"), 403, "admins-only")
    assert change(auth_stage, keeper.id, is_admin=True).status_code == 200
    promoted = change(auth_stage, ada.id, is_admin=True)
    assert promoted.json() == {
        "id": ada.id,
        "email": ada.email,
        "is_admin": True,
        "disabled": False,
        "verified": False,
        "version": 2,
    }
    token = sign_in(auth_stage, ada).json()["access_token"]
    ada.client.headers["Authorization"] = f"Bearer {token}"
    assert ada.call("GET", "auth", "/api/auth/audit/all").status_code == 200
    assert verify(auth_stage, token).status_code == 204
    demoted = change(auth_stage, ada.id, is_admin=False).json()
    assert (demoted["is_admin"], demoted["version"]) == (False, 3)
    # What changes nothing is no version of its own.
    assert change(auth_stage, ada.id, is_admin=False).json() == demoted
    assert_problem(verify(auth_stage, token), 401, "unauthenticated")


def test_disabling_ends_everything_until_it_is_enabled(members: People, auth_stage: Stage):
    ada = members.register("Ada")
    token = ada.client.headers["Authorization"].removeprefix("Bearer ")
    with events_of(auth_stage) as events:
        assert change(auth_stage, ada.id, disabled=True).json()["disabled"] is True
        assert {"type": "account.ended", "user": ada.id} in events
    assert_problem(verify(auth_stage, token), 401, "unauthenticated")
    assert_problem(ada.call("POST", "auth", "/api/auth/refresh"), 401, "session-ended")
    assert_problem(sign_in(auth_stage, ada), 403, "account-disabled")
    assert change(auth_stage, ada.id, disabled=True).status_code == 200
    assert change(auth_stage, ada.id, disabled=False).json()["disabled"] is False
    assert sign_in(auth_stage, ada).status_code == 200


def test_a_wrong_password_does_not_learn_that_an_account_is_disabled(members: People, auth_stage: Stage):
    ada = members.register("Ada")
    change(auth_stage, ada.id, disabled=True)
    body = {"email": ada.email, "password": "not this one"}
    assert_problem(ada.call("POST", "auth", "/api/auth/sign-in", body), 401, "wrong-credentials")


def test_erasing_leaves_nothing_and_can_be_said_again(members: People, auth_stage: Stage):
    ada = members.register("Ada")
    token = ada.client.headers["Authorization"].removeprefix("Bearer ")
    assert erase(auth_stage, ada.id).status_code == 204
    assert erase(auth_stage, ada.id).status_code == 204
    assert_problem(verify(auth_stage, token), 401, "unauthenticated")
    assert_problem(sign_in(auth_stage, ada), 401, "wrong-credentials")
    counts = auth_stage.database.psql(
        f"select count(*) from auth.account where id = '{ada.id}' or email = '{ada.email}'"  # noqa: S608
        f" union all select count(*) from auth.session where account_id = '{ada.id}'"
    )
    assert counts.split() == ["0", "0"]
    assert_problem(change(auth_stage, ada.id, is_admin=True), 404, "no-such-account")


def test_an_export_has_no_secrets(members: People, auth_stage: Stage):
    ada = members.register("Ada")
    url = f"{auth_stage.url('auth')}/internal/accounts/{ada.id}/export"
    exported = members.client().get(url, headers=auth_stage.internal_headers)
    assert exported.status_code == 200
    body = exported.json()
    assert body["account"]["email"] == ada.email
    assert len(body["sessions"]) == 1
    assert {entry["event"] for entry in body["audit"]} >= {"account.registered", "session.began"}
    assert "argon2" not in exported.text
    unknown = f"{auth_stage.url('auth')}/internal/accounts/{uuid4()}/export"
    assert_problem(members.client().get(unknown, headers=auth_stage.internal_headers), 404, "no-such-account")


def test_only_services_may(members: People):
    ada = members.register("Ada")
    path = f"/internal/accounts/{ada.id}"
    assert_problem(ada.call("PATCH", "auth", path, {"by": ada.id, "is_admin": True}), 403, "internal-only")
    assert_problem(ada.call("DELETE", "auth", path), 403, "internal-only")
    assert_problem(ada.call("GET", "auth", f"{path}/export"), 403, "internal-only")


def test_wrong_changes_are_refused(members: People, auth_stage: Stage):
    ada = members.register("Ada")
    assert_problem(change(auth_stage, ada.id, role="king"), 400, "invalid-request")
    assert_problem(change(auth_stage, ada.id, is_admin="yes"), 400, "invalid-request")
    unsaid = httpx.patch(
        f"{auth_stage.url('auth')}/internal/accounts/{ada.id}",
        json={"is_admin": True},
        headers=auth_stage.internal_headers,
        timeout=15,
        trust_env=False,
    )
    assert_problem(unsaid, 400, "invalid-request")


def test_one_administrator_is_always_left(alone: Stage):
    with People(alone) as people:
        admins = [people.register(f"Admin {number}") for number in range(4)]
        for admin in admins:
            assert change(alone, admin.id, is_admin=True).status_code == 200
        with ThreadPoolExecutor(8) as pool:
            tries = [
                *(pool.submit(change, alone, admin.id, is_admin=False) for admin in admins[:2]),
                *(pool.submit(change, alone, admin.id, disabled=True) for admin in admins[2:3]),
                *(pool.submit(erase, alone, admin.id) for admin in admins[3:]),
                *(pool.submit(change, alone, admin.id, is_admin=False) for admin in admins),
            ]
            answers = [attempt.result() for attempt in tries]
    assert {answer.status_code for answer in answers} <= {200, 204, 404, 409}
    assert 409 in {answer.status_code for answer in answers}
    left = alone.database.psql("select count(*) from auth.account where is_admin and disabled_at is null")
    assert left == "1"


def test_the_first_administrator_comes_from_the_operator(alone: Stage):
    email = f"root.{secrets.token_hex(4)}@example.org"
    arguments = ("create-user", "--email", email, "--name", "Root", "--admin")
    made = alone.run_module("collab_auth.admin", *arguments, service="auth", stdin=PASSWORD + "\n")
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout)["is_admin"] is True
    with People(alone) as people:
        ada = people.register("Ada")
        granted = alone.run_module("collab_auth.admin", "grant-admin", "--email", ada.email.upper(), service="auth")
        assert granted.returncode == 0, granted.stderr
        assert json.loads(granted.stdout)["is_admin"] is True
        again = alone.run_module("collab_auth.admin", "grant-admin", "--email", ada.email, service="auth")
        assert again.returncode == 0, again.stderr
    unknown = alone.run_module("collab_auth.admin", "grant-admin", "--email", "x@example.org", service="auth")
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert "no such account" in unknown.stderr


def test_the_user_service_hears_of_every_change(alone: Stage):
    """A small user service of the test's own stands in the real one's place, and is away at first."""
    heard: list[dict[str, Any]] = []
    with People(alone) as people:
        ada = people.register("Ada")
        change(alone, ada.id, is_admin=True)
        assert alone.database.psql("select count(*) from auth.outbox") == "1"
        with listening(alone.ports["user"], heard):
            wait_until(lambda: alone.database.psql("select count(*) from auth.outbox") == "0", "the delivery")
    assert heard[-1]["path"] == f"/internal/profiles/{ada.id}"
    body = heard[-1]["body"]
    assert (body["email"], body["name"], body["is_admin"], body["disabled"]) == (ada.email, "Ada", True, False)
    assert body["version"] == 2
