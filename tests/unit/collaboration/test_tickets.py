"""Tickets, and what has changed since they were issued."""

import time
from uuid import UUID, uuid4

import pytest

from collab_collaboration.roles import CurrentRoles
from collab_collaboration.tickets import Forbidden, Gone, Ticket, Tickets, may_write
from collab_kit.errors import PeerUnavailable
from collab_kit.settings import Secret
from collab_kit.tokens import TICKET_AUDIENCE, TICKET_ISSUER, InvalidToken, Signer, Verifier
from tests.services import ed25519_pem
from tests.unit.collaboration.fakes import FakeRoles

DOCUMENT, USER, LINK = uuid4(), uuid4(), uuid4()


@pytest.fixture
def signer() -> Signer:
    return Signer(Secret(ed25519_pem()), issuer=TICKET_ISSUER, audience=TICKET_AUDIENCE)


@pytest.fixture
def source() -> FakeRoles:
    return FakeRoles()


@pytest.fixture
def tickets(signer: Signer, source: FakeRoles) -> Tickets:
    return Tickets(Verifier(signer.own_keys(), Ticket, issuer=TICKET_ISSUER, audience=TICKET_AUDIENCE), source)


def sign(
    signer: Signer, *, role: str = "viewer", document: UUID = DOCUMENT, ttl_s: int = 60, link: UUID | None = None
) -> str:
    claims = {"sub": str(USER), "doc": str(document), "role": role, "name": "Ann"}
    return signer.sign(claims | ({"link": str(link)} if link else {}), ttl_s=ttl_s)


async def test_a_good_ticket(tickets: Tickets, signer: Signer) -> None:
    ticket, role = await tickets.verify(sign(signer, role="editor"), DOCUMENT)
    assert (ticket.sub, role) == (USER, "editor")


async def test_bad_tickets(tickets: Tickets, signer: Signer) -> None:
    for bad in (
        "",
        "nonsense",
        sign(signer, document=uuid4()),
        sign(signer, ttl_s=-60),
        sign(signer, role="admin"),
        sign(signer)[:-4] + "AAAA",
    ):
        with pytest.raises(InvalidToken):
            await tickets.verify(bad, DOCUMENT)


async def test_a_change_overrules_tickets_issued_before_it(tickets: Tickets, signer: Signer) -> None:
    old = sign(signer, role="viewer")
    tickets.note_change(DOCUMENT, USER, "editor")
    assert (await tickets.verify(old, DOCUMENT))[1] == "editor"
    tickets.note_change(DOCUMENT, USER, None)
    with pytest.raises(Forbidden):
        await tickets.verify(old, DOCUMENT)


async def test_a_ticket_issued_after_a_change_says_what_holds(
    tickets: Tickets, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    tickets.note_change(DOCUMENT, USER, None)
    later = time.time() + 2
    monkeypatch.setattr("time.time", lambda: later)
    assert (await tickets.verify(sign(signer, role="owner"), DOCUMENT))[1] == "owner"


@pytest.mark.parametrize(
    ("role", "writes"), [("owner", True), ("editor", True), ("commenter", False), ("viewer", False)]
)
def test_who_writes(role: str, writes: bool) -> None:
    assert may_write(role) is writes  # pyright: ignore[reportArgumentType]  # the four roles


async def test_in_doubt_the_document_service_is_asked(tickets: Tickets, signer: Signer, source: FakeRoles) -> None:
    old = sign(signer, role="editor")
    tickets.note_doubt(DOCUMENT)
    source.answer = CurrentRoles(people={USER: "viewer"})
    assert (await tickets.verify(old, DOCUMENT))[1] == "viewer"
    source.answer = CurrentRoles(people={USER: None})
    with pytest.raises(Forbidden):
        await tickets.verify(old, DOCUMENT)
    source.answer = CurrentRoles(gone=True)
    with pytest.raises(Gone):
        await tickets.verify(old, DOCUMENT)
    source.answer = None
    with pytest.raises(PeerUnavailable):
        await tickets.verify(old, DOCUMENT)
    assert source.asked == [(DOCUMENT, {USER}, set())] * 4


async def test_what_is_known_of_a_person_is_not_asked_for_again(
    tickets: Tickets, signer: Signer, source: FakeRoles, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = sign(signer, role="editor")
    tickets.note_doubt(DOCUMENT)
    later = time.time() + 1
    monkeypatch.setattr(time, "time", lambda: later)
    tickets.note_change(DOCUMENT, USER, "commenter")
    assert (await tickets.verify(old, DOCUMENT))[1] == "commenter"
    assert source.asked == []


async def test_who_came_by_a_link_has_the_higher_role(tickets: Tickets, signer: Signer, source: FakeRoles) -> None:
    old = sign(signer, role="viewer", link=LINK)
    # That somebody is no member says nothing of their link.
    tickets.note_change(DOCUMENT, USER, None)
    source.answer = CurrentRoles(people={USER: None}, links={LINK: "editor"})
    assert (await tickets.verify(old, DOCUMENT))[1] == "editor"
    source.answer = CurrentRoles(people={USER: "commenter"}, links={LINK: "viewer"})
    assert (await tickets.verify(old, DOCUMENT))[1] == "commenter"
    source.answer = CurrentRoles(links={LINK: None})
    with pytest.raises(Forbidden):
        await tickets.verify(old, DOCUMENT)
    assert source.asked == [(DOCUMENT, {USER}, {LINK})] * 3


async def test_tickets_of_an_account_that_ended_are_good_for_nothing(tickets: Tickets, signer: Signer) -> None:
    old = sign(signer)
    tickets.note_end(uuid4())
    await tickets.verify(old, DOCUMENT)
    tickets.note_end(USER)
    with pytest.raises(Forbidden):
        await tickets.verify(old, DOCUMENT)
