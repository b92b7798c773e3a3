"""Accounts reach the user service however long it is away, and an operator can make them."""

import json
import signal
from uuid import uuid4

import httpx

from tests.datastores import wait_until
from tests.people import PASSWORD, People
from tests.problems import assert_problem
from tests.services import Stage


def create_user(stage: Stage, email: str, password: str = PASSWORD, name: str = "Grace"):
    return stage.run_module(
        "collab_auth.admin", "create-user", "--email", email, "--name", name, service="auth", stdin=password + "\n"
    )


def test_an_account_made_while_the_user_service_is_away_gets_its_profile_later(bare_stage: Stage):
    stage = bare_stage
    stage.start_all({"auth": {}})
    stage.migrate("user")
    with People(stage) as people:
        ada = people.register("Ada")
        assert stage.database.psql("select count(*) from auth.outbox") == "1"

        # Not by chance while the user service starts, before it is looked at.
        stage.database.psql("update auth.outbox set next_attempt_at = now() + interval '1 hour'")
        stage.start("user")
        pending = ada.call("GET", "user", "/api/users/me")
        assert_problem(pending, 503, "profile-pending")
        assert pending.headers["retry-after"] == "2"
        stage.database.psql("update auth.outbox set next_attempt_at = now()")
        wait_until(lambda: ada.call("GET", "user", "/api/users/me").status_code == 200, "the profile's delivery")
        assert ada.call("GET", "user", "/api/users/me").json()["name"] == "Ada"
    # The profile is there before auth has heard that it is.
    wait_until(lambda: stage.database.psql("select count(*) from auth.outbox") == "0", "the outbox being empty")


def test_a_late_delivery_does_not_undo_a_new_name(stage: Stage, people: People):
    ada = people.register("Ada")
    wait_until(lambda: ada.call("GET", "user", "/api/users/me").status_code == 200, "the profile's delivery")
    assert ada.call("PATCH", "user", "/api/users/me", {"name": "Countess"}).status_code == 200
    again = people.client().put(
        f"{stage.url('user')}/internal/profiles/{ada.id}",
        json={"email": ada.email, "name": "Ada"},
        headers=stage.internal_headers,
    )
    assert again.status_code == 204
    assert ada.call("GET", "user", "/api/users/me").json()["name"] == "Countess"


def test_an_operator_makes_an_account(stage: Stage, people: People):
    made = create_user(stage, "Grace@Example.org")
    assert made.returncode == 0, made.stderr
    created = json.loads(made.stdout)
    assert created["email"] == "grace@example.org"
    assert PASSWORD not in made.stdout + made.stderr

    def is_delivered(answer: str) -> bool:
        """The user service has a second to take it, which on a busy machine may pass: then it is told later."""
        return json.loads(answer)["profile_delivered"] is True

    wait_until(
        lambda: is_delivered(made.stdout) or is_delivered(create_user(stage, f"{uuid4()}@example.org").stdout),
        "an account whose profile is delivered at once",
    )

    client = people.client()
    signed_in = client.post(
        f"{stage.url('auth')}/api/auth/sign-in", json={"email": "grace@example.org", "password": PASSWORD}
    )
    assert signed_in.json()["user"]["id"] == created["id"]

    taken = create_user(stage, "grace@example.org")
    assert (taken.returncode, taken.stdout) == (1, "")
    assert "already" in taken.stderr


def test_an_operator_is_told_what_is_wrong(stage: Stage):
    invalid = create_user(stage, "nobody", password="short", name="")
    assert (invalid.returncode, invalid.stdout) == (1, "")
    assert {line.partition(":")[0] for line in invalid.stderr.splitlines()} == {"email", "password", "name"}

    usage = stage.run_module("collab_auth.admin", "create-user", service="auth")
    assert usage.returncode == 2

    unset = stage.run_module(
        "collab_auth.admin",
        "create-user",
        "--email",
        "a@example.org",
        "--name",
        "A",
        service="auth",
        COLLAB_USER_URL="",
    )
    assert unset.returncode == 78
    assert unset.stderr.startswith("settings: COLLAB_USER_URL is not set")


def test_an_old_hash_is_renewed_at_the_next_sign_in(bare_stage: Stage):
    stage = bare_stage
    stage.start_all({"user": {}, "auth": {"COLLAB_PASSWORD_MEMORY_KIB": "1024", "COLLAB_PASSWORD_PASSES": "1"}})
    with People(stage) as people:
        ada = people.register("Ada")
        assert "m=1024,t=1" in stage.database.psql("select password_hash from auth.account")
        stage.processes[1].stop()
        stage.start("auth")
        credentials = {"email": ada.email, "password": PASSWORD}
        assert ada.call("POST", "auth", "/api/auth/sign-in", credentials).status_code == 200
        assert "m=19456,t=2" in stage.database.psql("select password_hash from auth.account")
        assert ada.call("POST", "auth", "/api/auth/sign-in", credentials).status_code == 200


def test_signing_in_goes_on_without_redis(bare_stage: Stage):
    """Counting attempts is the lesser good; `/readyz` still says that Redis is away."""
    stage = bare_stage
    stage.migrate("auth")
    # A port where nothing listens.
    replica = stage.launch("auth", COLLAB_REDIS_URL="redis://127.0.0.1:9/0")
    with People(stage) as people:
        client = people.client()
        wait_until(lambda: _alive(client, replica.url), "the service answering")
        ada = people.register("Ada")
        answer = ada.call("POST", "auth", "/api/auth/sign-in", {"email": ada.email, "password": PASSWORD})
        assert answer.status_code == 200

        def tells_them_apart() -> bool:
            """Once PostgreSQL answers within the second that a check has."""
            ready = client.get(f"{replica.url}/readyz")
            assert ready.status_code == 503
            return {check["name"]: check["ok"] for check in ready.json()["checks"]} == {
                "database": True,
                "redis": False,
            }

        wait_until(tells_them_apart, "PostgreSQL being there, and Redis away")
    assert replica.stop(signal.SIGTERM) == 0


def _alive(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(f"{url}/livez").status_code == 200
    except httpx.HTTPError:
        return False
