"""Who may register, from which pages the cookie works, and how often anybody may guess."""

import secrets
from collections.abc import Generator
from pathlib import Path

import httpx
import pytest

from tests.datastores import Datastores, wait_until
from tests.mailbox import Mailbox, token_in
from tests.people import PASSWORD, People
from tests.problems import assert_problem
from tests.services import Stage


def post(stage: Stage, path: str, body: object = None, **headers: str) -> httpx.Response:
    return httpx.post(
        f"{stage.url('auth')}/api/auth{path}",
        json=body,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        timeout=15,
        trust_env=False,
    )


def registration(email: str) -> dict[str, str]:
    return {"email": email, "password": PASSWORD, "name": "Ada"}


def new_email() -> str:
    return f"ada.{secrets.token_hex(4)}@example.org"


CROSS_SITE = [
    {"sec_fetch_site": "cross-site"},
    {"sec_fetch_site": "same-site"},
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "http://127.0.0.1:8081"},
]


@pytest.mark.parametrize("headers", CROSS_SITE)
def test_the_cookie_does_nothing_for_another_site(members: People, auth_stage: Stage, headers: dict[str, str]):
    ada = members.register("Ada")
    cookie = f"collab_refresh={ada.client.cookies['collab_refresh']}"
    for path in ("/refresh", "/sign-out"):
        assert_problem(post(auth_stage, path, cookie=cookie, **headers), 403, "cross-site")
    assert post(auth_stage, "/refresh", cookie=cookie).status_code == 200


def test_nobody_is_signed_in_by_another_site(members: People, auth_stage: Stage):
    ada = members.register("Ada")
    body = {"email": ada.email, "password": PASSWORD}
    assert_problem(post(auth_stage, "/sign-in", body, sec_fetch_site="cross-site"), 403, "cross-site")
    assert_problem(
        post(auth_stage, "/register", registration(new_email()), origin="https://e.example"), 403, "cross-site"
    )


@pytest.mark.parametrize(
    "headers",
    [{}, {"sec_fetch_site": "same-origin"}, {"sec_fetch_site": "none"}, {"origin": "http://127.0.0.1:8080"}],
)
def test_our_own_pages_and_other_programs_go_on(members: People, auth_stage: Stage, headers: dict[str, str]):
    ada = members.register("Ada")
    cookie = f"collab_refresh={ada.client.cookies['collab_refresh']}"
    assert post(auth_stage, "/refresh", cookie=cookie, **headers).status_code == 200


@pytest.fixture
def alone(datastores: Datastores, tmp_path: Path) -> Generator[Stage]:
    stage = Stage.prepare(tmp_path, datastores)
    try:
        yield stage
    finally:
        stage.close()


def test_a_closed_system_registers_nobody_but_by_its_operator(alone: Stage):
    alone.start_all({"auth": {"COLLAB_REGISTRATION": "closed"}})
    email = new_email()
    assert_problem(post(alone, "/register", registration(email)), 403, "registration-closed")
    made = alone.run_module(
        "collab_auth.admin", "create-user", "--email", email, "--name", "Ada", service="auth", stdin=PASSWORD + "\n"
    )
    assert made.returncode == 0, made.stderr
    assert post(alone, "/sign-in", {"email": email, "password": PASSWORD}).status_code == 200


def test_where_addresses_are_verified_nothing_tells_who_is_there(alone: Stage):
    folder = alone.directory / "mail"
    alone.start_all({"auth": {"COLLAB_REGISTRATION": "verified", "COLLAB_MAIL_FOLDER": str(folder)}})
    mailbox = Mailbox(folder)
    email = new_email()
    first = post(alone, "/register", registration(email))
    assert (first.status_code, first.json()) == (202, {"email": email})
    assert "set-cookie" not in first.headers
    token = token_in(mailbox.wait(email, "confirm"))
    credentials = {"email": email, "password": PASSWORD}
    assert_problem(post(alone, "/sign-in", credentials), 403, "email-not-verified")
    assert_problem(post(alone, "/sign-in", credentials | {"password": "no"}), 401, "wrong-credentials")
    assert post(alone, "/email/verify", {"token": token}).status_code == 204
    assert post(alone, "/sign-in", credentials).status_code == 200

    again = post(alone, "/register", registration(email) | {"password": "of somebody else"})
    assert (again.status_code, again.content) == (first.status_code, first.content)
    mailbox.wait(email, "have an account")
    assert post(alone, "/sign-in", credentials).status_code == 200
    assert alone.database.psql("select count(*) from auth.account") == "1"


def test_who_registers_with_anothers_address_does_not_choose_its_password(alone: Stage):
    """They wait for its owner to come, and to open the link in the mail."""
    folder = alone.directory / "mail"
    alone.start_all({"auth": {"COLLAB_REGISTRATION": "verified", "COLLAB_MAIL_FOLDER": str(folder)}})
    mailbox, email = Mailbox(folder), new_email()
    mallorys, adas = "password of mallory", "password of ada"
    assert post(alone, "/register", registration(email) | {"password": mallorys}).status_code == 202
    first = token_in(mailbox.wait(email, "confirm"))
    again = post(alone, "/register", registration(email) | {"password": adas})
    assert (again.status_code, again.json()) == (202, {"email": email})
    link = token_in(mailbox.wait(email, "new password"))
    assert post(alone, "/email/verify", {"token": first}).status_code == 204
    for password in (mallorys, adas):
        assert_problem(post(alone, "/sign-in", {"email": email, "password": password}), 401, "wrong-credentials")
    assert post(alone, "/password/reset", {"token": link, "password": adas}).status_code == 204
    assert post(alone, "/sign-in", {"email": email, "password": adas}).status_code == 200


def test_who_registers_again_with_the_same_password_gets_the_link_again(alone: Stage):
    folder = alone.directory / "mail"
    alone.start_all({"auth": {"COLLAB_REGISTRATION": "verified", "COLLAB_MAIL_FOLDER": str(folder)}})
    mailbox, email = Mailbox(folder), new_email()
    for number in (1, 2):
        assert post(alone, "/register", registration(email)).status_code == 202
        mail = mailbox.wait(email, "confirm", number=number)
        # It lies there before it waits no more; one like it that is asked for in between would be the same one.
        wait_until(lambda: alone.database.psql("select count(*) from auth.mail") == "0", "no mail waiting")
    assert post(alone, "/email/verify", {"token": token_in(mail)}).status_code == 204
    assert post(alone, "/sign-in", {"email": email, "password": PASSWORD}).status_code == 200


def test_registering_fills_nobodys_mailbox_and_asks_for_few_people(alone: Stage):
    folder = alone.directory / "mail"
    settings = {"COLLAB_REGISTRATION": "verified", "COLLAB_MAIL_FOLDER": str(folder)}
    alone.start_all({"auth": settings | {"COLLAB_PASSWORD_MEMORY_KIB": "64"}})
    body, network = registration(new_email()), new_network()
    answers = [post(alone, "/register", body, x_forwarded_for=f"{new_network()}1").status_code for _ in range(6)]
    assert answers == [202] * 5 + [429]
    answers = [
        post(alone, "/register", registration(new_email()), x_forwarded_for=f"{network}{number:x}").status_code
        for number in range(31)
    ]
    assert answers == [202] * 30 + [429]


def test_an_open_system_tells_only_so_often_who_is_there(alone: Stage):
    alone.start_all({"auth": {"COLLAB_PASSWORD_MEMORY_KIB": "64"}})
    body, network = registration(new_email()), new_network()
    assert post(alone, "/register", body).status_code == 201

    def ask() -> int:
        address = f"{network}{secrets.token_hex(2)}"
        return post(alone, "/register", body | {"email": body["email"].upper()}, x_forwarded_for=address).status_code

    assert [ask() for _ in range(31)] == [409] * 30 + [429]
    # Who registers learns nothing, however many come from one office.
    office = f"{new_network()}1"
    answers = [
        post(alone, "/register", registration(new_email()), x_forwarded_for=office).status_code for _ in range(32)
    ]
    assert answers == [201] * 32


def test_verified_registration_needs_mail(alone: Stage):
    alone.migrate("auth")
    wrong = alone.run_module("collab_auth", service="auth", COLLAB_REGISTRATION="verified")
    assert wrong.returncode == 78
    assert "COLLAB_REGISTRATION is verified, which needs mail" in wrong.stderr


def new_network() -> str:
    """A prefix that no other test has counted attempts of: they share one Valkey."""
    return f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}::"


def test_one_address_does_not_try_everybody(alone: Stage):
    alone.start_all({"auth": {"COLLAB_SIGN_IN_ADDRESS_ATTEMPTS": "5", "COLLAB_PASSWORD_MEMORY_KIB": "64"}})
    network = new_network()
    body = [{"email": new_email(), "password": PASSWORD} for _ in range(6)]
    # A subscriber has all of a network of 64 bits, and an address of it for each attempt.
    answers = [
        post(alone, "/sign-in", each, x_forwarded_for=f"{network}{number:x}").status_code
        for number, each in enumerate(body, 1)
    ]
    assert answers == [401] * 5 + [429]
    assert post(alone, "/sign-in", body[0], x_forwarded_for=f"{new_network()}2").status_code == 401


def test_many_addresses_do_not_guess_at_one_person_and_do_not_lock_them_out(alone: Stage):
    alone.start_all({"auth": {"COLLAB_SIGN_IN_EMAIL_ATTEMPTS": "5", "COLLAB_PASSWORD_MEMORY_KIB": "64"}})
    email, home = new_email(), f"{new_network()}ffff"
    assert post(alone, "/register", registration(email)).status_code == 201
    right, wrong = {"email": email, "password": PASSWORD}, {"email": email, "password": "guess"}
    assert post(alone, "/sign-in", right, x_forwarded_for=home).status_code == 200
    answers = [post(alone, "/sign-in", wrong, x_forwarded_for=f"{new_network()}1").status_code for _ in range(6)]
    assert answers == [401] * 5 + [429]
    assert_problem(post(alone, "/sign-in", right, x_forwarded_for=f"{new_network()}1"), 429, "too-many-attempts")
    assert post(alone, "/sign-in", right, x_forwarded_for=home).status_code == 200


def test_proving_the_password_again_is_limited_too(members: People, auth_stage: Stage):
    ada = members.register("Ada")
    body = {"current": "guess", "new": "another horse battery"}
    answers = [ada.call("POST", "auth", "/api/auth/account/password", body).status_code for _ in range(11)]
    assert answers == [401] * 10 + [429]
    assert post(auth_stage, "/sign-in", {"email": ada.email, "password": PASSWORD}).status_code == 200
