"""Those outside, as an operator sets them up: a mail server, providers to sign in with, authorities to trust."""

import json
import re
import stat
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from collab_platform.checks import CheckResult, run_checks
from collab_platform.errors import EnvironmentInvalidError, UsageError
from collab_platform.gateway.certificate import ensure_certificate
from tests.integration.auth.provider import OpenIdProvider, running_provider
from tests.integration.local.site import Site, wait_until
from tests.mail_server import MailServer, mail_server
from tests.people import PASSWORD, new_client
from tests.system.processes import command_line

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("local")]

ADA = "ada@example.org"
WORD = "a word of nobody's"


@dataclass
class World:
    """A site with a mail server that only it may send by, and a provider; the secrets lie in its project."""

    site: Site
    mail: MailServer
    provider: OpenIdProvider

    @property
    def password_file(self) -> Path:
        return self.site.root / "environments/secrets/smtp"

    @property
    def url(self) -> str:
        return self.site.status().urls["editor"]

    def checks(self) -> dict[str, CheckResult]:
        return {result.name: result for result in self.site.check()}

    def post(self, client: httpx.Client, path: str, **body: str) -> httpx.Response:
        return client.post(f"{self.url}/api/auth/{path}", json=body)

    def token_for(self, subject: str) -> str:
        """What stands in the link of the mail to Ada whose subject begins so."""
        found: list[str] = []

        def arrived() -> bool:
            bodies = [mail.get_body(("plain",)) for mail in self.mail.to(ADA) if mail["Subject"].startswith(subject)]
            found[:] = [
                match[1] for body in bodies if body and (match := re.search(r"#token=(\S+)", body.get_content()))
            ]
            return bool(found)

        wait_until(arrived, lambda: f"a mail {subject!r}: there are {[mail['Subject'] for mail in self.mail.mails]}")
        return found[-1]


@contextmanager
def made(site: Site) -> Generator[World]:
    folder = site.root / "environments/secrets"
    folder.mkdir(parents=True)
    certificate = ensure_certificate(folder / "authority", ())
    users = {"collab": WORD}
    with (
        mail_server("starttls", certificate=certificate, users=users) as mail,
        running_provider(OpenIdProvider()) as provider,
    ):
        provider.reset()
        for name, secret in (("smtp", WORD), ("corp", provider.client_secret)):
            (folder / name).write_text(f"{secret}\n")
            (folder / name).chmod(0o600)
        entry = {key: provider.entry("corp")[key] for key in ("id", "name", "issuer", "client_id")}
        site.settings = {
            "services.ca_file": str(certificate.ca),
            "mail.smtp_host": "localhost",
            "mail.smtp_port": str(mail.port),
            "mail.smtp_user": "collab",
            "mail.smtp_password_file": "environments/secrets/smtp",
            "mail.sender": "collab@example.org",
            "auth.registration": "verified",
            "auth.oidc": json.dumps([{**entry, "client_secret_file": "environments/secrets/corp"}]),
        }
        yield World(site=site, mail=mail, provider=provider)


def test_people_get_mail_and_sign_in_with_a_provider(site: Site):
    with made(site) as world:
        site.up()
        site.wait_healthy()
        checks = world.checks()
        assert [each for each in checks.values() if each.outcome == "failed"] == []
        assert checks["mail"].message == f"localhost:{world.mail.port} takes mail, over TLS, from collab"
        assert checks["providers"].message == "corp"
        assert world.mail.mails == []

        _registers_and_forgets_the_password(world)
        _signs_in_with_the_provider(world)
        _secrets_are_nobodys(world)
        _a_changed_secret_restarts_auth_alone(world)
    with pytest.raises(UsageError, match="go to localhost"):
        site.target.letters()


def _registers_and_forgets_the_password(world: World) -> None:
    with new_client() as client:
        assert world.post(client, "register", email=ADA, name="Ada", password=PASSWORD).status_code == 202
        assert world.post(client, "sign-in", email=ADA, password=PASSWORD).status_code == 403
        token = world.token_for("Confirm")
        assert world.post(client, "email/verify", token=token).is_success
        assert world.post(client, "sign-in", email=ADA, password=PASSWORD).status_code == 200
        assert world.post(client, "password/forgot", email=ADA).status_code == 202
        token = world.token_for("Choose")
        assert world.post(client, "password/reset", token=token, password=f"new {PASSWORD}").is_success
        assert world.post(client, "sign-in", email=ADA, password=f"new {PASSWORD}").status_code == 200
    assert {mail["From"] for mail in world.mail.mails} == {"collab <collab@example.org>"}


def _signs_in_with_the_provider(world: World) -> None:
    with new_client() as client:
        offered = client.get(f"{world.url}/api/auth/oidc").json()
        assert "corp" in json.dumps(offered)
        start = client.get(f"{world.url}/api/auth/oidc/corp/start?return_to=/documents")
        assert start.status_code == 303, start.text
        back = client.get(start.headers["location"]).headers["location"]
        assert back.startswith(f"{world.url}/api/auth/oidc/corp/callback?")
        arrived = client.get(back)
        assert (arrived.status_code, urlsplit(arrived.headers["location"]).path) == (303, "/documents")
        session = client.post(f"{world.url}/api/auth/refresh")
        assert session.json()["user"]["email"] == world.provider.person["email"]


def _secrets_are_nobodys(world: World) -> None:
    site, values = world.site, [WORD, world.provider.client_secret]
    kept = {path.name: path for path in (site.state / "secrets").iterdir() if path.is_file()}
    assert kept["smtp-password"].read_text() == WORD
    assert json.loads(kept["oidc-providers"].read_text())[0]["client_secret"] == world.provider.client_secret
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept.values()} == {0o600}
    elsewhere = [path for path in site.state.rglob("*") if path.is_file() and path.parent != site.state / "secrets"]
    assert site.state / "state.json" in elsewhere
    assert [path for path in elsewhere for value in values if value.encode() in _content(path)] == []
    shown = [*map(command_line, site.processes()), repr(site.events), repr(site.target.preview())]
    shown += [repr(psutil.Process(site.pid("auth-1")).environ())]
    assert [text for text in shown for value in values if value in text] == []


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:  # PostgreSQL's, which makes and removes files all the time
        return b""


def _a_changed_secret_restarts_auth_alone(world: World) -> None:
    site, before = world.site, {name: each.pid for name, each in world.site.replicas().items()}
    world.password_file.write_text("another\n")
    assert {step.name: step.action for step in site.target.preview().changes} == {
        "prepare": "update",
        "auth": "restart",
    }
    site.up()
    after = {name: each.pid for name, each in site.wait_healthy().items()}
    assert {name for name in before if before[name] != after[name]} == {"auth-1"}
    assert site.target.preview().changes == ()
    told = world.checks()["mail"]
    assert (told.outcome, "does not let collab in (535)" in told.message) == ("failed", True)
    assert "another" not in told.message + told.hint

    world.password_file.unlink()
    faults = {each.name: each for each in run_checks(site.target.preflight())}
    assert (faults["given"].outcome, "mail.smtp_password_file" in faults["given"].message) == ("failed", True)
    with pytest.raises(EnvironmentInvalidError, match=r"mail\.smtp_password_file: .*/smtp cannot be read"):
        site.up()
    assert site.pid("auth-1") == after["auth-1"]


def test_without_a_mail_server_mails_lie_here(site: Site):
    site.up()
    url = site.status().urls["editor"]
    with new_client() as client:
        person = {"email": "grace@example.org", "name": "Grace", "password": PASSWORD}

        def subjects() -> list[str]:
            return [letter.subject for letter in site.target.letters() if letter.to == person["email"]]

        assert client.post(f"{url}/api/auth/register", json=person).status_code == 201
        # Mails that wait together go in any order.
        wait_until(lambda: len(subjects()) == 1, lambda: f"the first mail: {subjects()}")
        assert client.post(f"{url}/api/auth/password/forgot", json={"email": person["email"]}).status_code == 202
        wait_until(lambda: len(subjects()) == 2, lambda: f"two mails: {subjects()}")
    newest = next(iter(site.target.letters()))
    assert subjects()[0] == newest.subject == "Choose a new password"
    assert f"{url}/reset-password#token=" in newest.text
    assert newest.text not in repr(newest)
    assert {result.name: result.outcome for result in site.check() if result.name in {"mail", "providers"}} == {
        "mail": "skipped",
        "providers": "skipped",
    }
