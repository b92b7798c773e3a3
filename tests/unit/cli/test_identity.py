"""The commands about identity: what they ask of the auth service, and what they say of its answer."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO

import msgspec
import pytest

from collab_cli.documents import (
    AuthRotateKeysDocument,
    MailListDocument,
    MailShowDocument,
    MailTestDocument,
    UserGrantAdminDocument,
    UserResetFactorsDocument,
)
from collab_platform.errors import ExitCode
from collab_platform.targets.base import CommandResult, Letter
from tests.unit.cli.scripted import ScriptedTarget, collab

ADMIN = b'{"id":"01890a5d","email":"ada@example.org","is_admin":true,"disabled":false,"verified":false}'
FACTORS = b'{"id":"7","email":"ada@example.org","totp":true,"passkeys":2}'
KEY = b'{"kid":"abc","signs_in_s":600,"revoked_others":false}'
MAIL = b'{"to":"ada@example.org","by":"folder"}'


def answering(stdout: bytes, exit_code: int = 0) -> ScriptedTarget:
    return ScriptedTarget(
        result=CommandResult(exit_code=exit_code, stdout=stdout.decode(), stderr="No: no such account")
    )


def test_an_administrator_is_created(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stdin", StringIO("correct horse\n"))
    target = ScriptedTarget()
    words = ["user", "create", "ada@example.org", "--name", "Ada", "--password-stdin", "--admin"]
    assert collab(target, *words) == ExitCode.OK
    command = ("collab_auth.admin", "create-user", "--email", "ada@example.org", "--name", "Ada", "--admin")
    assert target.calls == [("auth", command, "correct horse", 60)]
    assert "as an administrator" in capsys.readouterr().out


def test_somebody_is_made_an_administrator(capsys: pytest.CaptureFixture[str]):
    target = answering(ADMIN)
    assert collab(target, "user", "grant-admin", "ada@example.org", "-o", "json") == ExitCode.OK
    assert msgspec.json.decode(capsys.readouterr().out, type=UserGrantAdminDocument).user.is_admin
    assert target.calls == [("auth", ("collab_auth.admin", "grant-admin", "--email", "ada@example.org"), "", 60)]


def test_who_is_not_there_is_made_nothing(capsys: pytest.CaptureFixture[str]):
    assert collab(answering(b"", 1), "user", "grant-admin", "x@example.org") == ExitCode.FAILED
    assert "no such account" in capsys.readouterr().err


def test_lost_factors_are_taken_away(capsys: pytest.CaptureFixture[str]):
    target = answering(FACTORS)
    assert collab(target, "user", "reset-second-factors", "ada@example.org", "-o", "json") == ExitCode.OK
    assert msgspec.json.decode(capsys.readouterr().out, type=UserResetFactorsDocument).user.passkeys == 2
    command = ("collab_auth.admin", "reset-second-factors", "--email", "ada@example.org")
    assert target.calls == [("auth", command, "", 60)]


def test_keys_are_rotated(capsys: pytest.CaptureFixture[str]):
    target = answering(KEY)
    assert collab(target, "auth", "rotate-keys", "--overlap", "3600", "--revoke", "-o", "json") == ExitCode.OK
    assert msgspec.json.decode(capsys.readouterr().out, type=AuthRotateKeysDocument).key.kid == "abc"
    command = ("collab_auth.admin", "rotate-keys", "--overlap-s", "3600", "--revoke")
    assert target.calls == [("auth", command, "", 60)]


def test_a_key_says_when_it_signs(capsys: pytest.CaptureFixture[str]):
    assert collab(answering(KEY), "auth", "rotate-keys") == ExitCode.OK
    assert "signs in 600 s" in capsys.readouterr().out


LETTERS = tuple(
    Letter(
        name=f"2026030{day}T120000.000000Z-0a1b2c3d",
        sent=datetime(2026, 3, day, 12, tzinfo=UTC),
        to=to,
        subject=subject,
        text=f"http://127.0.0.1:8080/reset-password#token={day}\n",
    )
    for day, to, subject in (
        (3, "grace@example.org", "Confirm your e-mail address"),
        (2, "ada@example.org", "Choose a new password"),
        (1, "ada@example.org", "Test mail"),
    )
)


def test_mails_that_lie_here_are_listed_without_what_they_say(capsys: pytest.CaptureFixture[str]):
    assert collab(ScriptedTarget(mailbox=LETTERS), "mail", "list", "-n", "2") == ExitCode.OK
    shown = capsys.readouterr().out
    assert shown.index("Confirm your e-mail address") < shown.index("Choose a new password")
    assert "Test mail" not in shown
    assert collab(ScriptedTarget(mailbox=LETTERS), "mail", "list", "-o", "json") == ExitCode.OK
    text = capsys.readouterr().out
    listed = msgspec.json.decode(text, type=MailListDocument).mails
    assert [each.name for each in listed] == [each.name for each in LETTERS]
    assert "token" not in text
    assert collab(ScriptedTarget(), "mail", "list") == ExitCode.OK
    assert "No mail has been sent yet" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], LETTERS[0]),
        (["--to", "ADA@example.org"], LETTERS[1]),
        ([LETTERS[2].name], LETTERS[2]),
    ],
)
def test_one_mail_is_shown_with_its_link(capsys: pytest.CaptureFixture[str], words: list[str], expected: Letter):
    assert collab(ScriptedTarget(mailbox=LETTERS), "mail", "show", *words) == ExitCode.OK
    shown = capsys.readouterr().out
    assert f"To: {expected.to}\nSubject: {expected.subject}\n" in shown
    assert expected.text.strip() in shown
    assert collab(ScriptedTarget(mailbox=LETTERS), "mail", "show", *words, "-o", "json") == ExitCode.OK
    assert msgspec.json.decode(capsys.readouterr().out, type=MailShowDocument).mail.text == expected.text


@pytest.mark.parametrize(
    ("target", "words", "said"),
    [
        (ScriptedTarget(), [], "no mail has been sent yet"),
        (ScriptedTarget(mailbox=LETTERS), ["--to", "eve@example.org"], "no mail to eve@example.org"),
        (ScriptedTarget(mailbox=LETTERS), ["20200101"], "no mail 20200101"),
        (ScriptedTarget(mailbox=None), [], "mails go to smtp.example.org"),
    ],
)
def test_a_mail_that_is_not_here_is_told(
    capsys: pytest.CaptureFixture[str], target: ScriptedTarget, words: list[str], said: str
):
    assert collab(target, "mail", "show", *words) == ExitCode.USAGE
    assert said in capsys.readouterr().err


def test_a_mail_is_tried(capsys: pytest.CaptureFixture[str]):
    target = answering(MAIL)
    assert collab(target, "mail", "test", "ada@example.org", "-o", "json") == ExitCode.OK
    assert msgspec.json.decode(capsys.readouterr().out, type=MailTestDocument).mail.by == "folder"
    assert target.calls == [("auth", ("collab_auth.admin", "send-mail", "--to", "ada@example.org"), "", 60)]
