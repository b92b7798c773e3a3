"""Secrets that the operator gives: read from their files, kept for the services, shown to nobody."""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest

from collab_platform.blueprint import derive
from collab_platform.checks import Check, CheckFailed, CheckSkipped, run_checks
from collab_platform.checks.given import check_closed, describe_given
from collab_platform.checks.outside import Ask, outside_checks
from collab_platform.environment import Environment
from collab_platform.environment.people import Auth, Mail, OidcProvider
from collab_platform.errors import CollabError, EnvironmentInvalidError
from collab_platform.given import given_files, given_secrets
from collab_platform.secrets import ensure_secrets, generate_secret, keep_given
from collab_platform.targets.base import CommandResult
from collab_platform.targets.local.installation import Installation
from collab_platform.targets.local.mailbox import read_letters
from collab_platform.targets.local.paths import Paths
from collab_platform.targets.local.state import State

PROVIDER = OidcProvider(
    id="corp", name='Corp {"x"}', issuer="https://id.example.org", client_id="collab", client_secret_file="secrets/corp"
)
GIVEN = Environment(
    mail=Mail(smtp_host="smtp.example.org", smtp_user="collab", smtp_password_file="secrets/smtp"),
    auth=Auth(oidc=(PROVIDER,)),
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "secrets").mkdir()
    for name, word in (("smtp", "word one\n"), ("corp", 'word "two"\r\n')):
        (tmp_path / "secrets" / name).write_text(word)
        (tmp_path / "secrets" / name).chmod(0o600)
    return tmp_path


def test_files_become_what_services_read(root: Path):
    found = given_secrets(GIVEN, root)
    assert found["smtp-password"] == "word one"
    assert json.loads(found["oidc-providers"]) == [
        {
            "id": "corp",
            "name": 'Corp {"x"}',
            "issuer": "https://id.example.org",
            "client_id": "collab",
            "client_secret": 'word "two"',
            "scopes": "openid email profile",
        }
    ]
    assert given_secrets(Environment(), root) == {}
    assert describe_given(GIVEN, root) == "2 files"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file"),
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"hush\nhush", "more than one line"),
        (b"hush\xff", "not UTF-8"),
        (b"hush" * 5000, "larger than 4096 bytes"),
    ],
)
def test_a_file_that_cannot_be_one_is_named_with_its_setting_and_shows_nothing(
    root: Path, content: bytes | None, said: str
):
    path = root / "secrets" / "smtp"
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(EnvironmentInvalidError, match=said) as caught:
        given_secrets(GIVEN, root)
    assert caught.value.summary.startswith(f"mail.smtp_password_file: {path}")
    assert "hush" not in caught.value.summary + caught.value.remedy


def test_files_that_others_may_read_are_told(root: Path):
    assert check_closed(GIVEN, root) == "0600"
    path = root / "secrets" / "corp"
    path.chmod(0o640)
    with pytest.raises(CheckFailed, match="corp") as caught:
        check_closed(GIVEN, root)
    assert caught.value.hint == f"chmod 600 {path}"
    with pytest.raises(CheckSkipped):
        check_closed(Environment(), root)


def test_they_are_kept_as_they_are_now_and_forgotten_when_they_are_gone(tmp_path: Path):
    ensure_secrets(derive("x", GIVEN).secrets, tmp_path)
    assert not {"smtp-password", "oidc-providers"} & {path.name for path in tmp_path.iterdir()}
    token = (tmp_path / "internal-token").read_text()
    for word in ("one", "two"):
        keep_given({"smtp-password": word}, tmp_path)
        assert (tmp_path / "smtp-password").read_text() == word
    assert stat.S_IMODE((tmp_path / "smtp-password").stat().st_mode) == 0o600
    keep_given({}, tmp_path)
    assert not (tmp_path / "smtp-password").exists()
    assert (tmp_path / "internal-token").read_text() == token
    with pytest.raises(ValueError, match="operator"):
        generate_secret("given")


def test_a_recovery_needs_no_file_of_the_operators(root: Path):
    installation = Installation(name="x", environment=GIVEN, paths=Paths(root=root, state=root / "state"))
    assert installation.wanted_place(State(environment="x")).secret("smtp-password") == "word one"
    assert set(given_files(GIVEN, root)) == {
        "mail.smtp_password_file",
        "auth.oidc (corp): client_secret_file",
    }
    for path in given_files(GIVEN, root).values():
        path.unlink()
    again = Installation(name="x", environment=GIVEN, paths=installation.paths, keeps_given=True)
    ensure_secrets(derive("x", GIVEN).secrets, again.paths.secrets)
    keep_given({"smtp-password": "word one"}, again.paths.secrets)
    assert again.wanted_place(State(environment="x")).secret("smtp-password") == "word one"


def answering(*answers: Mapping[str, object], exit_code: int = 0, stderr: str = "") -> Ask:
    stdout = json.dumps({"answers": answers})
    return lambda _: CommandResult(exit_code=exit_code, stdout=stdout, stderr=stderr)


def ended(environment: Environment, ask: Ask) -> dict[str, tuple[str, str]]:
    checks: list[Check] = outside_checks(environment, ask)
    return {result.name: (result.outcome, result.message) for result in run_checks(checks)}


def test_mail_and_providers_are_asked_where_there_are_any():
    told = ended(Environment(), answering())
    assert told["mail"] == ("skipped", "mail.smtp_host is not set: mails lie in a folder: `collab mail list`")
    assert told["providers"][0] == "skipped"
    good = {"name": "corp", "ok": True, "said": "takes mail"}
    assert ended(GIVEN, answering(good)) == {"mail": ("passed", "corp takes mail"), "providers": ("passed", "corp")}
    bad = {"name": "corp", "ok": False, "said": "is away"}
    assert ended(GIVEN, answering(bad)) == {
        "mail": ("failed", "corp is away"),
        "providers": ("failed", "corp: is away"),
    }


def test_a_question_that_cannot_be_put_is_a_failed_check():
    said = "COLLAB_SMTP_USER and COLLAB_SMTP_PASSWORD_FILE: expected both or neither"
    told = ended(GIVEN, answering(exit_code=78, stderr=f"{said}\nmore\n"))
    assert told["mail"] == ("failed", f"auth cannot ask: {said}")

    def unable(_: tuple[str, ...]) -> CommandResult:
        raise CollabError("no pod of auth is ready", remedy="Look.")

    assert ended(GIVEN, unable)["mail"] == ("failed", "no pod of auth is ready")


def test_letters_are_read_newest_first_and_strange_files_are_no_harm(tmp_path: Path):
    for name, text in (
        ("1", b"To: ada@example.org\nSubject: Hello\nDate: Sun, 01 Mar 2026 12:00:00 +0000\n\nbody\n"),
        ("2", b"\xff\xfe no mail at all"),
    ):
        (tmp_path / f"{name}.eml").write_bytes(text)
    (tmp_path / ".3.eml.part").write_text("unfinished")
    strange, first = read_letters(tmp_path)
    assert (first.to, first.subject, first.text.strip()) == ("ada@example.org", "Hello", "body")
    assert first.sent is not None
    assert (strange.name, strange.to, strange.sent) == ("2", "", None)
    assert list(read_letters(tmp_path / "none")) == []
