"""Passkeys: registered with an authenticator's real bytes, used alone and beside the password, and taken away."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.integration.auth.authenticator import PASSKEYS_AT, SoftKey, base64url, from_base64url
from tests.integration.auth.steps import sql
from tests.people import PASSWORD, People, Person
from tests.problems import assert_problem, wrong_fields
from tests.services import Stage


@pytest.fixture
def ada(people: People) -> Person:
    return people.register("Ada")


def auth(person: Person, method: str, path: str, body: Any = None) -> httpx.Response:
    return person.call(method, "auth", f"/api/auth{path}", body)


def begin(person: Person, **proof: str) -> dict[str, Any]:
    answer = auth(person, "POST", "/passkeys/options", proof or {"password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return answer.json()


def register(person: Person, key: SoftKey, name: str = "Blue key") -> httpx.Response:
    ceremony = begin(person)
    body = {"state": ceremony["state"], "credential": key.create(ceremony["options"]), "name": name}
    return auth(person, "POST", "/passkeys", body)


def registered(person: Person, **features: Any) -> SoftKey:
    key = SoftKey(PASSKEYS_AT, **features)
    answer = register(person, key)
    assert answer.status_code == 201, answer.text
    return key


def ask(person: Person, token: str | None = None) -> dict[str, Any]:
    answer = auth(person, "POST", "/sign-in/passkey/options", {} if token is None else {"token": token})
    assert answer.status_code == 200, answer.text
    return answer.json()


def sign_in(person: Person, key: SoftKey, token: str | None = None, **client_data: Any) -> httpx.Response:
    ceremony = ask(person, token)
    body = {"state": ceremony["state"], "credential": key.get(ceremony["options"], **client_data)}
    return auth(person, "POST", "/sign-in/passkey", body)


def offer(person: Person) -> dict[str, Any]:
    answer = auth(person, "POST", "/sign-in", {"email": person.email, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return answer.json()["second_factor"]


def test_registered_and_then_alone_all_it_takes(ada: Person):
    key = SoftKey(PASSKEYS_AT)
    made = register(ada, key, "  Blue   key ")
    assert made.status_code == 201, made.text
    body = made.json()
    assert body["name"] == "Blue key"
    assert body["backed_up"] is True
    assert body["last_used_at"] is None
    assert len(set(body["recovery_codes"])) == 10, "the first factor brings recovery codes"

    ada.client.cookies.clear()
    ada.client.headers.pop("Authorization")
    ceremony = ask(ada)
    assert ceremony["options"]["userVerification"] == "required"
    assert not ceremony["options"].get("allowCredentials")
    signed_in = auth(
        ada, "POST", "/sign-in/passkey", {"state": ceremony["state"], "credential": key.get(ceremony["options"])}
    )
    assert signed_in.status_code == 200, signed_in.text
    assert signed_in.json()["user"] == {"id": ada.id, "email": ada.email}
    assert auth(ada, "POST", "/refresh").status_code == 200

    ada.client.headers["Authorization"] = f"Bearer {signed_in.json()['access_token']}"
    (listed,) = auth(ada, "GET", "/passkeys").json()["items"]
    assert listed["last_used_at"] is not None


def test_the_options_name_the_site_and_the_person_and_what_is_there_already(ada: Person):
    key = registered(ada)
    options = begin(ada)["options"]
    assert options["rp"] == {"id": "localhost", "name": "collab"}
    assert options["user"]["name"] == ada.email
    assert ada.email not in str(from_base64url(options["user"]["id"]))
    assert [each["id"] for each in options["excludeCredentials"]] == [base64url(key.credential_id)]


def test_beside_the_password(ada: Person):
    key = registered(ada, verifies_user=False)
    asked = offer(ada)
    assert asked["methods"] == ["recovery-code", "passkey"]
    assert [each["id"] for each in ask(ada, asked["token"])["options"]["allowCredentials"]] == [
        base64url(key.credential_id)
    ]
    assert sign_in(ada, key, asked["token"]).status_code == 200
    again = auth(ada, "POST", "/sign-in/passkey/options", {"token": asked["token"]})
    assert_problem(again, 401, "second-factor-expired")


def test_alone_it_has_to_verify_the_person(ada: Person):
    key = registered(ada, verifies_user=False)
    assert_problem(sign_in(ada, key), 401, "passkey-refused")


def test_an_answer_is_good_once(ada: Person):
    key = registered(ada, counts=False)
    ceremony = ask(ada)
    body = {"state": ceremony["state"], "credential": key.get(ceremony["options"])}
    assert auth(ada, "POST", "/sign-in/passkey", body).status_code == 200
    assert_problem(auth(ada, "POST", "/sign-in/passkey", body), 401, "passkey-refused")
    body["state"] = ask(ada)["state"]
    assert_problem(auth(ada, "POST", "/sign-in/passkey", body), 401, "passkey-refused")


async def test_of_many_uses_of_one_answer_at_once_one_signs_in(ada: Person, stage: Stage):
    key = registered(ada)
    ceremony = ask(ada)
    body = {"state": ceremony["state"], "credential": key.get(ceremony["options"])}
    async with httpx.AsyncClient(base_url=stage.url("auth"), timeout=15, trust_env=False) as client:
        answers = await asyncio.gather(*(client.post("/api/auth/sign-in/passkey", json=body) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, *[401] * 5]


@pytest.mark.parametrize(
    "change", [{"origin": "https://evil.example"}, {"type": "webauthn.create"}, {"challenge": "b3RoZXI"}]
)
def test_what_was_signed_elsewhere_or_for_something_else_is_refused(ada: Person, change: dict[str, str]):
    key = registered(ada)
    assert_problem(sign_in(ada, key, **change), 401, "passkey-refused")
    assert sign_in(ada, key).status_code == 200


def test_a_copy_of_an_authenticator_is_noticed_by_its_count(ada: Person, stage: Stage):
    key = registered(ada)
    for _ in range(3):
        assert sign_in(ada, key).status_code == 200
    key.sign_count = 1
    assert_problem(sign_in(ada, key), 401, "passkey-refused")
    refused = "select count(*) from auth.audit where event = 'second-factor.refused' and detail->>'method' = 'passkey'"
    assert int(stage.database.psql(refused)) > 0


def test_a_challenge_is_over_after_five_minutes(ada: Person, stage: Stage):
    key = registered(ada)
    ceremony = ask(ada)
    options, state = ceremony["options"], ceremony["state"]
    stage.database.psql("update auth.passkey_challenge set expires_at = now()")
    body = {"state": state, "credential": key.get(options)}
    assert_problem(auth(ada, "POST", "/sign-in/passkey", body), 401, "passkey-refused")


def test_one_persons_passkey_is_no_second_factor_for_another(ada: Person, people: People):
    grace = people.register("Grace")
    hers = registered(grace)
    registered(ada)
    ceremony = ask(ada, offer(ada)["token"])
    ceremony["options"]["allowCredentials"] = []
    body = {"state": ceremony["state"], "credential": hers.get(ceremony["options"])}
    assert_problem(auth(ada, "POST", "/sign-in/passkey", body), 401, "passkey-refused")


def test_alone_the_authenticator_has_to_say_whose_it_is(ada: Person):
    key = registered(ada)
    for handle in (None, b"someone else"):
        key.user_handle = handle
        assert_problem(sign_in(ada, key), 401, "passkey-refused")


def test_a_passkey_beside_the_password_needs_the_password_it_was_asked_beside(ada: Person, stage: Stage):
    key = registered(ada)
    token = offer(ada)["token"]
    ceremony = ask(ada, token)
    sql(stage, "update auth.account set password_hash = password_hash || '=' where id = '$1'", ada.id)
    body = {"state": ceremony["state"], "credential": key.get(ceremony["options"])}
    assert_problem(auth(ada, "POST", "/sign-in/passkey", body), 401, "second-factor-expired")


def test_the_passkeys_of_a_disabled_account_are_refused(ada: Person, stage: Stage):
    key = registered(ada)
    sql(stage, "update auth.account set disabled_at = now() where id = '$1'", ada.id)
    assert_problem(sign_in(ada, key), 401, "passkey-refused")


def test_registering_needs_proof_and_the_ceremony_of_ones_own(ada: Person, people: People):
    assert_problem(auth(ada, "POST", "/passkeys/options", {}), 403, "proof-needed")
    assert_problem(auth(ada, "POST", "/passkeys/options", {"password": "not this one"}), 403, "proof-wrong")
    grace = people.register("Grace")
    ceremony = begin(grace)
    key = SoftKey(PASSKEYS_AT)
    body = {"state": ceremony["state"], "credential": key.create(ceremony["options"]), "name": "Hers"}
    problem = assert_problem(auth(ada, "POST", "/passkeys", body), 400, "passkey-not-registered")
    assert wrong_fields(problem) == {"state"}
    assert_problem(auth(grace, "POST", "/passkeys", body), 400, "passkey-not-registered")


@pytest.mark.parametrize("change", [{"origin": "https://evil.example"}, {"type": "webauthn.get"}])
def test_what_was_made_elsewhere_is_not_registered(ada: Person, change: dict[str, str]):
    ceremony = begin(ada)
    key = SoftKey(PASSKEYS_AT)
    body = {"state": ceremony["state"], "credential": key.create(ceremony["options"], **change), "name": "Mine"}
    problem = assert_problem(auth(ada, "POST", "/passkeys", body), 400, "passkey-not-registered")
    assert wrong_fields(problem) == {"credential"}
    assert auth(ada, "GET", "/passkeys").json() == {"items": []}


@pytest.mark.parametrize("credential", [{}, {"id": 1}, {"id": "x", "rawId": "x", "response": {}, "type": "public-key"}])
def test_nonsense_is_refused_politely(ada: Person, credential: dict[str, Any]):
    body = {"state": begin(ada)["state"], "credential": credential, "name": "Mine"}
    assert_problem(auth(ada, "POST", "/passkeys", body), 400, "passkey-not-registered")
    body = {"state": ask(ada)["state"], "credential": credential}
    assert_problem(auth(ada, "POST", "/sign-in/passkey", body), 401, "passkey-refused")
    body = {"state": "\x00", "credential": credential}
    assert_problem(auth(ada, "POST", "/sign-in/passkey", body), 401, "passkey-refused")


def test_a_passkey_is_registered_once(ada: Person, people: People):
    key = registered(ada)
    assert_problem(register(ada, key), 409, "passkey-known")
    assert_problem(register(people.register("Grace"), key), 409, "passkey-known")


async def test_there_are_twenty_at_most_even_when_registered_at_once(ada: Person, stage: Stage):
    many = (
        "insert into auth.passkey (account_id, credential_id, public_key, sign_count, backed_up, name) "
        "select '$1', sha256(('$1' || n)::bytea), '', 0, false, 'Old' from generate_series(1, 18) n"
    )
    sql(stage, many, ada.id)
    ceremonies = [begin(ada) for _ in range(4)]
    bodies = [
        {"state": each["state"], "credential": SoftKey(PASSKEYS_AT).create(each["options"]), "name": "New"}
        for each in ceremonies
    ]
    headers = {"Authorization": ada.client.headers["Authorization"]}
    async with httpx.AsyncClient(base_url=stage.url("auth"), headers=headers, timeout=15, trust_env=False) as client:
        answers = await asyncio.gather(*(client.post("/api/auth/passkeys", json=body) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409]
    assert len(auth(ada, "GET", "/passkeys").json()["items"]) == 20
    refused = auth(ada, "POST", "/passkeys/options", {"password": PASSWORD})
    assert_problem(refused, 409, "too-many-passkeys")


def test_renamed_and_removed_by_the_owner_alone(ada: Person, people: People, stage: Stage):
    key = registered(ada)
    (listed,) = auth(ada, "GET", "/passkeys").json()["items"]
    path = f"/passkeys/{listed['id']}"
    assert auth(ada, "PATCH", path, {"name": "Red key"}).json()["name"] == "Red key"
    assert_problem(auth(ada, "PATCH", path, {"name": " "}), 400, "invalid-request")

    grace = people.register("Grace")
    assert_problem(auth(grace, "PATCH", path, {"name": "Mine"}), 404, "no-such-passkey")
    assert_problem(auth(grace, "DELETE", path, {"password": PASSWORD}), 404, "no-such-passkey")
    assert_problem(auth(ada, "DELETE", path, {}), 403, "proof-needed")
    assert auth(ada, "DELETE", path, {"password": PASSWORD}).status_code == 204
    assert_problem(auth(ada, "DELETE", path, {"password": PASSWORD}), 404, "no-such-passkey")

    assert_problem(sign_in(ada, key), 401, "passkey-refused")
    assert "access_token" in auth(ada, "POST", "/sign-in", {"email": ada.email, "password": PASSWORD}).json()
    assert auth(ada, "GET", "/totp").json() == {"enabled": False, "recovery_codes_left": 0}
    events = sql(
        stage, "select event from auth.audit where account = '$1' and event like 'passkey.%' order by id", ada.id
    )
    assert events.splitlines() == ["passkey.added", "passkey.renamed", "passkey.removed"]


def test_a_recovery_code_stands_in_for_a_lost_passkey(ada: Person):
    made = register(ada, SoftKey(PASSKEYS_AT))
    code = made.json()["recovery_codes"][0]
    answer = auth(ada, "POST", "/sign-in/recovery-code", {"token": offer(ada)["token"], "code": code})
    assert answer.status_code == 200


def test_a_second_passkey_leaves_the_recovery_codes_as_they_are(ada: Person):
    registered(ada)
    second = register(ada, SoftKey(PASSKEYS_AT), "Other key")
    assert second.json()["recovery_codes"] is None
    assert auth(ada, "GET", "/totp").json()["recovery_codes_left"] == 10
