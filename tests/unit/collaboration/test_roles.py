"""Going over what everybody may do: each question once, and none that a later change makes wrong."""

import asyncio
from collections.abc import Collection
from uuid import UUID

import pytest

from collab_collaboration import roles as module
from collab_collaboration.receiver import Receiver
from collab_collaboration.roles import CurrentRoles, Roster
from collab_kit.errors import PeerUnavailable
from collab_kit.tokens import Role
from tests.unit.collaboration.receivers import FakeReceiver

DOCUMENT, LINK = UUID(int=9), UUID(int=8)


class Service:
    """The document service, which answers when the test lets it."""

    def __init__(self) -> None:
        self.roles: dict[int, Role | None] = {}
        self.links: dict[UUID, Role | None] = {}
        self.gone = False
        self.failures = 0
        self.questions = 0
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def ask(self, document: UUID, people: Collection[UUID], links: Collection[UUID]) -> CurrentRoles:
        assert document == DOCUMENT
        self.questions += 1
        # What is true when the question comes; the answer may arrive when it no longer is.
        answer = CurrentRoles(
            self.gone,
            {person: self.roles.get(person.int) for person in people},
            {link: self.links.get(link) for link in links},
        )
        await self.may_answer.wait()
        if self.failures:
            self.failures -= 1
            raise PeerUnavailable("away")
        return answer


class Stage:
    def __init__(self) -> None:
        self.service = Service()
        self.present: list[Receiver] = []
        self.given: list[tuple[int, Role | None]] = []
        self.ended: list[UUID] = []
        self.roster = Roster(
            self.service,
            present=lambda document: self.present if document == DOCUMENT else [],
            on_role=lambda _, receiver, role: self.given.append((receiver.user.int, role)),
            on_gone=self.ended.append,
        )

    def come(self, number: int, link: UUID | None = None) -> None:
        receiver = FakeReceiver(number)
        receiver.link = link
        self.present.append(receiver)

    async def rest(self) -> None:
        for _ in range(50):
            await asyncio.sleep(0)


@pytest.fixture
def stage() -> Stage:
    return Stage()


async def test_everybody_present_gets_what_is_theirs_now(stage: Stage) -> None:
    for number, link in ((1, None), (2, None), (3, LINK), (4, LINK)):
        stage.come(number, link)
    stage.service.roles = {1: "owner", 3: "editor"}
    stage.service.links = {LINK: "commenter"}
    stage.roster.review(DOCUMENT)
    await stage.rest()
    assert stage.given == [(1, "owner"), (2, None), (3, "editor"), (4, "commenter")]
    assert stage.service.questions == 1


async def test_where_nobody_is_nothing_is_asked(stage: Stage) -> None:
    stage.roster.review(DOCUMENT)
    await stage.rest()
    assert stage.service.questions == 0


async def test_what_changes_while_the_answer_is_under_way_is_asked_for_again_once(stage: Stage) -> None:
    stage.come(1)
    stage.service.roles = {1: "editor"}
    stage.service.may_answer.clear()
    stage.roster.review(DOCUMENT)
    await stage.rest()
    stage.service.roles = {1: "viewer"}
    for _ in range(3):
        stage.roster.review(DOCUMENT)
        stage.roster.overtaken(DOCUMENT)
    stage.service.may_answer.set()
    await stage.rest()
    assert stage.given == [(1, "editor"), (1, "viewer")]
    assert stage.service.questions == 2


async def test_a_service_that_is_away_is_asked_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MAX_PAUSE_S", 0)
    stage.come(1)
    stage.service.failures = 3
    stage.service.roles = {1: "viewer"}
    stage.roster.review(DOCUMENT)
    await stage.rest()
    assert stage.given == [(1, "viewer")]


async def test_a_document_that_is_gone_ends_for_all(stage: Stage) -> None:
    stage.come(1)
    stage.service.gone = True
    stage.roster.review(DOCUMENT)
    await stage.rest()
    assert (stage.ended, stage.given) == ([DOCUMENT], [])


async def test_closing_leaves_no_question_behind(stage: Stage) -> None:
    stage.come(1)
    stage.service.may_answer.clear()
    stage.roster.review(DOCUMENT)
    await stage.rest()
    await stage.roster.close()
    assert [task for task in asyncio.all_tasks() if task.get_name().startswith("roles-")] == []
