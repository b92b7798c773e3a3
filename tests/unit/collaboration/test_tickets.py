"""Tickets, and what has changed since they were issued."""

import time
from uuid import UUID, uuid4

import pytest

from collab_collaboration.tickets import Forbidden, Ticket, Tickets, may_write
from collab_kit.settings import Secret
from collab_kit.tokens import TICKET_AUDIENCE, TICKET_ISSUER, InvalidToken, Signer, Verifier
from tests.services import ed25519_pem

DOCUMENT, USER = uuid4(), uuid4()


@pytest.fixture
def signer() -> Signer:
    return Signer(Secret(ed25519_pem()), issuer=TICKET_ISSUER, audience=TICKET_AUDIENCE)


@pytest.fixture
def tickets(signer: Signer) -> Tickets:
    return Tickets(Verifier(signer.own_keys(), Ticket, issuer=TICKET_ISSUER, audience=TICKET_AUDIENCE))


def sign(signer: Signer, *, role: str = "viewer", document: UUID = DOCUMENT, ttl_s: int = 60) -> str:
    return signer.sign({"sub": str(USER), "doc": str(document), "role": role, "name": "Ann"}, ttl_s=ttl_s)


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
