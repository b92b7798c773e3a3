"""The audit log says who did what and from where; nothing in it is changed, and only the old is removed."""

import secrets

import httpx
import pytest

from tests.people import PASSWORD, People, Person
from tests.problems import assert_problem
from tests.services import Stage


def entries(person: Person, query: str = "") -> list[dict[str, object]]:
    response = person.call("GET", "auth", f"/api/auth/audit{query}")
    assert response.status_code == 200, response.text
    return response.json()["items"]


def test_what_happens_to_an_account_is_kept(members: People, auth_stage: Stage):
    ada = members.register("Ada")
    httpx.post(
        f"{auth_stage.url('auth')}/api/auth/sign-in",
        json={"email": ada.email, "password": "not this one"},
        headers={"User-Agent": "Guess/1.0", "X-Forwarded-For": "192.0.2.44"},
        timeout=15,
        trust_env=False,
    )
    found = entries(ada)
    assert [entry["event"] for entry in found] == ["sign-in.refused", "session.began", "account.registered"]
    assert found[0]["actor"] is None
    assert (found[0]["address"], found[0]["user_agent"]) == ("192.0.2.44", "Guess/1.0")
    assert found[1]["actor"] == ada.id
    assert found[1]["detail"] == {"session": found[1]["detail"]["session"], "method": "registration"}  # type: ignore[index]


def test_everyone_sees_their_own_only(members: People):
    ada, eve = members.register("Ada"), members.register("Eve")
    assert {entry["account"] for entry in entries(ada)} == {ada.id}
    assert {entry["account"] for entry in entries(eve)} == {eve.id}


def test_pages_follow_one_another(members: People):
    ada = members.register("Ada")
    for _ in range(3):
        assert ada.call("DELETE", "auth", "/api/auth/sessions").status_code == 204
    seen: list[str] = []
    cursor = ""
    for _ in range(5):
        page = ada.call("GET", "auth", f"/api/auth/audit?limit=1{cursor}").json()
        seen += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert len(seen) == len(set(seen)) == 5
    sessions = ada.call("GET", "auth", "/api/auth/sessions?limit=1").json()
    assert sessions["next_cursor"] is None
    assert_problem(ada.call("GET", "auth", f"/api/auth/sessions{cursor.replace('&', '?')}"), 400, "invalid-request")


def test_administrators_see_all_by_account_and_event(members: People, auth_stage: Stage):
    ada, root = members.register("Ada"), members.register("Root")
    auth_stage.database.psql(f"update auth.account set is_admin = true where id = '{root.id}'")  # noqa: S608
    refreshed = root.call("POST", "auth", "/api/auth/refresh").json()["access_token"]
    root.client.headers["Authorization"] = f"Bearer {refreshed}"
    of_ada = root.call("GET", "auth", f"/api/auth/audit/all?account={ada.id}").json()["items"]
    assert [entry["event"] for entry in of_ada] == ["session.began", "account.registered"]
    began = root.call("GET", "auth", f"/api/auth/audit/all?account={ada.id}&event=session.began").json()["items"]
    assert [entry["event"] for entry in began] == ["session.began"]
    everybodys = root.call("GET", "auth", "/api/auth/audit/all?limit=100").json()["items"]
    assert len({entry["account"] for entry in everybodys}) >= 2
    assert_problem(root.call("GET", "auth", "/api/auth/audit/all?event=nonsense"), 400, "invalid-request")
    assert_problem(ada.call("GET", "auth", "/api/auth/audit/all"), 403, "admins-only")
    assert_problem(members.client().get(f"{auth_stage.url('auth')}/api/auth/audit/all"), 401, "unauthenticated")


@pytest.mark.parametrize(
    "statement",
    [
        "update auth.audit set event = 'session.began'",
        "delete from auth.audit",
        "truncate auth.audit",
        "begin; set local collab.purging_audit = 'yes'; delete from auth.audit; commit",
        "select auth.purge_audit('1 day', 1000)",
    ],
)
def test_nobody_changes_what_is_kept(members: People, auth_stage: Stage, statement: str):
    members.register("Ada")
    with pytest.raises(RuntimeError, match=r"append-only|30 days at least"):
        auth_stage.database.psql(f"set search_path = auth; {statement}")
    assert int(auth_stage.database.psql("select count(*) from auth.audit")) > 0


def test_only_what_is_old_is_removed(members: People, auth_stage: Stage):
    ada = members.register("Ada")
    marker = secrets.token_hex(8)
    old = ", ".join(f"('session.began', '{ada.id}', now() - interval '{days} days', '{marker}')" for days in (400, 300))
    # In one transaction: the service removes what is old as well, from time to time.
    removed = auth_stage.database.psql(
        f"set search_path = auth; insert into audit (event, account, at, user_agent) values {old};"  # noqa: S608
        " select purge_audit('365 days', 1000)"
    )
    assert removed.split()[-1] == "1"
    left = auth_stage.database.psql(f"select count(*) from auth.audit where user_agent = '{marker}'")  # noqa: S608
    assert left == "1"


def test_no_secret_is_kept(members: People, auth_stage: Stage):
    ada = members.register("Ada")
    ada.call("POST", "auth", "/api/auth/account/password", {"current": PASSWORD, "new": PASSWORD + "!"})
    dump = auth_stage.database.psql("select string_agg(row(t.*)::text, ' ') from auth.audit t")
    assert PASSWORD not in dump
    assert ada.email not in dump
