"""The folder of mails that an environment without a mail server keeps: newest first, each read when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from collab_platform.targets.base import Letter


def read_letters(folder: Path) -> Iterator[Letter]:
    """Names begin with the time; one that makes room for a newer one meanwhile is passed over."""
    for path in sorted(folder.glob("*.eml"), reverse=True):
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            continue
        yield _letter(path.stem, message_from_bytes(content, policy=policy.default))


def _letter(name: str, message: EmailMessage) -> Letter:
    body = message.get_body(("plain",))
    sent: datetime | None = getattr(message["Date"], "datetime", None)
    return Letter(
        name=name,
        sent=sent,
        to=str(message["To"] or ""),
        subject=str(message["Subject"] or ""),
        text=str(body.get_content()) if body else "",
    )
