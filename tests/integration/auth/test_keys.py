"""Signing keys follow one another without anybody being signed out, on every replica within seconds."""

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from tests.datastores import Datastores, wait_until
from tests.people import People, Person
from tests.ports import free_port
from tests.problems import assert_problem
from tests.services import ServiceProcess, Stage, ed25519_pem


@pytest.fixture
def alone(datastores: Datastores, tmp_path: Path) -> Generator[Stage]:
    """A stage of the test's own: its keys change."""
    stage = Stage.prepare(tmp_path, datastores)
    try:
        yield stage
    finally:
        stage.close()


def rotate(stage: Stage, *arguments: str) -> dict[str, Any]:
    done = stage.run_module("collab_auth.admin", "rotate-keys", *arguments, service="auth")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def published(replica: ServiceProcess) -> list[str]:
    answer = httpx.get(f"{replica.url}/.well-known/jwks.json", timeout=15, trust_env=False)
    return [key["kid"] for key in answer.json()["keys"]]


def refreshed(person: Person) -> str:
    response = person.call("POST", "auth", "/api/auth/refresh")
    assert response.status_code == 200, response.text
    return str(response.json()["access_token"])


def kid_of(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])


def verify(replica: ServiceProcess, token: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(f"{replica.url}/internal/verify", headers=headers, timeout=15, trust_env=False)


def test_a_new_key_is_published_first_and_signs_later(alone: Stage):
    stage = alone
    stage.start_all({"auth": {}})
    first = stage.processes[0]
    second = stage.start("auth", COLLAB_PORT=str(free_port()), COLLAB_INSTANCE="auth-2")
    with People(stage) as people:
        ada = people.register("Ada")
        before = refreshed(ada)
        old = kid_of(before)
        assert published(first) == published(second) == [old]

        new = rotate(stage, "--overlap-s", "600")
        assert new["signs_in_s"] == 600
        for replica in (first, second):
            wait_until(lambda each=replica: new["kid"] in published(each), f"{replica.name} publishing the new key")
        assert kid_of(refreshed(ada)) == old

        stage.database.psql(f"update auth.signing_key set signs_from = now() where kid = '{new['kid']}'")  # noqa: S608
        wait_until(lambda: kid_of(refreshed(ada)) == new["kid"], "the new key signing")
        after = refreshed(ada)
        for replica in (first, second):
            assert sorted(published(replica)) == sorted([old, new["kid"]])
            assert verify(replica, before).status_code == 204
            assert verify(replica, after).status_code == 204

        # The last token of the old key has expired.
        stage.database.psql(
            f"update auth.signing_key set signs_from = now() - interval '950 s' where kid = '{new['kid']}'"  # noqa: S608
        )
        for replica in (first, second):
            wait_until(lambda each=replica: published(each) == [new["kid"]], f"{replica.name} dropping the old key")
            assert verify(replica, after).status_code == 204
        assert_problem(verify(first, before), 401, "unauthenticated")


def test_a_key_made_elsewhere_is_believed_at_once(alone: Stage):
    """The replica that is asked has not read the keys since the other one began to sign."""
    stage = alone
    stage.start_all({"auth": {}})
    with People(stage) as people:
        ada = people.register("Ada")
        new = rotate(stage, "--overlap-s", "0")
        wait_until(lambda: kid_of(refreshed(ada)) == new["kid"], "the new key signing")
        assert verify(stage.processes[0], refreshed(ada)).status_code == 204


def test_revoked_keys_are_gone(alone: Stage):
    stage = alone
    stage.start_all({"auth": {}})
    with People(stage) as people:
        ada = people.register("Ada")
        before = refreshed(ada)
        new = rotate(stage, "--revoke")
        replica = stage.processes[0]
        wait_until(lambda: published(replica) == [new["kid"]], "the old key being dropped")
        assert_problem(verify(replica, before), 401, "unauthenticated")
        assert verify(replica, refreshed(ada)).status_code == 204


def test_a_restart_goes_on_with_the_same_key(alone: Stage):
    stage = alone
    stage.migrate("auth")
    new = rotate(stage, "--overlap-s", "0")
    replica = stage.start("auth")
    with People(stage) as people:
        token = refreshed(people.register("Ada"))
    assert kid_of(token) == new["kid"]
    assert new["kid"] in published(replica)


def test_with_another_file_the_keys_it_does_not_open_sign_nothing(alone: Stage):
    stage = alone
    stage.migrate("auth")
    new = rotate(stage, "--overlap-s", "0")
    other = stage.write_secret("another-signing-key", ed25519_pem())
    replica = stage.start("auth", COLLAB_SIGNING_KEY_FILE=str(other))
    with People(stage) as people:
        token = refreshed(people.register("Ada"))
    assert kid_of(token) != new["kid"]
    assert verify(replica, token).status_code == 204
    assert "cannot be opened" in replica.log_path.read_text()


def test_private_keys_are_stored_sealed(alone: Stage):
    stage = alone
    stage.migrate("auth")
    rotate(stage)
    sealed = bytes.fromhex(
        stage.database.psql("select encode(sealed, 'hex') from auth.signing_key where sealed is not null")
    )
    assert b"PRIVATE" not in sealed
    audited = stage.database.psql("select event from auth.audit")
    assert audited == "keys.rotated"


@pytest.mark.parametrize("overlap", ["-1", "x", "9999999"])
def test_a_wrong_overlap_is_wrong_usage(alone: Stage, overlap: str):
    done = alone.run_module("collab_auth.admin", "rotate-keys", "--overlap-s", overlap, service="auth")
    assert done.returncode == 2
