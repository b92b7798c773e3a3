"""Mails that a service put into a folder."""

import re
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

from tests.datastores import wait_until

_LINK = re.compile(r"#token=([\w-]+)")


class Mailbox:
    """The mails that the service has sent, in files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def of(self, address: str) -> list[EmailMessage]:
        mails = [BytesParser(policy=policy.default).parsebytes(path.read_bytes()) for path in self._paths()]
        return [mail for mail in mails if mail["To"] == address]

    def _paths(self) -> list[Path]:
        return sorted(self.folder.glob("*.eml"))

    def wait(self, address: str, subject: str, *, number: int = 1) -> EmailMessage:
        """The newest mail with `subject` to `address`, once there are `number`."""

        def found() -> list[EmailMessage]:
            return [mail for mail in self.of(address) if subject.lower() in str(mail["Subject"]).lower()]

        wait_until(lambda: len(found()) >= number, f"{number} mails about {subject} to {address}")
        return found()[-1]


def token_in(mail: EmailMessage) -> str:
    """What the link in `mail` proves."""
    body = mail.get_body(("plain",))
    assert body is not None
    match = _LINK.search(body.get_content())
    assert match is not None
    return match[1]
