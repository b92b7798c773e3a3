"""Passwords and addresses changed and recovered by mail; nothing tells who has an account."""

import secrets
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.datastores import wait_until
from tests.integration.auth.authenticator import PASSKEYS_AT, SoftKey
from tests.mailbox import Mailbox, token_in
from tests.people import PASSWORD, People, Person
from tests.problems import assert_problem, wrong_fields
from tests.services import Stage

NEW_PASSWORD = "another horse battery"


def post(stage: Stage, path: str, body: object, address: str | None = None) -> httpx.Response:
    return httpx.post(
        f"{stage.url('auth')}/api/auth{path}",
        json=body,
        headers={"X-Forwarded-For": address or f"198.51.100.{secrets.randbelow(250) + 1}"},
        timeout=15,
        trust_env=False,
    )


def sign_in(stage: Stage, email: str, password: str = PASSWORD) -> httpx.Response:
    return post(stage, "/sign-in", {"email": email, "password": password})


def wait_until_sent(stage: Stage, email: str) -> None:
    """A mail lies in the folder before it waits no more; one like it that is asked for in between is the same one."""
    waiting = f"select count(*) from auth.mail where recipient = '{email}'"  # noqa: S608
    wait_until(lambda: stage.database.psql(waiting) == "0", f"the mail to {email} being off the list")


def account(person: Person) -> dict[str, object]:
    response = person.call("GET", "auth", "/api/auth/account")
    assert response.status_code == 200, response.text
    return response.json()


def test_a_new_account_verifies_its_address(members: People, auth_stage: Stage, mailbox: Mailbox):
    ada = members.register("Ada")
    assert account(ada) == {
        "id": ada.id,
        "email": ada.email,
        "verified": False,
        "is_admin": False,
        "created_at": account(ada)["created_at"],
        "has_password": True,
        "totp": False,
        "passkeys": 0,
    }
    mail = mailbox.wait(ada.email, "confirm")
    token = token_in(mail)
    assert mail["Auto-Submitted"] == "auto-generated"
    html = mail.get_body(("html",))
    assert html is not None
    assert f"http://127.0.0.1:8080/verify-email#token={token}" in html.get_content()
    assert_problem(post(auth_stage, "/email/verify", {"token": "x" + token}), 404, "link-not-valid")
    assert post(auth_stage, "/email/verify", {"token": token}).status_code == 204
    assert account(ada)["verified"] is True
    assert_problem(post(auth_stage, "/email/verify", {"token": token}), 404, "link-not-valid")


def test_only_the_newest_link_counts(members: People, auth_stage: Stage, mailbox: Mailbox):
    ada = members.register("Ada")
    first = token_in(mailbox.wait(ada.email, "confirm"))
    wait_until_sent(auth_stage, ada.email)
    assert ada.call("POST", "auth", "/api/auth/email/verify/send").status_code == 202
    second = token_in(mailbox.wait(ada.email, "confirm", number=2))
    assert_problem(post(auth_stage, "/email/verify", {"token": first}), 404, "link-not-valid")
    assert post(auth_stage, "/email/verify", {"token": second}).status_code == 204


def test_an_expired_link_is_none(members: People, auth_stage: Stage, mailbox: Mailbox):
    ada = members.register("Ada")
    token = token_in(mailbox.wait(ada.email, "confirm"))
    auth_stage.database.psql(f"update auth.one_time_token set expires_at = now() where account_id = '{ada.id}'")  # noqa: S608
    assert_problem(post(auth_stage, "/email/verify", {"token": token}), 404, "link-not-valid")


def test_a_link_for_one_thing_does_no_other(members: People, auth_stage: Stage, mailbox: Mailbox):
    ada = members.register("Ada")
    token = token_in(mailbox.wait(ada.email, "confirm"))
    reset = post(auth_stage, "/password/reset", {"token": token, "password": NEW_PASSWORD})
    assert_problem(reset, 404, "link-not-valid")
    assert_problem(post(auth_stage, "/email/confirm", {"token": token}), 404, "link-not-valid")
    assert sign_in(auth_stage, ada.email).status_code == 200


def test_a_forgotten_password_is_reset_once(members: People, auth_stage: Stage, mailbox: Mailbox):
    ada = members.register("Ada")
    assert post(auth_stage, "/password/forgot", {"email": ada.email.upper()}).status_code == 202
    token = token_in(mailbox.wait(ada.email, "new password"))
    weak = post(auth_stage, "/password/reset", {"token": token, "password": "short"})
    assert wrong_fields(assert_problem(weak, 400, "invalid-request")) == {"password"}
    body = {"token": token, "password": NEW_PASSWORD}
    with ThreadPoolExecutor(6) as pool:
        tries = [pool.submit(post, auth_stage, "/password/reset", body) for _ in range(6)]
        answers = [attempt.result().status_code for attempt in tries]
    assert sorted(answers) == [204, 404, 404, 404, 404, 404]
    assert_problem(ada.call("POST", "auth", "/api/auth/refresh"), 401, "session-ended")
    assert_problem(sign_in(auth_stage, ada.email), 401, "wrong-credentials")
    assert sign_in(auth_stage, ada.email, NEW_PASSWORD).status_code == 200
    mailbox.wait(ada.email, "was changed")
    # Who reads the address's mail has proved that it is theirs.
    verified = auth_stage.database.psql(f"select verified_at is not null from auth.account where id = '{ada.id}'")  # noqa: S608
    assert verified == "t"


def test_forgetting_tells_nobody_who_has_an_account(members: People, auth_stage: Stage, mailbox: Mailbox):
    ada = members.register("Ada")
    nobody = f"nobody.{secrets.token_hex(4)}@example.org"
    known, unknown = (post(auth_stage, "/password/forgot", {"email": email}) for email in (ada.email, nobody))
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content) == (202, b'{"mail":"queued"}')
    mailbox.wait(ada.email, "new password")
    waiting = f"select count(*) from auth.mail where recipient = '{nobody}'"  # noqa: S608
    wait_until(lambda: auth_stage.database.psql(waiting) == "0", "the mail being dropped")
    assert mailbox.of(nobody) == []


@pytest.mark.parametrize("path", ["/password/forgot", "/email/verify/resend"])
def test_asking_often_has_to_wait_whoever_is_asked_for(auth_stage: Stage, path: str):
    nobody = f"nobody.{secrets.token_hex(4)}@example.org"
    statuses = [post(auth_stage, path, {"email": nobody}).status_code for _ in range(6)]
    assert statuses == [202] * 5 + [429]


@pytest.mark.parametrize("path", ["/password/forgot", "/email/verify/resend"])
def test_one_network_asks_for_few_people(auth_stage: Stage, path: str):
    network = f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}"
    statuses = [
        post(auth_stage, path, {"email": f"{secrets.token_hex(4)}@example.org"}, f"{network}::{number:x}").status_code
        for number in range(31)
    ]
    assert statuses == [202] * 30 + [429]


def test_a_lost_mail_is_sent_again_to_who_is_not_signed_in(members: People, auth_stage: Stage, mailbox: Mailbox):
    ada = members.register("Ada")
    first = token_in(mailbox.wait(ada.email, "confirm"))
    wait_until_sent(auth_stage, ada.email)
    again = post(auth_stage, "/email/verify/resend", {"email": f" {ada.email.upper()}"})
    assert (again.status_code, again.json()) == (202, {"mail": "queued"})
    second = token_in(mailbox.wait(ada.email, "confirm", number=2))
    assert_problem(post(auth_stage, "/email/verify", {"token": first}), 404, "link-not-valid")
    assert post(auth_stage, "/email/verify", {"token": second}).status_code == 204


def test_sending_again_tells_nobody_who_has_an_account(members: People, auth_stage: Stage, mailbox: Mailbox):
    ada = members.register("Ada")
    assert post(auth_stage, "/email/verify", {"token": token_in(mailbox.wait(ada.email, "confirm"))}).status_code == 204
    nobody = f"nobody.{secrets.token_hex(4)}@example.org"
    answers = [post(auth_stage, "/email/verify/resend", {"email": email}) for email in (ada.email, nobody)]
    assert [(each.status_code, each.content) for each in answers] == [(202, b'{"mail":"queued"}')] * 2
    waiting = f"select count(*) from auth.mail where recipient in ('{ada.email}', '{nobody}')"  # noqa: S608
    wait_until(lambda: auth_stage.database.psql(waiting) == "0", "the mails being dropped")
    assert mailbox.of(nobody) == []
    assert len(mailbox.of(ada.email)) == 1


@pytest.mark.parametrize("how", ["changed", "reset"])
def test_a_new_password_ends_what_was_asked_for_with_the_old_one(
    members: People, auth_stage: Stage, mailbox: Mailbox, how: str
):
    """Who knew the password for a moment does not take the account with a link that they still have."""
    ada = members.register("Ada")
    thiefs = f"thief.{secrets.token_hex(4)}@example.org"
    body = {"email": thiefs, "password": PASSWORD}
    assert ada.call("POST", "auth", "/api/auth/account/email", body).status_code == 202
    link = token_in(mailbox.wait(thiefs, "new e-mail"))
    if how == "changed":
        body = {"current": PASSWORD, "new": NEW_PASSWORD}
        assert ada.call("POST", "auth", "/api/auth/account/password", body).status_code == 204
    else:
        assert post(auth_stage, "/password/forgot", {"email": ada.email}).status_code == 202
        body = {"token": token_in(mailbox.wait(ada.email, "new password")), "password": NEW_PASSWORD}
        assert post(auth_stage, "/password/reset", body).status_code == 204
    assert_problem(post(auth_stage, "/email/confirm", {"token": link}), 404, "link-not-valid")
    assert sign_in(auth_stage, ada.email, NEW_PASSWORD).status_code == 200


def test_who_proves_an_address_first_finds_nobody_waiting_inside(members: People, auth_stage: Stage, mailbox: Mailbox):
    """Somebody registered with it before, and left a key and a token for later."""
    mallory = members.register("Mallory")
    options = mallory.call("POST", "auth", "/api/auth/passkeys/options", {"password": PASSWORD}).json()
    key = SoftKey(PASSKEYS_AT)
    body = {"state": options["state"], "credential": key.create(options["options"]), "name": "For later"}
    assert mallory.call("POST", "auth", "/api/auth/passkeys", body).status_code == 201
    body = {"name": "For later", "scopes": ["documents:read"]}
    token = mallory.call("POST", "auth", "/api/auth/tokens", body).json()["token"]

    assert post(auth_stage, "/password/forgot", {"email": mallory.email}).status_code == 202
    link = token_in(mailbox.wait(mallory.email, "new password"))
    assert post(auth_stage, "/password/reset", {"token": link, "password": NEW_PASSWORD}).status_code == 204
    headers = {"Authorization": f"Bearer {token}"}
    verified = httpx.get(f"{auth_stage.url('auth')}/internal/verify", headers=headers, timeout=15, trust_env=False)
    assert_problem(verified, 401, "unauthenticated")
    ceremony = post(auth_stage, "/sign-in/passkey/options", {}).json()
    body = {"state": ceremony["state"], "credential": key.get(ceremony["options"])}
    assert_problem(post(auth_stage, "/sign-in/passkey", body), 401, "passkey-refused")
    session = sign_in(auth_stage, mallory.email, NEW_PASSWORD).json()
    assert "access_token" in session, "no second factor of somebody else is asked for"


def test_a_second_reset_leaves_the_owners_keys_alone(members: People, auth_stage: Stage, mailbox: Mailbox):
    ada = members.register("Ada")
    assert post(auth_stage, "/email/verify", {"token": token_in(mailbox.wait(ada.email, "confirm"))}).status_code == 204
    body = {"name": "Backup", "scopes": ["documents:read"]}
    token = ada.call("POST", "auth", "/api/auth/tokens", body).json()["token"]
    assert post(auth_stage, "/password/forgot", {"email": ada.email}).status_code == 202
    link = token_in(mailbox.wait(ada.email, "new password"))
    assert post(auth_stage, "/password/reset", {"token": link, "password": NEW_PASSWORD}).status_code == 204
    headers = {"Authorization": f"Bearer {token}"}
    verified = httpx.get(f"{auth_stage.url('auth')}/internal/verify", headers=headers, timeout=15, trust_env=False)
    assert verified.status_code == 204


def test_few_mails_go_to_who_did_not_ask_whoever_asks(members: People):
    wanted = f"unwilling.{secrets.token_hex(4)}@example.org"
    body = {"email": wanted, "password": PASSWORD}
    answers = [
        members.register(f"Sock {number}").call("POST", "auth", "/api/auth/account/email", body) for number in range(6)
    ]
    assert [answer.status_code for answer in answers] == [202] * 5 + [429]


def test_guessing_links_has_to_wait(auth_stage: Stage):
    answers = [post(auth_stage, "/email/verify", {"token": "guess"}, "203.0.113.7") for _ in range(61)]
    assert [answer.status_code for answer in answers] == [404] * 60 + [429]
    assert_problem(answers[-1], 429, "too-many-attempts")


def test_changing_the_password_ends_all_other_sessions(members: People, auth_stage: Stage, mailbox: Mailbox):
    ada = members.register("Ada")
    elsewhere = sign_in(auth_stage, ada.email)
    wrong = ada.call("POST", "auth", "/api/auth/account/password", {"current": "no", "new": NEW_PASSWORD})
    assert_problem(wrong, 401, "wrong-credentials")
    weak = ada.call("POST", "auth", "/api/auth/account/password", {"current": PASSWORD, "new": "x"})
    assert wrong_fields(assert_problem(weak, 400, "invalid-request")) == {"new"}
    changed = ada.call("POST", "auth", "/api/auth/account/password", {"current": PASSWORD, "new": NEW_PASSWORD})
    assert changed.status_code == 204
    assert ada.call("POST", "auth", "/api/auth/refresh").status_code == 200
    refreshed = httpx.post(
        f"{auth_stage.url('auth')}/api/auth/refresh",
        headers={"Cookie": f"collab_refresh={elsewhere.cookies['collab_refresh']}"},
        timeout=15,
        trust_env=False,
    )
    assert_problem(refreshed, 401, "session-ended")
    assert sign_in(auth_stage, ada.email, NEW_PASSWORD).status_code == 200
    mailbox.wait(ada.email, "was changed")


def test_of_two_changes_at_once_one_counts(members: People):
    ada = members.register("Ada")
    wanted = [f"password number {number}" for number in range(4)]

    def change(new: str) -> int:
        body = {"current": PASSWORD, "new": new}
        headers = dict(ada.client.headers)
        url = f"{ada.stage.url('auth')}/api/auth/account/password"
        return httpx.post(url, json=body, headers=headers, timeout=15, trust_env=False).status_code

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(change, wanted))
    assert sorted(answers) == [204, 401, 401, 401]
    assert sign_in(ada.stage, ada.email, wanted[answers.index(204)]).status_code == 200


def test_an_address_is_changed_by_who_reads_its_mail(members: People, auth_stage: Stage, mailbox: Mailbox):
    ada = members.register("Ada")
    new = f"countess.{secrets.token_hex(4)}@example.org"
    path = "/api/auth/account/email"
    assert_problem(ada.call("POST", "auth", path, {"email": new, "password": "no"}), 401, "wrong-credentials")
    assert_problem(ada.call("POST", "auth", path, {"email": "x", "password": PASSWORD}), 400, "invalid-request")
    assert ada.call("POST", "auth", path, {"email": new, "password": PASSWORD}).status_code == 202
    token = token_in(mailbox.wait(new, "new e-mail"))
    assert account(ada)["email"] == ada.email
    assert post(auth_stage, "/email/confirm", {"token": token}).status_code == 204
    assert (account(ada)["email"], account(ada)["verified"]) == (new, True)
    mailbox.wait(ada.email, "e-mail address was changed")
    assert_problem(sign_in(auth_stage, ada.email), 401, "wrong-credentials")
    assert sign_in(auth_stage, new).status_code == 200


def test_an_address_that_was_taken_meanwhile_stays_theirs(members: People, auth_stage: Stage, mailbox: Mailbox):
    ada = members.register("Ada")
    new = f"taken.{secrets.token_hex(4)}@example.org"
    ada.call("POST", "auth", "/api/auth/account/email", {"email": new, "password": PASSWORD})
    token = token_in(mailbox.wait(new, "new e-mail"))
    registered = post(auth_stage, "/register", {"email": new, "password": PASSWORD, "name": "Eve"})
    assert registered.status_code == 201
    assert_problem(post(auth_stage, "/email/confirm", {"token": token}), 409, "email-taken")
    assert account(ada)["email"] == ada.email


def test_asking_for_somebodys_address_sends_nothing(members: People, auth_stage: Stage, mailbox: Mailbox):
    ada, eve = members.register("Ada"), members.register("Eve")
    body = {"email": ada.email, "password": PASSWORD}
    assert eve.call("POST", "auth", "/api/auth/account/email", body).status_code == 202
    waiting = f"select count(*) from auth.mail where kind = 'change-email' and recipient = '{ada.email}'"  # noqa: S608
    wait_until(lambda: auth_stage.database.psql(waiting) == "0", "the mail being dropped")
    assert not [mail for mail in mailbox.of(ada.email) if "new e-mail" in str(mail["Subject"])]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/account", None),
        ("POST", "/account/password", {"current": "x", "new": NEW_PASSWORD}),
        ("POST", "/account/email", {"email": "a@example.org", "password": "x"}),
        ("POST", "/email/verify/send", None),
    ],
)
def test_strangers_are_refused(members: People, auth_stage: Stage, method: str, path: str, body: object):
    response = members.client().request(method, f"{auth_stage.url('auth')}/api/auth{path}", json=body)
    assert_problem(response, 401, "unauthenticated")


def test_no_token_and_no_address_is_in_the_logs(members: People, auth_stage: Stage, mailbox: Mailbox):
    ada = members.register("Ada")
    token = token_in(mailbox.wait(ada.email, "confirm"))
    post(auth_stage, "/email/verify", {"token": token})
    log = auth_stage.processes[0].log_path.read_text()
    assert token not in log
    assert ada.email not in log
    dump = auth_stage.database.psql("select string_agg(row(t.*)::text, ' ') from auth.one_time_token t")
    assert token not in dump
