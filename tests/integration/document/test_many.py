"""Lists and searches of somebody who sees more documents than are all looked at: what is found, and what left out."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from collab_document import service
from collab_document.access import Access
from collab_document.idempotency import Idempotency
from collab_document.people import People
from collab_document.presenting import Presenter
from collab_document.rules import Listing
from collab_document.search import service as searching
from collab_document.search.service import Search
from collab_document.service import Documents
from collab_document.tickets import Tickets
from collab_kit.guard import Principal
from collab_kit.http import Peer
from collab_kit.settings import Secret
from collab_kit.tokens import TICKET_AUDIENCE, TICKET_ISSUER, Signer
from tests.integration.document.parts import Parts
from tests.services import ed25519_pem

ME, OTHER = uuid4(), uuid4()
LISTINGS: tuple[Listing, ...] = ("all", "mine", "shared")


@dataclass
class Many:
    parts: Parts
    documents: Documents
    search: Search

    async def insert(self, title: str, body: str, *, owner: UUID = ME, days_ago: int = 0) -> UUID:
        document = await self.parts.insert_document(title, owner)
        await self.parts.connection.execute(
            "update document set edited_at = now() - $2::interval where id = $1", document, timedelta(days=days_ago)
        )
        await self.parts.connection.execute(
            "insert into document_text (document_id, title, body) values ($1, $2, $3)", document, title, body
        )
        return document

    async def listed(self, listing: Listing, *, limit: int = 7) -> list[UUID]:
        """All pages."""
        found: list[UUID] = []
        cursor: str | None = None
        while True:
            page = await self.documents.page(_caller(), listing=listing, folder=None, cursor=cursor, limit=limit)
            found += [document.id for document in page.items]
            cursor = page.next_cursor
            if cursor is None:
                return found

    async def found(self, text: str) -> set[UUID]:
        page = await self.search.find(_caller(), text, cursor=None, limit=50)
        return {hit.document.id for hit in page.items}


def _caller() -> Principal:
    return Principal(ME, "ada@example.org", uuid4())


@pytest.fixture
async def many(parts: Parts) -> AsyncGenerator[Many]:
    # Names are left out while the user service is away.
    async with Peer("user", "http://127.0.0.1:9", Secret("token"), deadline_s=0.5, attempts=1) as users:
        people = People(users)
        presenter = Presenter(parts.database, people, keep=timedelta(days=30))
        signer = Signer(Secret(ed25519_pem()), issuer=TICKET_ISSUER, audience=TICKET_AUDIENCE)
        documents = Documents(
            database=parts.database,
            access=Access(parts.database),
            people=people,
            presenter=presenter,
            idempotency=Idempotency(),
            deletion=parts.deletion,
            events=parts.events,
            tickets=Tickets(signer, ttl_s=60),
            max_owned=1000,
        )
        yield Many(parts, documents, Search(parts.database, presenter))


@pytest.mark.parametrize("reach", [1, 10, 1000])
async def test_pages_are_the_same_however_they_are_found(many: Many, monkeypatch: pytest.MonkeyPatch, reach: int):
    for number in range(60):
        owner = ME if number % 3 == 0 else OTHER
        document = await many.insert(f"Document {number}", "", owner=owner, days_ago=number % 20)
        if number % 4 == 1 and owner == OTHER:
            await many.parts.add_member(document, ME, "viewer")
        if number % 10 == 9:
            await many.parts.connection.execute("update document set trashed_at = now() where id = $1", document)
    expected = {listing: await many.listed(listing) for listing in LISTINGS}
    assert len(expected["all"]) == len(expected["mine"]) + len(expected["shared"]) > 20
    monkeypatch.setattr(service, "MANY", 5)
    monkeypatch.setattr(service, "REACH", reach)
    assert {listing: await many.listed(listing) for listing in LISTINGS} == expected


async def test_rare_words_are_all_found(many: Many, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(searching, "MANY", 5)
    monkeypatch.setattr(searching, "RANKED", 8)
    for number in range(30):
        await many.insert(f"Document {number}", "common words", days_ago=number)
    rare = {
        await many.insert("Old", "a needle in it", days_ago=900),
        await many.insert("Needle", "", days_ago=800),
        await many.insert("Phrase", "the needle in the hay", days_ago=700),
    }
    await many.insert("Theirs", "needle", owner=OTHER)
    trashed = await many.insert("Trashed", "needle")
    await many.parts.connection.execute("update document set trashed_at = now() where id = $1", trashed)
    assert await many.found("needle") == rare
    assert await many.found("need") == rare
    assert len(await many.found('"needle in the hay"')) == 1
    assert await many.found("needle -hay") < rare


async def test_of_frequent_words_titles_and_the_latest_edits_are_found(many: Many, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(searching, "MANY", 5)
    monkeypatch.setattr(searching, "RANKED", 8)
    theirs = [await many.insert("Common", "common", owner=OTHER) for _ in range(20)]
    titled = await many.insert("A common title", "", days_ago=900)
    latest = [await many.insert(f"Document {number}", "common words", days_ago=number) for number in range(30)][:4]
    for text in ("common", '"common"', "c", "common c"):
        found = await many.found(text)
        assert titled in found, text
        assert set(latest) <= found, text
        assert not found & set(theirs), text
        # Four by their titles and four by their edits.
        assert len(found) <= 8, text


@pytest.mark.parametrize("reach", [1, 1000])
async def test_the_latest_edits_are_found_however_far_they_have_to_be_looked_for(
    many: Many, monkeypatch: pytest.MonkeyPatch, reach: int
):
    monkeypatch.setattr(searching, "MANY", 5)
    monkeypatch.setattr(searching, "RANKED", 8)
    monkeypatch.setattr(searching, "REACH", reach)
    for _ in range(20):
        await many.insert("Common", "common", owner=OTHER)
    latest = [await many.insert(f"Document {number}", "common", days_ago=number) for number in range(1, 30)][:4]
    assert set(latest) <= await many.found("common")


async def test_a_long_text_is_shown_where_the_word_is(many: Many):
    await many.insert("Long", "filler " * 15_000 + "the NEEDLE at last " + "filler " * 3000)
    page = await many.search.find(_caller(), "needle", cursor=None, limit=5)
    assert "<mark>NEEDLE</mark> at last" in page.items[0].snippet_html
