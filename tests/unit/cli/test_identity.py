"""The commands about identity: what they ask of the auth service, and what they say of its answer."""

from __future__ import annotations

from io import StringIO

import msgspec
import pytest

from collab_cli.documents import (
    AuthRotateKeysDocument,
    MailTestDocument,
    UserGrantAdminDocument,
    UserResetFactorsDocument,
)
from collab_platform.errors import ExitCode
from collab_platform.targets.base import CommandResult
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


def test_a_mail_is_tried(capsys: pytest.CaptureFixture[str]):
    target = answering(MAIL)
    assert collab(target, "mail", "test", "ada@example.org", "-o", "json") == ExitCode.OK
    assert msgspec.json.decode(capsys.readouterr().out, type=MailTestDocument).mail.by == "folder"
    assert target.calls == [("auth", ("collab_auth.admin", "send-mail", "--to", "ada@example.org"), "", 60)]
