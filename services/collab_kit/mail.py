"""Mail: over SMTP, or into a folder of `.eml` files where a laptop has no mail server; or none, when neither is set."""

import asyncio
import os
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from html import escape
from pathlib import Path
from typing import Annotated, Literal, Protocol
from urllib.parse import urlsplit
from uuid import uuid4

import aiosmtplib
from msgspec import Meta, Struct
from prometheus_client import Counter

from collab_kit.errors import Unavailable
from collab_kit.settings import Secret, ServiceSettings
from collab_kit.tls import trusting

__all__ = [
    "FolderMailer",
    "Mail",
    "MailFailed",
    "MailNotConfigured",
    "MailSettings",
    "Mailer",
    "SmtpMailer",
    "open_mailer",
    "render",
]

SEND_DEADLINE_S = 20.0
"""For one mail, from looking up the server to its last word."""
MAX_FOLDER_MAILS = 1000
"""Of a folder's mails the oldest make room for the newest."""

_sent = Counter("collab_mails_total", "Mails by what became of them", ["outcome"])

HostName = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9.:_-]{1,253}$", description="a host name", examples=["smtp.example.org"])
]
SmtpPort = Annotated[int, Meta(ge=1, le=65535, description="a port from 1 to 65535", examples=[587])]
Mailbox = Annotated[
    str,
    Meta(
        pattern=r"^[^\s@<>,;:\"]{1,64}@[A-Za-z0-9.-]{1,190}$",
        description="an e-mail address",
        examples=["collab@example.org"],
    ),
]
FolderPath = Annotated[
    str, Meta(pattern="^/", description="the absolute path of a directory", examples=["/var/mail/collab"])
]


class MailSettings(ServiceSettings, frozen=True, kw_only=True):
    """For services that send mail. With neither `smtp_host` nor `mail_folder` they send none."""

    smtp_host: HostName | None = None
    smtp_port: SmtpPort = 587
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    """`starttls` begins in the clear and refuses to go on without TLS; `tls` begins with it (port 465)."""
    smtp_user: str | None = None
    smtp_password: Secret | None = None
    mail_from: Mailbox | None = None
    """By default `no-reply@` the public URL's host."""
    mail_folder: FolderPath | None = None

    def problems(self) -> Iterator[str]:
        yield from super().problems()
        if self.smtp_host is not None and self.mail_folder is not None:
            yield "COLLAB_SMTP_HOST and COLLAB_MAIL_FOLDER are both set: expected one of them"
        if (self.smtp_user is None) != (self.smtp_password is None):
            yield "COLLAB_SMTP_USER and COLLAB_SMTP_PASSWORD_FILE: expected both or neither"
        if self.smtp_password is not None and self.smtp_security == "none":
            yield "COLLAB_SMTP_SECURITY is none, which would send the password in the clear: expected starttls or tls"


class MailNotConfigured(Unavailable):
    slug = "mail-not-configured"
    title = "This system sends no mail"

    def __init__(self) -> None:
        # An hour: only an operator can change it.
        super().__init__("An operator has to set up mail first.", retry_after_s=3600)


class MailFailed(Exception):  # noqa: N818  # named for what it says
    """A mail was not sent. `is_final` when trying again is of no use: the recipient is refused."""

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        super().__init__(reason)
        self.is_final = is_final


class Mail(Struct, frozen=True, kw_only=True):
    """A mail to one person: paragraphs of plain text, and perhaps one link that stands below them."""

    recipient: str
    subject: str
    paragraphs: tuple[str, ...]
    link: str | None = None
    link_text: str = "Open"
    footer: str = ""


class Mailer(Protocol):
    async def send(self, mail: Mail) -> None:
        """Hand `mail` over. Raises `MailFailed`."""
        ...


def open_mailer(settings: MailSettings) -> Mailer | None:
    """Where mail goes; `None` when nothing is set up. Connects to nothing yet."""
    if settings.smtp_host is not None:
        return SmtpMailer(settings)
    if settings.mail_folder is not None:
        return FolderMailer(Path(settings.mail_folder), sender_of(settings))
    return None


class SmtpMailer:
    """A connection for each mail: few are sent, and a kept one is closed by the server when it is needed."""

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings
        self._sender = sender_of(settings)
        self._tls: ssl.SSLContext | None = None

    async def send(self, mail: Mail) -> None:
        """Raises `MailFailed`: within `SEND_DEADLINE_S`."""
        message = render(mail, sender=self._sender)
        settings = self._settings
        if self._tls is None and settings.smtp_security != "none":
            self._tls = trusting(settings.ca_file)
        password = settings.smtp_password.reveal() if settings.smtp_password else None
        try:
            async with asyncio.timeout(SEND_DEADLINE_S):
                await aiosmtplib.send(
                    message,
                    sender=self._sender,
                    recipients=[mail.recipient],
                    hostname=settings.smtp_host,
                    port=settings.smtp_port,
                    username=settings.smtp_user,
                    password=password,
                    use_tls=settings.smtp_security == "tls",
                    start_tls=settings.smtp_security == "starttls",
                    tls_context=self._tls,
                    timeout=SEND_DEADLINE_S,
                )
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [each.code for each in error.recipients]
            _sent.labels("failed").inc()
            raise MailFailed(
                f"the recipient is refused: {codes}", is_final=all(code >= 500 for code in codes)
            ) from error
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as error:
            _sent.labels("failed").inc()
            # The class alone: what a server says may repeat what it was told.
            raise MailFailed(type(error).__name__) from error
        _sent.labels("sent").inc()


class FolderMailer:
    """A file for each mail, named so that the order of names is that of time."""

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder = folder
        self._sender = sender

    async def send(self, mail: Mail) -> None:
        """Raises `MailFailed`."""
        message = render(mail, sender=self._sender)
        try:
            await asyncio.to_thread(self._write, message.as_bytes())
        except OSError as error:
            _sent.labels("failed").inc()
            raise MailFailed(f"the mail folder cannot be written: {error.strerror}") from error
        _sent.labels("sent").inc()

    def _write(self, content: bytes) -> None:
        """Whoever reads the folder finds whole mails only; the links in them are for their owner's eyes."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{uuid4().hex[:8]}.eml"
        unfinished = self._folder / f".{name}.part"
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        unfinished.replace(self._folder / name)
        for old in sorted(self._folder.glob("*.eml"))[:-MAX_FOLDER_MAILS]:
            old.unlink(missing_ok=True)


def sender_of(settings: MailSettings) -> str:
    host = urlsplit(settings.public_url).hostname or "localhost"
    return settings.mail_from or f"no-reply@{'localhost' if ':' in host else host}"


def render(mail: Mail, *, sender: str) -> EmailMessage:
    """As plain text, and as simple HTML beside it. Raises `MailFailed` for a recipient that no mail can be sent to."""
    message = EmailMessage()
    try:
        # As one address: a comma or a bracket in it must not make it two.
        message["To"] = Address(addr_spec=mail.recipient)
        message["From"] = Address("collab", addr_spec=sender)
        message["Subject"] = mail.subject
    except (MessageError, ValueError, IndexError) as error:
        raise MailFailed("the recipient is no address that mail can be sent to", is_final=True) from error
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    # RFC 3834: so that no auto-responder answers.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_as_text(mail))
    message.add_alternative(_as_html(mail), subtype="html")
    return message


def _as_text(mail: Mail) -> str:
    parts = [*mail.paragraphs, *([mail.link] if mail.link else []), *([f"-- \n{mail.footer}"] if mail.footer else [])]
    return "\n\n".join(parts) + "\n"


def _as_html(mail: Mail) -> str:
    parts = [f"<p>{escape(paragraph)}</p>" for paragraph in mail.paragraphs]
    if mail.link:
        parts.append(f'<p><a href="{escape(mail.link)}">{escape(mail.link_text)}</a></p>')
        parts.append(f"<p>{escape(mail.link)}</p>")
    if mail.footer:
        parts.append(f"<hr><p><small>{escape(mail.footer)}</small></p>")
    body = "\n".join(parts)
    return f'<!doctype html>\n<html lang="en"><body style="font-family: sans-serif">\n{body}\n</body></html>\n'
