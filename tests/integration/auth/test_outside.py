"""What `collab check` learns of a mail server and of providers, by asking them as the service would."""

import json
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from collab_platform.gateway.certificate import Certificate, ensure_certificate
from tests.datastores import Datastores
from tests.integration.auth.provider import OpenIdProvider, running_provider
from tests.mail_server import MailServer, Security, mail_server
from tests.ports import free_port
from tests.services import Stage

PASSWORD = "a word of nobody's"


@pytest.fixture(scope="module")
def stage(datastores: Datastores, tmp_path_factory: pytest.TempPathFactory) -> Generator[Stage]:
    prepared = Stage.prepare(tmp_path_factory.mktemp("outside"), datastores)
    yield prepared
    prepared.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return ensure_certificate(tmp_path_factory.mktemp("authority"), ())


def ask(stage: Stage, what: str, **settings: str) -> list[dict[str, Any]]:
    done = stage.run_module("collab_auth.outside", what, service="auth", **settings)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert PASSWORD not in done.stdout
    return json.loads(done.stdout)["answers"]


def ask_mail(stage: Stage, server: MailServer, security: Security, **settings: str) -> tuple[bool, str]:
    where = {"COLLAB_SMTP_HOST": "localhost", "COLLAB_SMTP_PORT": str(server.port), "COLLAB_SMTP_SECURITY": security}
    (answer,) = ask(stage, "mail", **where, **settings)
    assert answer["name"] == f"localhost:{server.port}"
    return answer["ok"], answer["said"]


def signing_in(stage: Stage, certificate: Certificate, password: str = PASSWORD) -> dict[str, str]:
    return {
        "COLLAB_SMTP_USER": "collab",
        "COLLAB_SMTP_PASSWORD_FILE": str(stage.write_secret("smtp-password", password)),
        "COLLAB_CA_FILE": str(certificate.ca),
    }


def test_without_mail_and_providers_nobody_is_asked(stage: Stage):
    assert ask(stage, "mail") == ask(stage, "providers") == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_that_lets_us_in_takes_mail_and_gets_none(stage: Stage, certificate: Certificate, security: Security):
    with mail_server(security, certificate=certificate, users={"collab": PASSWORD}) as server:
        ok, said = ask_mail(stage, server, security, **signing_in(stage, certificate))
        assert (ok, said) == (True, "takes mail, over TLS, from collab")
        ok, said = ask_mail(stage, server, security, **signing_in(stage, certificate, "another"))
        assert (ok, said) == (False, "does not let collab in (535): the user or the password is wrong")
        assert server.mails == []


def test_a_server_without_tls_is_told_from_one_that_is_not_trusted(stage: Stage, certificate: Certificate):
    with mail_server("none") as server:
        assert ask_mail(stage, server, "none") == (True, "takes mail")
        assert ask_mail(stage, server, "starttls") == (False, "offers no STARTTLS")
        assert ask_mail(stage, server, "tls") == (False, "does not speak TLS on that port")
    with mail_server("starttls", certificate=certificate) as server:
        ok, said = ask_mail(stage, server, "starttls")
        assert not ok
        assert said.startswith("its certificate is not trusted: ")
        away = server
    ok, said = ask_mail(stage, away, "starttls")
    assert (ok, said.split(":")[0]) == (False, "cannot be reached")


def test_a_server_that_knows_no_users_is_told(stage: Stage, certificate: Certificate):
    with mail_server("starttls", certificate=certificate) as server:
        ok, said = ask_mail(stage, server, "starttls", **signing_in(stage, certificate))
        assert (ok, said) == (False, "offers no way to sign in that we know")


def test_each_provider_answers_for_itself(stage: Stage):
    with ExitStack() as stack:
        corp, other = (stack.enter_context(running_provider(OpenIdProvider())) for _ in range(2))
        other.described["issuer"] = "https://somebody.else"
        away = corp.entry("away") | {"issuer": f"http://127.0.0.1:{free_port()}"}
        entries = json.dumps([corp.entry("corp"), other.entry("other"), away])
        path = stage.write_secret("oidc-providers", entries)
        answers = {each["name"]: each for each in ask(stage, "providers", COLLAB_OIDC_PROVIDERS_FILE=str(path))}
    assert {name: each["ok"] for name, each in answers.items()} == {"corp": True, "other": False, "away": False}
    assert answers["other"]["said"] == f"{other.issuer}: the description is of another issuer"
    assert answers["away"]["said"].startswith(away["issuer"])
    assert corp.client_secret not in json.dumps(answers)


def test_wrong_words_and_wrong_settings_have_exit_codes(stage: Stage, tmp_path: Path):
    assert stage.run_module("collab_auth.outside", "weather", service="auth").returncode == 2
    wrong = stage.run_module(
        "collab_auth.outside", "providers", service="auth", COLLAB_OIDC_PROVIDERS_FILE=str(tmp_path / "gone")
    )
    assert (wrong.returncode, wrong.stderr.count("\n")) == (78, 1)
    assert "COLLAB_OIDC_PROVIDERS_FILE" in wrong.stderr
