"""Signing in with a provider: there and back, into the right account, and only by what really comes from it."""

import asyncio
import json
import secrets
import socket
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from collab_auth.oidc.client import ProviderClient
from collab_auth.oidc.problems import OidcRefused
from collab_auth.oidc.providers import parse_providers
from collab_kit.settings import Secret
from tests.datastores import Datastores, wait_until
from tests.integration.auth.authenticator import PASSKEYS_AT, SoftKey
from tests.integration.auth.provider import OpenIdProvider, for_any_algorithm, new_key, query_of, running_provider
from tests.integration.auth.steps import sql
from tests.people import PASSWORD, People, new_client
from tests.ports import free_port
from tests.problems import assert_problem
from tests.services import ServiceProcess, Stage

CALLBACK = "/api/auth/oidc/corp/callback"


class House:
    """Auth with two providers; `linking` and `closed` are replicas with other settings."""

    def __init__(self, stage: Stage, corp: OpenIdProvider, other: OpenIdProvider) -> None:
        self.stage = stage
        self.browsers = ExitStack()
        self.corp = corp
        self.other = other
        entries = [corp.entry("corp"), other.entry("other"), corp.entry("away") | {"issuer": "http://127.0.0.1:9"}]
        path = str(stage.write_secret("oidc-providers", json.dumps(entries)))
        stage.migrate("user", "auth")
        stage.start("user")
        self.usual = stage.start("auth", COLLAB_OIDC_PROVIDERS_FILE=path)
        self.linking = self._replica(path, "auth-2", COLLAB_OIDC_LINK_VERIFIED_EMAIL="true")
        self.closed = self._replica(path, "auth-3", COLLAB_REGISTRATION="closed")

    def _replica(self, path: str, name: str, **settings: str) -> ServiceProcess:
        own = {"COLLAB_INSTANCE": name, "COLLAB_PORT": str(free_port()), "COLLAB_OIDC_PROVIDERS_FILE": path}
        return self.stage.start("auth", **own, **settings)

    def accounts(self, email: str) -> int:
        return int(sql(self.stage, "select count(*) from auth.account where email = '$1'", email))


@pytest.fixture(scope="module")
def house(datastores: Datastores, tmp_path_factory: pytest.TempPathFactory) -> Generator[House]:
    with ExitStack() as stack:
        corp, other = (stack.enter_context(running_provider(OpenIdProvider())) for _ in range(2))
        stage = Stage.prepare(tmp_path_factory.mktemp("oidc"), datastores)
        stack.callback(stage.close)
        yield House(stage, corp, other)


@pytest.fixture(autouse=True)
def fresh(house: House) -> Generator[None]:
    """Somebody new is about to sign in, and the providers behave."""
    for provider in (house.corp, house.other):
        provider.reset()
    with house.browsers:
        yield


class Browser:
    """Goes where it is sent, and keeps its cookies; public addresses are those of one replica."""

    def __init__(self, house: House, replica: ServiceProcess | None = None) -> None:
        self.replica = replica or house.usual
        self.client = house.browsers.enter_context(new_client())

    def get(self, url: str) -> httpx.Response:
        parts = urlsplit(url)
        if parts.netloc in {"", "127.0.0.1:8080"}:
            url = self.replica.url + parts._replace(scheme="", netloc="").geturl()
        return self.client.get(url)

    def start(self, provider: str = "corp", **query: str) -> str:
        """The address at the provider that it is sent to."""
        answer = self.get(f"/api/auth/oidc/{provider}/start?{urlencode(query)}")
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def consent(self, url: str) -> str:
        """The address of ours that the provider sends it back to."""
        answer = self.get(url)
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]

    def sign_in(self, provider: str = "corp", **query: str) -> httpx.Response:
        return self.get(self.consent(self.start(provider, **query)))

    def who(self) -> dict[str, Any]:
        answer = self.client.post(f"{self.replica.url}/api/auth/refresh")
        assert answer.status_code == 200, answer.text
        return answer.json()["user"]


@pytest.fixture
def browser(house: House) -> Browser:
    return Browser(house)


def assert_refused(answer: httpx.Response, code: str) -> None:
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == f"/sign-in?error={code}"
    assert "collab_refresh" not in answer.cookies


def test_whom_one_can_sign_in_with_is_public(browser: Browser):
    shown = browser.get("/api/auth/oidc").json()
    assert [provider["id"] for provider in shown["providers"]] == ["corp", "other", "away"]
    assert shown["providers"][0] == {"id": "corp", "name": "Corp"}


def test_somebody_new_gets_an_account_and_finds_it_again(house: House, browser: Browser):
    person = house.corp.person
    arrived = browser.sign_in(return_to="/documents?sort=title")
    assert arrived.status_code == 303, arrived.text
    assert arrived.headers["location"] == "/documents?sort=title"
    assert arrived.headers["referrer-policy"] == "no-referrer"
    first = browser.who()
    assert first["email"] == person["email"]

    def names() -> list[str]:
        profile = httpx.get(
            f"{house.stage.url('user')}/internal/profiles",
            params={"id": first["id"]},
            headers=house.stage.internal_headers,
            timeout=15,
            trust_env=False,
        )
        return [found["name"] for found in profile.json()["items"]]

    wait_until(lambda: bool(names()), "the profile's delivery")
    assert names() == ["Ada Lovelace"]

    # The subject is who they are: the address may change.
    person["email"] = f"countess.{secrets.token_hex(4)}@example.org"
    again = Browser(house)
    assert again.sign_in().headers["location"] == "/"
    assert again.who() == first
    events = sql(house.stage, "select event from auth.audit where account = '$1'", first["id"]).splitlines()
    assert "identity.linked" in events


def test_the_cookies_are_for_this_and_nothing_else(browser: Browser):
    started = browser.get("/api/auth/oidc/corp/start")
    name, _, rest = started.headers["set-cookie"].partition("=")
    assert name == "collab_oidc"
    attributes = {part.strip().lower() for part in rest.split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/api/auth/oidc", "max-age=600"} <= attributes
    for secret in ("state", "nonce"):
        assert query_of(started.headers["location"])[secret] not in rest

    arrived = browser.get(browser.consent(started.headers["location"]))
    cookies = arrived.headers.get_list("set-cookie")
    assert any(cookie.startswith("collab_oidc=") and "max-age=0" in cookie.lower() for cookie in cookies)
    (refresh,) = [cookie for cookie in cookies if cookie.startswith("collab_refresh=")]
    assert "samesite=strict" in refresh.lower()


def test_the_longest_path_still_fits_into_a_cookie(browser: Browser):
    path = "/" + '"' * 999
    arrived = browser.sign_in(return_to=path)
    assert arrived.status_code == 303
    assert len(browser.get(f"/api/auth/oidc/corp/start?{urlencode({'return_to': path})}").headers["set-cookie"]) < 4096
    assert browser.who()


@pytest.mark.parametrize(
    "path",
    ["https://evil.example", "//evil.example", "/\\evil.example", "\\/evil.example", "/\t/evil", "evil", "", "/ä"],
)
def test_nobody_is_sent_on_to_another_site(browser: Browser, path: str):
    answer = browser.get(f"/api/auth/oidc/corp/start?{urlencode({'return_to': path})}")
    assert_problem(answer, 400, "invalid-request")


def test_an_unknown_provider_is_none(browser: Browser):
    assert_problem(browser.get("/api/auth/oidc/nobody/start"), 404, "no-such-provider")
    assert_problem(browser.get("/api/auth/oidc/nobody/callback"), 404, "no-such-provider")


def test_an_answer_without_the_browsers_own_cookie_is_refused(house: House, browser: Browser):
    back = browser.consent(browser.start())
    assert_refused(Browser(house).get(back), "oidc-expired")
    victim = Browser(house)
    victim.start()
    assert_refused(victim.get(back), "oidc-failed")
    browser.client.cookies.set("collab_oidc", "00ff", domain="127.0.0.1", path="/api/auth/oidc")
    assert_refused(Browser(house).get(back), "oidc-expired")


@pytest.mark.parametrize("change", [{"state": "x"}, {"state": ""}, {"code": "x"}, {"code": ""}, {"iss": "http://evil"}])
def test_a_changed_answer_is_refused(browser: Browser, change: dict[str, str]):
    back = browser.consent(browser.start())
    assert_refused(browser.get(f"{CALLBACK}?{urlencode(query_of(back) | change)}"), "oidc-failed")


def test_an_answer_is_good_once(house: House, browser: Browser):
    url = browser.start()
    kept = browser.client.cookies["collab_oidc"]
    back = browser.consent(url)
    assert browser.get(back).headers["location"] == "/"
    assert_refused(browser.get(back), "oidc-expired")
    replayed = httpx.get(
        house.usual.url + urlsplit(back)._replace(scheme="", netloc="").geturl(),
        headers={"Cookie": f"collab_oidc={kept}"},
        timeout=15,
        trust_env=False,
    )
    assert_refused(replayed, "oidc-failed")


def test_one_providers_answer_does_not_count_as_anothers(house: House, browser: Browser):
    back = browser.consent(browser.start("corp"))
    asked = len(house.other.asked)
    assert_refused(browser.get(back.replace("/oidc/corp/", "/oidc/other/")), "oidc-failed")
    assert "token" not in house.other.asked[asked:], "the code is not handed to the other provider"
    mixed = urlencode(query_of(browser.consent(browser.start("corp"))) | {"iss": house.other.issuer})
    assert_refused(browser.get(f"{CALLBACK}?{mixed}"), "oidc-failed")


def test_a_provider_that_says_it_names_itself_has_to(house: House, browser: Browser):
    house.corp.tells_issuer = False
    assert_refused(browser.sign_in(), "oidc-failed")


@pytest.mark.parametrize(
    "bent",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"nonce": ["another"]},
        {"iss": "http://evil.example"},
        {"aud": "another"},
        {"aud": ["collab", "another"]},
        {"aud": ["collab", "another"], "azp": "another"},
        {"azp": "another"},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"iat": None},
        {"sub": None},
        {"sub": ""},
        {"sub": 5},
        {"sub": "x" * 256},
    ],
)
def test_an_id_token_that_is_not_for_this_is_refused(house: House, browser: Browser, bent: dict[str, Any]):
    house.corp.bent = bent
    assert_refused(browser.sign_in(), "oidc-failed")
    assert house.accounts(house.corp.person["email"]) == 0


def test_an_audience_of_several_is_fine_if_it_was_issued_to_us(house: House, browser: Browser):
    house.corp.bent = {"aud": ["collab", "another"], "azp": "collab"}
    assert browser.sign_in().headers["location"] == "/"


def test_a_signature_of_somebody_else_is_refused(house: House, browser: Browser):
    house.corp.signs_with = new_key("first")
    assert_refused(browser.sign_in(), "oidc-failed")


def test_another_algorithm_than_the_keys_own_is_refused(house: House, browser: Browser):
    house.corp.algorithm, house.corp.signs_with = "PS256", for_any_algorithm(house.corp.key)
    assert_refused(browser.sign_in(), "oidc-failed")


async def test_new_keys_of_a_provider_are_learned_but_not_asked_for_all_the_time():
    now = [0.0]
    with running_provider(OpenIdProvider()) as provider:
        (known,) = parse_providers(Secret(json.dumps([provider.entry("corp")]))).values()
        client = ProviderClient(known, ca_file=None, clock=lambda: now[0])
        assert (await client.claims(provider.id_token("n"), nonce="n"))["sub"] == "ada"
        old = provider.id_token("n")
        provider.key = new_key("second")
        for _ in range(3):
            with pytest.raises(OidcRefused, match="InvalidKeyId"):
                await client.claims(provider.id_token("n"), nonce="n")
        now[0] = 11
        assert (await client.claims(provider.id_token("n"), nonce="n"))["sub"] == "ada"
        with pytest.raises(OidcRefused):
            await client.claims(old, nonce="n")
        assert provider.asked.count("keys") == 2
        assert provider.asked.count("describe") == 1


async def test_what_is_known_of_a_provider_serves_on_while_it_is_away():
    now = [0.0]
    with running_provider(OpenIdProvider()) as provider:
        (known,) = parse_providers(Secret(json.dumps([provider.entry("corp")]))).values()
        client = ProviderClient(known, ca_file=None, clock=lambda: now[0])
        await client.claims(provider.id_token("n"), nonce="n")
        provider.is_broken = True
        now[0] = 4000
        assert (await client.metadata()).issuer == provider.issuer
        await client.claims(provider.id_token("n"), nonce="n")
        fresh = ProviderClient(known, ca_file=None)
        with pytest.raises(OidcRefused, match="503"):
            await fresh.metadata()


async def test_a_key_that_is_not_understood_is_no_reason_to_do_without_the_rest():
    with running_provider(OpenIdProvider()) as provider:
        (known,) = parse_providers(Secret(json.dumps([provider.entry("corp")]))).values()
        provider.more_keys = [{"kty": "EC", "crv": "P-1", "kid": "x"}, {"kty": "PQ"}, {"kty": "RSA", "n": 5}, {}]
        assert (await ProviderClient(known, ca_file=None).claims(provider.id_token("n"), nonce="n"))["sub"] == "ada"


async def test_a_provider_that_does_not_answer_is_waited_for_once():
    now = [0.0]
    silent = socket.create_server(("127.0.0.1", 0))
    with silent:
        entry = {"id": "corp", "name": "C", "issuer": f"http://127.0.0.1:{silent.getsockname()[1]}"}
        content = json.dumps([entry | {"client_id": "c", "client_secret": "s"}])
        (known,) = parse_providers(Secret(content)).values()
        client = ProviderClient(known, ca_file=None, clock=lambda: now[0], deadline_s=0.3)
        asked = await asyncio.gather(*(client.metadata() for _ in range(20)), return_exceptions=True)
        assert [type(each) for each in asked] == [OidcRefused] * 20
        assert sum(str(each) == "it was away a moment ago" for each in asked) == 19
        now[0] = 6
        with pytest.raises(OidcRefused, match="Timeout"):
            await client.metadata()


@pytest.mark.parametrize(
    ("described", "reason"),
    [
        ({"issuer": "http://evil.example"}, "another issuer"),
        ({"token_endpoint": "ftp://127.0.0.1/token"}, "not https"),
        ({"jwks_uri": None}, "cannot be read"),
        ({"token_endpoint": "http://["}, "cannot be read"),
        ({"more": "x" * 300_000}, "more than"),
    ],
)
async def test_a_description_that_cannot_be_right_is_not_believed(described: dict[str, Any], reason: str):
    with running_provider(OpenIdProvider(described=described)) as provider:
        (known,) = parse_providers(Secret(json.dumps([provider.entry("corp")]))).values()
        with pytest.raises(OidcRefused, match=reason):
            await ProviderClient(known, ca_file=None).metadata()


@pytest.mark.parametrize("verified", [False, None, "false", 1])
def test_an_address_that_the_provider_has_not_verified_makes_no_account(
    house: House, browser: Browser, verified: object
):
    house.corp.person["email_verified"] = verified
    assert_refused(browser.sign_in(), "oidc-email-not-verified")
    assert house.accounts(house.corp.person["email"]) == 0


def test_without_any_address_there_is_no_account(house: House, browser: Browser):
    house.corp.person["email"] = None
    house.corp.userinfo = {"sub": house.corp.person["sub"]}
    assert_refused(browser.sign_in(), "oidc-email-missing")
    house.corp.person["email"] = "nobody"
    assert_refused(browser.sign_in(), "oidc-email-missing")


def test_what_the_id_token_lacks_is_asked_for(house: House, browser: Browser):
    person = house.corp.person
    house.corp.userinfo = dict(person)
    house.corp.person = {"sub": person["sub"]}
    assert browser.sign_in().headers["location"] == "/"
    assert browser.who()["email"] == person["email"]

    house.corp.person = {"sub": secrets.token_hex(8)}
    assert_refused(browser.sign_in(), "oidc-failed")  # the user info is of somebody else


def test_an_address_that_has_an_account_is_not_taken_over(house: House, browser: Browser):
    with People(house.stage) as people:
        ada = people.register("Ada")
        house.corp.person["email"] = ada.email.upper()
        assert_refused(browser.sign_in(), "oidc-email-taken")
        linking = Browser(house, house.linking)
        assert_refused(linking.sign_in(), "oidc-email-taken")  # we have not verified it: who knows who registered it

        sql(house.stage, "update auth.account set verified_at = now() where id = '$1'", ada.id)
        assert_refused(browser.sign_in(), "oidc-email-taken")
        house.corp.person["email_verified"] = False
        assert_refused(linking.sign_in(), "oidc-email-not-verified")
        house.corp.person["email_verified"] = True
        assert linking.sign_in().headers["location"] == "/"
        assert linking.who()["id"] == ada.id
        assert browser.sign_in().headers["location"] == "/", "once linked, the subject is enough"


def test_two_providers_subjects_are_two_people(house: House, browser: Browser):
    assert browser.sign_in().headers["location"] == "/"
    house.other.person["sub"] = house.corp.person["sub"]
    elsewhere = Browser(house)
    assert elsewhere.sign_in("other").headers["location"] == "/"
    assert elsewhere.who()["id"] != browser.who()["id"]


def test_closed_registration_makes_no_account_and_lets_the_known_in(house: House, browser: Browser):
    closed = Browser(house, house.closed)
    assert_refused(closed.sign_in(), "oidc-registration-closed")
    assert browser.sign_in().headers["location"] == "/"
    assert closed.sign_in().headers["location"] == "/"


def test_a_disabled_account_stays_out(house: House, browser: Browser):
    assert browser.sign_in().headers["location"] == "/"
    sql(house.stage, "update auth.account set disabled_at = now() where id = '$1'", browser.who()["id"])
    assert_refused(browser.sign_in(), "account-disabled")


def test_a_second_factor_is_asked_for_all_the_same(house: House, browser: Browser):
    assert browser.sign_in().headers["location"] == "/"
    refreshed = browser.client.post(f"{house.usual.url}/api/auth/refresh").json()
    browser.client.headers["Authorization"] = f"Bearer {refreshed['access_token']}"
    ceremony = browser.client.post(f"{house.usual.url}/api/auth/passkeys/options", json={}).json()
    key = SoftKey(PASSKEYS_AT)
    body = {"state": ceremony["state"], "credential": key.create(ceremony["options"]), "name": "Key"}
    assert browser.client.post(f"{house.usual.url}/api/auth/passkeys", json=body).status_code == 201

    elsewhere = Browser(house)
    target = urlsplit(elsewhere.sign_in(return_to="/documents").headers["location"])
    assert (target.path, target.query) == ("/sign-in", "")
    told = {name: values[0] for name, values in parse_qs(target.fragment).items()}
    assert told["methods"] == "recovery-code,passkey"
    assert told["return_to"] == "/documents"
    assert "collab_refresh" not in elsewhere.client.cookies
    options = f"{house.usual.url}/api/auth/sign-in/passkey/options"
    ceremony = elsewhere.client.post(options, json={"token": told["second_factor"]}).json()
    body = {"state": ceremony["state"], "credential": key.get(ceremony["options"])}
    assert elsewhere.client.post(f"{house.usual.url}/api/auth/sign-in/passkey", json=body).status_code == 200


def test_of_one_new_person_in_two_tabs_there_is_one_account(house: House):
    tabs = [Browser(house) for _ in range(4)]
    backs = [tab.consent(tab.start()) for tab in tabs]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(Browser.get, tabs, backs))
    assert [answer.headers["location"] for answer in answers] == ["/"] * 4
    assert len({tab.who()["id"] for tab in tabs}) == 1
    assert house.accounts(house.corp.person["email"]) == 1


def test_an_account_that_was_not_tied_before_a_crash_is_tied_later(house: House, browser: Browser):
    assert browser.sign_in().headers["location"] == "/"
    known = browser.who()
    sql(house.stage, "delete from auth.identity where account_id = '$1'", known["id"])
    assert browser.sign_in().headers["location"] == "/"
    assert browser.who() == known


@pytest.mark.parametrize(
    ("error", "code"), [("access_denied", "oidc-cancelled"), ("server_error", "oidc-failed"), ("\r\nx", "oidc-failed")]
)
def test_who_turns_back_at_the_provider_is_told_so(house: House, browser: Browser, error: str, code: str):
    house.corp.refuses = error
    assert_refused(browser.sign_in(), code)


def test_a_provider_that_is_away_is_said_to_be(house: House, browser: Browser):
    answer = browser.get("/api/auth/oidc/away/start")
    assert_refused(answer, "oidc-provider-unavailable")
    back = browser.consent(browser.start())
    house.corp.is_broken = True
    assert_refused(browser.get(back), "oidc-provider-unavailable")
    house.corp.is_broken = False
    assert browser.sign_in().headers["location"] == "/", "what is known of it serves on"


def test_the_account_has_no_password_until_its_owner_sets_one(house: House, browser: Browser):
    assert browser.sign_in().headers["location"] == "/"
    credentials = {"email": house.corp.person["email"], "password": PASSWORD}
    answer = browser.client.post(f"{house.usual.url}/api/auth/sign-in", json=credentials)
    assert_problem(answer, 401, "wrong-credentials")


def test_no_secret_of_a_sign_in_is_logged(house: House, browser: Browser):
    url = browser.start()
    back = browser.consent(url)
    assert browser.get(back).status_code == 303
    log = house.usual.log_path.read_text()
    for secret in (house.corp.client_secret, query_of(back)["code"], query_of(url)["state"], query_of(url)["nonce"]):
        assert secret not in log


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("[{", "no JSON"),
        ('[{"id": "corp"}]', "missing required"),
        ('[{"id": "A B", "name": "A", "issuer": "https://a", "client_id": "a", "client_secret": "hush-hush"}]', "id"),
        ('[{"id": "a", "name": "A", "issuer": "ftp://a", "client_id": "a", "client_secret": "hush-hush"}]', "issuer"),
    ],
)
def test_a_wrong_list_of_providers_is_said_at_the_start(house: House, content: str, word: str):
    path = house.stage.write_secret(f"wrong-{secrets.token_hex(4)}", content)
    done = house.stage.run_module("collab_auth", service="auth", COLLAB_OIDC_PROVIDERS_FILE=str(path))
    assert done.returncode == 78
    assert "COLLAB_OIDC_PROVIDERS_FILE" in done.stderr
    assert word in done.stderr
    assert "hush-hush" not in done.stderr
