"""One-time codes and recovery codes: set up, asked for at sign-in, spent once, and not to be guessed."""

import asyncio
import base64
import time
from typing import Any

import httpx
import pytest
from pyotp.totp import TOTP

from collab_auth.administration.problems import NoSuchAccount
from collab_auth.audit.store import Audit
from collab_auth.factors.reset import reset_factors
from collab_auth.factors.store import FactorStore
from collab_auth.settings import AuthSettings
from collab_kit.database import Database
from collab_kit.settings import ServiceSettings, load_settings
from tests.integration.auth.steps import sql
from tests.people import PASSWORD, People, Person
from tests.problems import assert_problem
from tests.services import Stage


@pytest.fixture
def ada(people: People) -> Person:
    return people.register("Ada")


class App:
    """An authenticator app, whose clock can be moved: each code is good once."""

    def __init__(self, secret: str) -> None:
        self._totp = TOTP(secret)

    def code(self, *, steps: int = 0) -> str:
        return self._totp.generate_otp(int(time.time()) // 30 + steps)


def auth(person: Person, method: str, path: str, body: Any = None) -> httpx.Response:
    return person.call(method, "auth", f"/api/auth{path}", body)


def begin(person: Person) -> App:
    answer = auth(person, "POST", "/totp", {"password": PASSWORD})
    assert answer.status_code == 201, answer.text
    return App(answer.json()["secret"])


def switch_on(person: Person) -> tuple[App, list[str]]:
    """The code that confirms is forgotten as used: tests need not wait for the next."""
    app = begin(person)
    answer = auth(person, "POST", "/totp/confirm", {"code": app.code()})
    assert answer.status_code == 200, answer.text
    sql(person.stage, "update auth.totp set last_step = 0 where account_id = '$1'", person.id)
    return app, answer.json()["recovery_codes"]


def password_step(person: Person) -> dict[str, Any]:
    answer = auth(person, "POST", "/sign-in", {"email": person.email, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def settings_of(stage: Stage) -> ServiceSettings:
    """As the service itself connects."""
    return load_settings(AuthSettings, stage.environment("auth"))


def token_of(person: Person) -> str:
    return str(password_step(person)["second_factor"]["token"])


def second_step(person: Person, token: str, code: str, kind: str = "totp") -> httpx.Response:
    return auth(person, "POST", f"/sign-in/{kind}", {"token": token, "code": code})


def test_from_setting_up_to_signing_in(ada: Person, stage: Stage):
    assert auth(ada, "GET", "/totp").json() == {"enabled": False, "recovery_codes_left": 0}
    answer = auth(ada, "POST", "/totp", {"password": PASSWORD})
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    pending = answer.json()
    assert pending["uri"].startswith("otpauth://totp/collab%20127.0.0.1:")
    assert pending["qr_svg"].startswith("<svg")
    assert "access_token" in password_step(ada), "pending is not yet in force"

    app = App(pending["secret"])
    code = app.code()
    confirmed = auth(ada, "POST", "/totp/confirm", {"code": code})
    assert len(set(confirmed.json()["recovery_codes"])) == 10
    assert auth(ada, "GET", "/totp").json() == {"enabled": True, "recovery_codes_left": 10}

    ada.client.cookies.clear()
    needed = password_step(ada)
    assert needed.keys() == {"second_factor"}
    assert needed["second_factor"]["methods"] == ["totp", "recovery-code"]
    assert needed["second_factor"]["expires_in_s"] == 300
    assert not ada.client.cookies, "the password alone begins no session"

    token = needed["second_factor"]["token"]
    assert_problem(second_step(ada, token, code), 401, "wrong-code")
    signed_in = second_step(ada, token, app.code(steps=1))
    assert signed_in.status_code == 200, signed_in.text
    assert signed_in.json()["user"]["id"] == ada.id
    assert auth(ada, "POST", "/refresh").status_code == 200
    events = sql(stage, "select event from auth.audit where account = '$1'", ada.id).splitlines()
    assert {"totp.added", "recovery-codes.made"} <= set(events)


def test_the_secret_is_not_readable_in_the_database(ada: Person, stage: Stage):
    secret = auth(ada, "POST", "/totp", {"password": PASSWORD}).json()["secret"]
    dump = stage.database.psql("select string_agg(row(t.*)::text, ' ') from auth.totp t")
    assert secret not in dump
    assert base64.b32decode(secret).hex() not in dump


def test_a_code_is_good_once(ada: Person):
    app, _ = switch_on(ada)
    code = app.code()
    assert second_step(ada, token_of(ada), code).status_code == 200
    assert_problem(second_step(ada, token_of(ada), code), 401, "wrong-code")
    assert_problem(second_step(ada, token_of(ada), app.code(steps=-1)), 401, "wrong-code")
    assert second_step(ada, token_of(ada), app.code(steps=1)).status_code == 200


async def test_of_two_uses_of_one_code_at_once_one_signs_in(ada: Person, stage: Stage):
    app, _ = switch_on(ada)
    tokens = [token_of(ada) for _ in range(4)]
    code = app.code()
    async with httpx.AsyncClient(base_url=stage.url("auth"), timeout=15, trust_env=False) as client:
        answers = await asyncio.gather(
            *(client.post("/api/auth/sign-in/totp", json={"token": token, "code": code}) for token in tokens)
        )
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]


async def test_one_token_begins_one_session(ada: Person, stage: Stage):
    _, codes = switch_on(ada)
    token = token_of(ada)
    async with httpx.AsyncClient(base_url=stage.url("auth"), timeout=15, trust_env=False) as client:
        answers = await asyncio.gather(
            *(client.post("/api/auth/sign-in/recovery-code", json={"token": token, "code": code}) for code in codes[:3])
        )
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401]
    assert auth(ada, "GET", "/totp").json()["recovery_codes_left"] == 9, "a code is only spent on a session"
    assert_problem(second_step(ada, token, codes[5], "recovery-code"), 401, "second-factor-expired")


def test_a_recovery_code_stands_in_once_however_it_is_typed(ada: Person, stage: Stage):
    _, codes = switch_on(ada)
    typed = f" {codes[0].upper().replace('-', ' ')} "
    assert second_step(ada, token_of(ada), typed, "recovery-code").status_code == 200
    assert_problem(second_step(ada, token_of(ada), codes[0], "recovery-code"), 401, "wrong-code")
    assert auth(ada, "GET", "/totp").json()["recovery_codes_left"] == 9
    assert "recovery-code.used" in sql(stage, "select event from auth.audit where account = '$1'", ada.id)


def test_new_recovery_codes_make_the_old_ones_void(ada: Person):
    app, old = switch_on(ada)
    answer = auth(ada, "POST", "/recovery-codes", {"code": app.code()})
    new = answer.json()["recovery_codes"]
    assert not set(old) & set(new)
    assert_problem(second_step(ada, token_of(ada), old[0], "recovery-code"), 401, "wrong-code")
    assert second_step(ada, token_of(ada), new[0], "recovery-code").status_code == 200


def test_a_token_is_tried_five_times_at_most(ada: Person):
    app, _ = switch_on(ada)
    token = token_of(ada)
    for _ in range(5):
        assert_problem(second_step(ada, token, "000000"), 401, "wrong-code")
    assert_problem(second_step(ada, token, app.code()), 401, "second-factor-expired")
    assert second_step(ada, token_of(ada), app.code()).status_code == 200


async def test_an_account_is_tried_ten_times_at_most_from_wherever(ada: Person, stage: Stage):
    app, _ = switch_on(ada)
    tokens = [token_of(ada) for _ in range(5)]
    async with httpx.AsyncClient(base_url=stage.url("auth"), timeout=15, trust_env=False) as client:
        answers = await asyncio.gather(
            *(
                client.post("/api/auth/sign-in/totp", json={"token": token, "code": "000000"})
                for token in tokens
                for _ in range(4)
            )
        )
    assert sorted(answer.status_code for answer in answers) == [401] * 10 + [429] * 10
    refused = second_step(ada, token_of(ada), app.code())
    assert_problem(refused, 429, "too-many-attempts")
    assert 0 < int(refused.headers["retry-after"]) <= 900
    sql(stage, "update auth.factor_attempts set window_ends_at = now() where account_id = '$1'", ada.id)
    assert second_step(ada, token_of(ada), app.code()).status_code == 200


def test_a_token_is_over_when_it_is_old_or_the_password_changed(ada: Person, stage: Stage):
    app, _ = switch_on(ada)
    old = token_of(ada)
    sql(stage, "update auth.second_factor_token set expires_at = now() where account_id = '$1'", ada.id)
    assert_problem(second_step(ada, old, app.code()), 401, "second-factor-expired")
    before = token_of(ada)
    sql(stage, "update auth.account set password_hash = password_hash || '=' where id = '$1'", ada.id)
    assert_problem(second_step(ada, before, app.code()), 401, "second-factor-expired")


def test_a_token_serves_its_own_account_only(ada: Person, people: People):
    grace = people.register("Grace")
    switch_on(grace)
    app, codes = switch_on(ada)
    assert_problem(second_step(ada, token_of(grace), app.code()), 401, "wrong-code")
    assert_problem(second_step(ada, token_of(grace), codes[0], "recovery-code"), 401, "wrong-code")


def test_a_disabled_account_gets_no_further(ada: Person, stage: Stage):
    app, _ = switch_on(ada)
    token = token_of(ada)
    sql(stage, "update auth.account set disabled_at = now() where id = '$1'", ada.id)
    assert_problem(second_step(ada, token, app.code()), 401, "second-factor-expired")


def test_what_is_no_token_is_refused(ada: Person):
    for token in ("", "x", "\x00"):
        assert_problem(second_step(ada, token, "000000"), 401, "second-factor-expired")
    assert_problem(second_step(ada, "x" * 201, "000000"), 400, "invalid-request")
    assert_problem(second_step(ada, "x", "0" * 101), 400, "invalid-request")


def test_setting_up_needs_the_password(ada: Person):
    assert_problem(auth(ada, "POST", "/totp", {}), 403, "proof-needed")
    assert_problem(auth(ada, "POST", "/totp", {"password": "not this one"}), 403, "proof-wrong")
    assert_problem(auth(ada, "POST", "/totp", {"code": "123456"}), 403, "proof-wrong")


def test_a_wrong_code_confirms_nothing_and_guessing_has_to_wait(ada: Person):
    app = begin(ada)
    wrong = "000000" if app.code() != "000000" else "111111"
    answers = [auth(ada, "POST", "/totp/confirm", {"code": wrong}) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [400] * 10 + [429]
    assert_problem(answers[0], 400, "code-wrong")
    assert not auth(ada, "GET", "/totp").json()["enabled"]


def test_beginning_anew_replaces_what_was_pending_and_not_what_is_confirmed(ada: Person):
    assert_problem(auth(ada, "POST", "/totp/confirm", {"code": "123456"}), 409, "totp-not-pending")
    first = begin(ada)
    second = begin(ada)
    assert_problem(auth(ada, "POST", "/totp/confirm", {"code": first.code()}), 400, "code-wrong")
    assert auth(ada, "POST", "/totp/confirm", {"code": second.code()}).status_code == 200
    assert_problem(auth(ada, "POST", "/totp", {"password": PASSWORD}), 409, "totp-already-on")
    assert_problem(auth(ada, "POST", "/totp/confirm", {"code": second.code(steps=1)}), 409, "totp-not-pending")


def test_what_was_begun_too_long_ago_is_not_confirmed(ada: Person, stage: Stage):
    app = begin(ada)
    sql(stage, "update auth.totp set created_at = now() - interval '31 minutes' where account_id = '$1'", ada.id)
    assert_problem(auth(ada, "POST", "/totp/confirm", {"code": app.code()}), 409, "totp-not-pending")


@pytest.mark.parametrize("by", ["password", "code", "recovery-code"])
def test_removing_it_needs_the_password_or_a_code(ada: Person, by: str):
    app, codes = switch_on(ada)
    proofs = {"password": {"password": PASSWORD}, "code": {"code": app.code()}, "recovery-code": {"code": codes[0]}}
    assert_problem(auth(ada, "DELETE", "/totp", {}), 403, "proof-needed")
    assert_problem(auth(ada, "DELETE", "/totp", {"password": "not this one"}), 403, "proof-wrong")
    assert auth(ada, "DELETE", "/totp", proofs[by]).status_code == 204
    assert auth(ada, "GET", "/totp").json() == {"enabled": False, "recovery_codes_left": 0}
    assert "access_token" in password_step(ada)
    assert_problem(auth(ada, "DELETE", "/totp", {"password": PASSWORD}), 409, "totp-off")
    assert_problem(auth(ada, "POST", "/recovery-codes", {"password": PASSWORD}), 409, "no-second-factor")


def test_a_code_proves_one_change(ada: Person):
    app, _ = switch_on(ada)
    code = app.code()
    assert auth(ada, "POST", "/recovery-codes", {"code": code}).status_code == 200
    assert_problem(auth(ada, "POST", "/recovery-codes", {"code": code}), 403, "proof-wrong")
    assert_problem(second_step(ada, token_of(ada), code), 401, "wrong-code")


def test_who_has_no_password_proves_themselves_by_a_recent_session(ada: Person, stage: Stage):
    sql(stage, "update auth.account set password_hash = null where id = '$1'", ada.id)
    assert auth(ada, "POST", "/totp", {}).status_code == 201
    sql(stage, "update auth.session set created_at = now() - interval '11 minutes' where account_id = '$1'", ada.id)
    assert_problem(auth(ada, "POST", "/totp", {}), 403, "proof-needed")
    assert_problem(auth(ada, "POST", "/totp", {"password": PASSWORD}), 403, "proof-wrong")


def test_strangers_change_nothing(people: People, stage: Stage):
    client = people.client()
    for method, path in (("GET", "/totp"), ("POST", "/totp"), ("POST", "/totp/confirm"), ("DELETE", "/totp")):
        body = None if method == "GET" else {"code": "123456"}
        answer = client.request(method, f"{stage.url('auth')}/api/auth{path}", json=body)
        assert_problem(answer, 401, "unauthenticated")


def test_a_secret_that_cannot_be_opened_leaves_the_recovery_codes(ada: Person, stage: Stage):
    """As after a restore with another signing key."""
    app, codes = switch_on(ada)
    broken = "set_byte(sealed_secret, 20, get_byte(sealed_secret, 20) # 1)"
    sql(stage, f"update auth.totp set sealed_secret = {broken} where account_id = '$1'", ada.id)  # noqa: S608  # ours
    assert_problem(second_step(ada, token_of(ada), app.code()), 401, "wrong-code")
    assert second_step(ada, token_of(ada), codes[0], "recovery-code").status_code == 200
    assert auth(ada, "DELETE", "/totp", {"code": codes[1]}).status_code == 204


async def test_an_operator_takes_away_what_its_owner_has_lost(ada: Person, stage: Stage):
    switch_on(ada)
    async with Database(settings_of(stage)) as database:
        done = await reset_factors(database, Audit(database), ada.email.upper())
        assert (str(done.id), done.totp, done.passkeys) == (ada.id, True, 0)
        assert not (await reset_factors(database, Audit(database), ada.email)).totp
        with pytest.raises(NoSuchAccount):
            await reset_factors(database, Audit(database), "nobody@example.org")
    assert "access_token" in password_step(ada)
    assert auth(ada, "GET", "/totp").json() == {"enabled": False, "recovery_codes_left": 0}
    events = sql(stage, "select event from auth.audit where account = '$1'", ada.id).splitlines()
    assert events.count("second-factors.reset") == 2


async def test_what_is_over_is_removed_and_nothing_else(ada: Person, stage: Stage):
    app, _ = switch_on(ada)
    over, living = token_of(ada), token_of(ada)
    auth(ada, "POST", "/sign-in/passkey/options", {"token": over})
    past = "set expires_at = now() - interval '1 second' where"
    sql(stage, f"update auth.second_factor_token {past} hash = sha256('$1')", over)
    sql(stage, f"update auth.passkey_challenge {past} account_id = '$1'", ada.id)
    # Of other tests' some may be over a moment later.
    now = sql(stage, "select now()", "")
    async with Database(settings_of(stage)) as database:
        await FactorStore(database).purge()
    for table in ("second_factor_token", "passkey_challenge"):
        assert sql(stage, f"select count(*) from auth.{table} where expires_at < '$1'", now) == "0"  # noqa: S608  # ours
    assert second_step(ada, living, app.code()).status_code == 200


def test_another_site_cannot_sign_a_browser_in(ada: Person):
    app, _ = switch_on(ada)
    ada.client.headers["Sec-Fetch-Site"] = "cross-site"
    assert_problem(second_step(ada, "x", app.code()), 403, "cross-site")
    assert_problem(second_step(ada, "x", "x", "recovery-code"), 403, "cross-site")
    assert_problem(auth(ada, "POST", "/sign-in/passkey", {"state": "x", "credential": {}}), 403, "cross-site")


async def test_signing_in_and_switching_off_at_once_never_fails_otherwise(ada: Person, stage: Stage):
    """Both lock the account and its factors: in one order, or PostgreSQL would end one of them."""
    headers = {"Authorization": ada.client.headers["Authorization"]}
    async with httpx.AsyncClient(base_url=stage.url("auth"), headers=headers, timeout=15, trust_env=False) as client:
        for _ in range(5):
            app, _ = switch_on(ada)
            sign_ins = [{"token": token_of(ada), "code": app.code()} for _ in range(3)]
            answers = await asyncio.gather(
                *(client.post("/api/auth/sign-in/totp", json=body) for body in sign_ins),
                client.request("DELETE", "/api/auth/totp", json={"password": PASSWORD}),
            )
            assert answers[-1].status_code == 204
            assert {answer.status_code for answer in answers[:-1]} <= {200, 401}


def test_an_access_token_that_outlives_its_account_is_refused(ada: Person, stage: Stage):
    sql(stage, "delete from auth.account where id = '$1'", ada.id)
    assert_problem(auth(ada, "POST", "/totp/confirm", {"code": "123456"}), 401, "unauthenticated")
    assert_problem(auth(ada, "POST", "/totp", {"code": "123456"}), 401, "unauthenticated")
    assert_problem(auth(ada, "POST", "/passkeys/options", {}), 401, "unauthenticated")
    tokens = auth(ada, "POST", "/tokens", {"name": "A", "scopes": ["documents:read"]})
    assert_problem(tokens, 401, "unauthenticated")
