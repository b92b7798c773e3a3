"""Mails say what they should to whom they should, whatever stands in an address."""

from email.message import EmailMessage
from pathlib import Path

import pytest

from collab_kit import mail
from collab_kit.mail import FolderMailer, Mail, MailFailed, MailSettings, open_mailer, render, sender_of
from collab_kit.settings import SettingsError, load_settings

ENVIRONMENT = {
    "COLLAB_INSTANCE": "test-1",
    "COLLAB_PORT": "0",
    "COLLAB_PUBLIC_URL": "https://docs.example.org:8443",
    "COLLAB_DATABASE_URL": "postgresql://a@127.0.0.1/a",
    "COLLAB_REDIS_URL": "redis://127.0.0.1",
}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    secret = tmp_path / "secret"
    secret.write_text("x")
    names = ("DATABASE_PASSWORD", "REDIS_PASSWORD", "INTERNAL_TOKEN")
    return ENVIRONMENT | {f"COLLAB_{name}_FILE": str(secret) for name in names} | {"SECRET": str(secret)}


def new_mail(recipient: str = "ada@example.org", subject: str = "Hello") -> Mail:
    return Mail(
        recipient=recipient,
        subject=subject,
        paragraphs=("One <b>paragraph</b>.",),
        link="https://docs.example.org/x#token=a&b",
        link_text="Open",
        footer="Sent by collab.",
    )


def mails_in(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.eml"))


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return body.get_content()


def test_text_and_html_say_the_same():
    message = render(new_mail(), sender="collab@example.org")
    text, html = part(message, "plain"), part(message, "html")
    assert "One <b>paragraph</b>." in text
    assert "One &lt;b&gt;paragraph&lt;/b&gt;." in html
    assert "https://docs.example.org/x#token=a&b" in text
    assert 'href="https://docs.example.org/x#token=a&amp;b"' in html
    assert message["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize(
    "recipient",
    ["eve,ada@example.org", "<ada@example.org>", "ada@example.org\nBcc: eve@example.org", "", "nobody", "a@b@c"],
)
def test_an_address_is_one_or_none(recipient: str):
    with pytest.raises(MailFailed) as failed:
        render(new_mail(recipient), sender="collab@example.org")
    assert failed.value.is_final


def test_a_subject_is_one_line():
    with pytest.raises(MailFailed):
        render(new_mail(subject="Hello\nBcc: eve@example.org"), sender="collab@example.org")


async def test_a_folder_has_whole_mails_that_nobody_else_reads(tmp_path: Path):
    folder = tmp_path / "mail"
    mailer = FolderMailer(folder, "collab@example.org")
    for number in range(3):
        await mailer.send(new_mail(subject=f"Mail {number}"))
    names = mails_in(folder)
    assert len(names) == len(list(folder.iterdir())) == 3
    assert {path.stat().st_mode & 0o777 for path in names} == {0o600}
    assert [
        line.removeprefix("Subject: ")
        for path in names
        for line in path.read_text().splitlines()
        if line.startswith("Subject: ")
    ] == ["Mail 0", "Mail 1", "Mail 2"]


async def test_a_folder_keeps_the_newest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(mail, "MAX_FOLDER_MAILS", 2)
    mailer = FolderMailer(tmp_path, "collab@example.org")
    for number in range(4):
        await mailer.send(new_mail(subject=f"Mail {number}"))
    kept = [path.read_text() for path in mails_in(tmp_path)]
    assert ["Subject: Mail 2" in kept[0], "Subject: Mail 3" in kept[1], len(kept)] == [True, True, 2]


async def test_a_folder_that_cannot_be_written_may_be_so_later(tmp_path: Path):
    (tmp_path / "mail").write_text("a file")
    with pytest.raises(MailFailed) as failed:
        await FolderMailer(tmp_path / "mail", "collab@example.org").send(new_mail())
    assert not failed.value.is_final


def test_without_settings_no_mail_is_sent(environment: dict[str, str]):
    settings = load_settings(MailSettings, environment)
    assert open_mailer(settings) is None
    assert sender_of(settings) == "no-reply@docs.example.org"


@pytest.mark.parametrize(
    ("variables", "wrong"),
    [
        ({"COLLAB_SMTP_HOST": "a", "COLLAB_MAIL_FOLDER": "/b"}, "are both set"),
        ({"COLLAB_SMTP_HOST": "a", "COLLAB_SMTP_USER": "u"}, "expected both or neither"),
        (
            {"COLLAB_SMTP_USER": "u", "COLLAB_SMTP_PASSWORD_FILE": "SECRET", "COLLAB_SMTP_SECURITY": "none"},
            "in the clear",
        ),
        ({"COLLAB_MAIL_FROM": "nobody"}, "COLLAB_MAIL_FROM is wrong"),
        ({"COLLAB_SMTP_PORT": "0"}, "COLLAB_SMTP_PORT is wrong"),
        ({"COLLAB_SMTP_SECURITY": "ssl"}, "COLLAB_SMTP_SECURITY is wrong"),
    ],
)
def test_wrong_settings_are_told(environment: dict[str, str], variables: dict[str, str], wrong: str):
    given = {name: environment["SECRET"] if value == "SECRET" else value for name, value in variables.items()}
    with pytest.raises(SettingsError, match=wrong):
        load_settings(MailSettings, environment | given)
