"""A real SMTP server for tests: with STARTTLS, TLS or neither, that asks who one is, and keeps the mails it takes."""

from __future__ import annotations

import ssl
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Literal

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from collab_platform.gateway.certificate import Certificate
from tests.ports import free_port

Security = Literal["starttls", "tls", "none"]


@dataclass
class MailServer:
    """``users`` may sign in, and where there are any nobody else sends; both may be changed at any time."""

    port: int = field(default_factory=free_port)
    users: dict[str, str] = field(default_factory=dict[str, str])
    mails: list[EmailMessage] = field(default_factory=list[EmailMessage])
    signed_in: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """Who tried to, right or wrong."""

    def to(self, recipient: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if mail["To"] == recipient]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802 - aiosmtpd's
        assert isinstance(envelope.content, bytes)
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 taken"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        del server, session, envelope, mechanism
        assert isinstance(data, LoginPassword)
        user, password = data.login.decode(), data.password.decode()
        self.signed_in.append((user, password))
        right = self.users.get(user) == password
        return AuthResult(success=right, handled=False)


@contextmanager
def mail_server(
    security: Security = "none",
    *,
    certificate: Certificate | None = None,
    users: dict[str, str] | None = None,
    port: int | None = None,
) -> Generator[MailServer]:
    """Serve on ``localhost``, with ``certificate`` where there is TLS."""
    server = MailServer(port=port or free_port(), users=users or {})
    tls: ssl.SSLContext | None = None
    if security != "none":
        assert certificate is not None
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate.cert, certificate.key)
    controller = Controller(
        server,
        hostname="127.0.0.1",
        port=server.port,
        ssl_context=tls if security == "tls" else None,
        tls_context=tls if security == "starttls" else None,
        require_starttls=security == "starttls",
        authenticator=server.authenticate,
        ready_timeout=60,
        # aiosmtpd sees no TLS in a connection that began with it.
        auth_required=bool(server.users) and security == "starttls",
        auth_require_tls=security == "starttls",
        auth_exclude_mechanism=() if server.users else ("LOGIN", "PLAIN"),
    )
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
