"""API tokens: made, used at the gateway's question, limited to what they are for, and revoked."""

import asyncio
import re

import httpx
import jwt
import pytest

from collab_auth.api_tokens.rules import new_token
from tests.integration.auth.steps import sql
from tests.people import People, Person
from tests.problems import assert_problem, wrong_fields
from tests.services import Stage


@pytest.fixture
def ada(people: People) -> Person:
    return people.register("Ada")


def make(person: Person, *scopes: str, name: str = "Backup", **more: object) -> httpx.Response:
    body = {"name": name, "scopes": list(scopes) or ["documents:read"], **more}
    return person.call("POST", "auth", "/api/auth/tokens", body)


def tokens_of(person: Person) -> list[dict[str, object]]:
    answer = person.call("GET", "auth", "/api/auth/tokens")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, object]] = answer.json()["items"]
    return items


def verify(stage: Stage, token: str) -> httpx.Response:
    return httpx.get(
        f"{stage.url('auth')}/internal/verify",
        headers={"Authorization": f"Bearer {token}"},
        timeout=15,
        trust_env=False,
    )


def exchanged(stage: Stage, token: str) -> str:
    answer = verify(stage, token)
    assert answer.status_code == 204, answer.text
    kind, _, access_token = answer.headers["x-collab-authorization"].partition(" ")
    assert kind == "Bearer"
    return str(access_token)


def auth_refresh(person: Person) -> str:
    answer = person.call("POST", "auth", "/api/auth/refresh")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


def test_a_token_is_told_once_and_kept_as_a_hash(ada: Person, stage: Stage):
    answer = make(ada, "documents:write", "documents:read", name=" Nightly  backup ", expires_in_days=30)
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    made = answer.json()
    token = made.pop("token")
    assert re.fullmatch(r"collab_pat_[A-Za-z0-9_-]{43}[A-Za-z0-9]{6}", token)
    assert made["name"] == "Nightly backup"
    assert made["scopes"] == ["documents:read", "documents:write"]
    assert made["last_used_at"] is None
    assert made["expires_at"] > made["created_at"]
    assert tokens_of(ada) == [made]
    dump = stage.database.psql("select string_agg(row(t.*)::text, ' ') from auth.api_token t")
    assert token not in dump
    assert token.encode().hex() not in dump


def test_the_gateway_gets_an_access_token_with_the_scopes_and_no_more(ada: Person, stage: Stage):
    made = make(ada, "documents:read", "profile:read").json()
    answer = verify(stage, made["token"])
    assert answer.headers["x-collab-user"] == ada.id
    claims = jwt.decode(exchanged(stage, made["token"]), options={"verify_signature": False})
    assert claims["sub"] == ada.id
    assert claims["email"] == ada.email
    assert claims["sid"] == made["id"]
    assert set(claims["scp"].split()) == {"documents:read", "profile:read"}
    assert claims["exp"] - claims["iat"] == 60
    assert not claims.get("adm")


def test_the_last_use_is_noted_to_the_minute(ada: Person, stage: Stage):
    made = make(ada).json()
    exchanged(stage, made["token"])
    (first,) = tokens_of(ada)
    assert first["last_used_at"] is not None
    exchanged(stage, made["token"])
    assert tokens_of(ada) == [first]
    sql(stage, "update auth.api_token set last_used_at = now() - interval '61 seconds' where id = '$1'", made["id"])
    exchanged(stage, made["token"])
    (later,) = tokens_of(ada)
    assert str(later["last_used_at"]) > str(first["last_used_at"])


def test_a_revoked_token_is_refused_at_once(ada: Person, stage: Stage):
    made = make(ada).json()
    kept = make(ada).json()
    exchanged(stage, made["token"])
    assert ada.call("DELETE", "auth", f"/api/auth/tokens/{made['id']}").status_code == 204
    assert_problem(verify(stage, made["token"]), 401, "unauthenticated")
    exchanged(stage, kept["token"])
    assert_problem(ada.call("DELETE", "auth", f"/api/auth/tokens/{made['id']}"), 404, "no-such-token")
    events = sql(
        stage, "select event from auth.audit where account = '$1' and event like 'token.%' order by id", ada.id
    )
    assert events.splitlines() == ["token.made", "token.made", "token.revoked"]


def test_an_expired_token_a_strange_one_and_a_mistyped_one_are_refused_alike(ada: Person, stage: Stage):
    made = make(ada, expires_in_days=1).json()
    sql(stage, "update auth.api_token set expires_at = now() where id = '$1'", made["id"])
    good = make(ada).json()["token"]
    mistyped = good[:20] + ("a" if good[20] != "a" else "b") + good[21:]
    problems = [
        assert_problem(verify(stage, token), 401, "unauthenticated") | {"instance": ""}
        for token in (made["token"], new_token(), mistyped, "collab_pat_", f"{good}0")
    ]
    assert all(problem == problems[0] for problem in problems)


def test_the_tokens_of_a_disabled_account_are_refused(ada: Person, stage: Stage):
    token = make(ada).json()["token"]
    sql(stage, "update auth.account set disabled_at = now() where id = '$1'", ada.id)
    assert_problem(verify(stage, token), 401, "unauthenticated")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/auth/tokens", None),
        ("POST", "/api/auth/tokens", {"name": "More", "scopes": ["documents:read"]}),
        ("GET", "/api/auth/totp", None),
        ("POST", "/api/auth/totp", {"password": "correct horse battery"}),
        ("GET", "/api/auth/passkeys", None),
        ("POST", "/api/auth/passkeys/options", {"password": "correct horse battery"}),
        ("POST", "/api/auth/recovery-codes", {"password": "correct horse battery"}),
    ],
)
def test_no_token_manages_the_security_of_an_account(
    ada: Person, stage: Stage, method: str, path: str, body: dict[str, object] | None
):
    scopes = ("documents:read", "documents:write", "profile:read", "profile:write")
    ada.client.headers["Authorization"] = f"Bearer {exchanged(stage, make(ada, *scopes).json()['token'])}"
    assert_problem(ada.call(method, "auth", path, body), 403, "sessions-only")


def test_an_administrators_token_is_one_for_as_long_as_its_owner(ada: Person, stage: Stage):
    assert_problem(make(ada, "admin"), 400, "invalid-request")
    sql(stage, "update auth.account set is_admin = true where id = '$1'", ada.id)
    ada.client.headers["Authorization"] = f"Bearer {auth_refresh(ada)}"
    answer = make(ada, "admin", "profile:read")
    assert answer.status_code == 201, answer.text
    token = answer.json()["token"]
    claims = jwt.decode(exchanged(stage, token), options={"verify_signature": False})
    assert claims["adm"] is True
    assert "admin" in claims["scp"].split()
    sql(stage, "update auth.account set is_admin = false where id = '$1'", ada.id)
    claims = jwt.decode(exchanged(stage, token), options={"verify_signature": False})
    assert not claims.get("adm")


def test_the_api_token_itself_is_no_access_token(ada: Person):
    ada.client.headers["Authorization"] = f"Bearer {make(ada).json()['token']}"
    assert_problem(ada.call("GET", "auth", "/api/auth/tokens"), 401, "unauthenticated")


def test_nobody_sees_or_revokes_anothers(ada: Person, people: People, stage: Stage):
    made = make(ada).json()
    grace = people.register("Grace")
    assert tokens_of(grace) == []
    assert_problem(grace.call("DELETE", "auth", f"/api/auth/tokens/{made['id']}"), 404, "no-such-token")
    exchanged(stage, made["token"])
    anonymous = people.client().get(f"{stage.url('auth')}/api/auth/tokens")
    assert_problem(anonymous, 401, "unauthenticated")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"name": "", "scopes": []}, {"name", "scopes"}),
        ({"name": "A", "scopes": ["root"]}, {"scopes"}),
        ({"name": "A", "scopes": ["admin"]}, {"scopes"}),
        ({"name": "A", "scopes": ["documents:read"], "expires_in_days": 0}, {"expires_in_days"}),
        ({"name": "A", "scopes": ["documents:read"], "expires_in_days": 10**30}, {"expires_in_days"}),
        ({"scopes": ["documents:read"]}, {"name"}),
    ],
)
def test_a_wrong_request_names_its_fields(ada: Person, body: dict[str, object], fields: set[str]):
    problem = assert_problem(ada.call("POST", "auth", "/api/auth/tokens", body), 400, "invalid-request")
    assert wrong_fields(problem) == fields


async def test_there_are_fifty_at_most_even_when_asked_for_at_once(ada: Person, stage: Stage):
    many = (
        "insert into auth.api_token (account_id, name, scopes, hash) "
        "select '$1', 'Old', '{documents:read}', sha256(('$1' || n)::bytea) from generate_series(1, 46) n"
    )
    sql(stage, many, ada.id)
    headers = {"Authorization": ada.client.headers["Authorization"]}
    async with httpx.AsyncClient(base_url=stage.url("auth"), headers=headers, timeout=15, trust_env=False) as client:
        body = {"name": "One more", "scopes": ["documents:read"]}
        answers = await asyncio.gather(*(client.post("/api/auth/tokens", json=body) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] * 4 + [409] * 4
    assert len(tokens_of(ada)) == 50
    assert_problem(make(ada), 409, "too-many-tokens")
