"""Registering, signing in and out, and what is told when it fails."""

import secrets
import time
from collections.abc import Generator

import httpx
import pytest

from collab_kit.settings import Secret
from collab_kit.tokens import ACCESS_AUDIENCE, ACCESS_ISSUER, TICKET_AUDIENCE, Signer
from tests.people import PASSWORD, People, new_client
from tests.problems import assert_problem, wrong_fields
from tests.services import Stage


@pytest.fixture
def auth(stage: Stage) -> Generator[httpx.Client]:
    with new_client() as client:
        client.base_url = f"{stage.url('auth')}/api/auth/"
        yield client


def new_email() -> str:
    return f"ada.{secrets.token_hex(4)}@example.org"


def register(auth: httpx.Client, email: str, password: str = PASSWORD) -> httpx.Response:
    return auth.post("register", json={"email": email, "password": password, "name": "Ada"})


def sign_in(auth: httpx.Client, email: str, password: str = PASSWORD) -> httpx.Response:
    return auth.post("sign-in", json={"email": email, "password": password})


def forge(stage: Stage, *, ttl_s: int = 60, audience: str = ACCESS_AUDIENCE, key: str = "auth-signing-key") -> str:
    signer = Signer(Secret(stage.secret(key)), issuer=ACCESS_ISSUER, audience=audience)
    person = "01890a5d-ac96-774b-bcce-b302099a8057"
    return signer.sign({"sub": person, "email": "a@example.org", "sid": person}, ttl_s=ttl_s)


def test_the_whole_flow(auth: httpx.Client, stage: Stage):
    email = new_email()
    registered = register(auth, email.upper())
    assert registered.status_code == 201
    assert registered.json()["user"]["email"] == email
    assert registered.json()["expires_in_s"] == 900

    refreshed = auth.post("refresh")
    assert refreshed.status_code == 200
    assert refreshed.json()["user"] == registered.json()["user"]

    assert auth.post("sign-out").status_code == 204
    assert_problem(auth.post("refresh"), 401, "session-ended")

    signed_in = sign_in(auth, f"  {email.title()} ")
    assert signed_in.status_code == 200
    token = signed_in.json()["access_token"]
    verified = auth.get(f"{stage.url('auth')}/internal/verify", headers={"Authorization": f"Bearer {token}"})
    assert verified.status_code == 204
    assert verified.headers["x-collab-user"] == registered.json()["user"]["id"]


def test_the_cookie_is_kept_from_scripts_and_other_sites(auth: httpx.Client):
    cookie = register(auth, new_email()).headers["set-cookie"]
    assert cookie.startswith("collab_refresh=")
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "samesite=strict", "path=/api/auth", "max-age=2592000"} <= attributes
    assert "secure" not in attributes, "the public URL of this stage is http"


def test_signing_out_clears_the_cookie_and_needs_none(auth: httpx.Client):
    register(auth, new_email())
    assert "max-age=0" in auth.post("sign-out").headers["set-cookie"].lower()
    auth.cookies.clear()
    assert auth.post("sign-out").status_code == 204


def test_an_email_is_taken_once_whatever_its_case(auth: httpx.Client):
    email = new_email()
    assert register(auth, email).status_code == 201
    assert_problem(register(auth, email.upper()), 409, "email-taken")


def test_wrong_password_and_unknown_email_answer_alike(auth: httpx.Client):
    email = new_email()
    register(auth, email)
    wrong = assert_problem(sign_in(auth, email, "not this one"), 401, "wrong-credentials")
    unknown = assert_problem(sign_in(auth, new_email(), "not this one"), 401, "wrong-credentials")
    assert {**wrong, "instance": ""} == {**unknown, "instance": ""}


def test_an_unknown_email_takes_as_long_as_a_wrong_password(auth: httpx.Client):
    email, nobodys = new_email(), new_email()
    register(auth, email)

    def seconds(address: str) -> float:
        started = time.perf_counter()
        assert sign_in(auth, address, "not this one").status_code == 401
        return time.perf_counter() - started

    # In turns, so that what else the machine does slows both.
    pairs = [(seconds(nobodys), seconds(email)) for _ in range(8)]
    # Argon2 takes most of the time: without it the unknown e-mail would answer several times faster.
    assert min(unknown for unknown, _ in pairs) > 0.5 * min(wrong for _, wrong in pairs)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"email": "ada", "password": "short", "name": " "}, {"email", "password", "name"}),
        ({"email": "ada@example.org", "password": "x" * 257, "name": "Ada"}, {"password"}),
        ({"email": "ada@example.org", "password": PASSWORD, "name": "x" * 81}, {"name"}),
        ({"email": "ada@example.org", "password": PASSWORD, "name": "A\x00da"}, {"name"}),
        ({"email": 5, "password": PASSWORD, "name": "Ada"}, {"email"}),
        ({"password": PASSWORD, "name": "Ada"}, {"email"}),
        ({"email": "ada@example.org", "password": PASSWORD, "name": "Ada", "admin": True}, {"admin"}),
    ],
)
def test_a_wrong_registration_names_its_fields(auth: httpx.Client, body: dict[str, object], fields: set[str]):
    problem = assert_problem(auth.post("register", json=body), 400, "invalid-request")
    assert wrong_fields(problem) == fields


def test_what_is_no_json_is_refused(auth: httpx.Client):
    response = auth.post("register", content=b'{"email": ', headers={"Content-Type": "application/json"})
    assert_problem(response, 400, "invalid-request")


def test_guessing_has_to_wait_and_the_owner_elsewhere_does_not(auth: httpx.Client):
    email = new_email()
    register(auth, email)
    here = {"X-Forwarded-For": "198.51.100.1, 192.0.2.7"}
    body = {"email": email, "password": "not this one"}
    statuses = [auth.post("sign-in", json=body, headers=here).status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]

    claiming = {"X-Forwarded-For": "198.51.100.2, 192.0.2.7"}
    refused = auth.post("sign-in", json={"email": email, "password": PASSWORD}, headers=claiming)
    assert_problem(refused, 429, "too-many-attempts")
    assert 0 < int(refused.headers["retry-after"]) <= 900

    elsewhere = auth.post(
        "sign-in", json={"email": email, "password": PASSWORD}, headers={"X-Forwarded-For": "192.0.2.8"}
    )
    assert elsewhere.status_code == 200


def test_success_forgets_the_failures_before_it(auth: httpx.Client):
    email = new_email()
    register(auth, email)
    for _ in range(3):
        assert [sign_in(auth, email, "not this one").status_code for _ in range(6)] == [401] * 6
        assert sign_in(auth, email).status_code == 200


@pytest.mark.parametrize(
    ("token", "detail"),
    [
        ("expired", "The token has expired."),
        ("other-audience", "The token is not valid."),
        ("other-key", "The token is signed with a key that is not known."),
        ("garbage", "The token is not valid."),
    ],
)
def test_a_token_that_is_not_ours_now_is_refused_by_every_service(
    stage: Stage, people: People, token: str, detail: str
):
    tokens = {
        "expired": forge(stage, ttl_s=-10),
        "other-audience": forge(stage, audience=TICKET_AUDIENCE),
        "other-key": forge(stage, key="document-signing-key"),
        "garbage": "a.b.c",
    }
    client = people.client()
    headers = {"Authorization": f"Bearer {tokens[token]}"}
    for service, path in (("auth", "/internal/verify"), ("user", "/api/users/me"), ("document", "/api/documents")):
        response = client.get(stage.url(service) + path, headers=headers)
        assert assert_problem(response, 401, "unauthenticated")["detail"] == detail
        assert response.headers["www-authenticate"].startswith("Bearer")


def test_an_unsigned_token_is_refused(stage: Stage, people: People):
    # {"alg":"none","kid":"x"} and a claim: what a verifier that trusts the header would accept.
    unsigned = "eyJhbGciOiJub25lIiwia2lkIjoieCJ9.eyJzdWIiOiJtZSJ9."
    response = people.client().get(
        f"{stage.url('document')}/api/documents", headers={"Authorization": f"Bearer {unsigned}"}
    )
    assert_problem(response, 401, "unauthenticated")
