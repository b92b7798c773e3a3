"""The auth service by itself, for what needs no other: mail goes into a folder, and no user service answers."""

import re
from collections.abc import Generator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import pytest

from tests.datastores import Datastores, wait_until
from tests.people import People
from tests.services import Stage

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


@pytest.fixture(scope="session")
def auth_stage(datastores: Datastores, tmp_path_factory: pytest.TempPathFactory) -> Generator[Stage]:
    stage = Stage.prepare(tmp_path_factory.mktemp("auth-stage"), datastores)
    try:
        stage.start_all({"auth": {"COLLAB_MAIL_FOLDER": str(stage.directory / "mail")}})
        yield stage
    finally:
        stage.close()


@pytest.fixture
def mailbox(auth_stage: Stage) -> Mailbox:
    return Mailbox(auth_stage.directory / "mail")


@pytest.fixture
def members(auth_stage: Stage) -> Generator[People]:
    """Registers people on `auth_stage`."""
    with People(auth_stage) as people:
        yield people
