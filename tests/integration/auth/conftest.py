"""The auth service by itself, for what needs no other: mail goes into a folder, and no user service answers."""

from collections.abc import Generator

import pytest

from tests.datastores import Datastores
from tests.mailbox import Mailbox
from tests.people import People
from tests.services import Stage


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
