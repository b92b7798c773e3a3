"""How PostgreSQL answers what is asked most, with many documents there: by index, and reading little.

The world is the benchmark's, smaller: somebody who sees thousands of documents, somebody whose many are all old, and
people with tens.
"""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import asyncpg
import pytest

from bench.services.filling import fill_documents
from bench.services.world import Size, World
from collab_document.comments.queries import SQL as COMMENTS
from collab_document.comments.rules import SHOWN_COMMENTS
from collab_document.notifications.store import Queries as NotificationQueries
from collab_document.queries import SQL
from collab_document.rules import FIRST_PAGE
from collab_document.search.rules import FIRST_HITS, parse_query
from collab_document.search.service import MANY, RANKED, REACH
from collab_document.search.store import SEARCH_SQL
from collab_document.service import MANY as LISTED_WHOLE
from collab_document.service import REACH as LIST_REACH
from collab_kit.database import load_queries
from tests.datastores import Datastores
from tests.plans import Node, explain
from tests.services import Stage

if TYPE_CHECKING:
    from asyncpg import Connection, Record

pytestmark = pytest.mark.timeout(400)  # the first of them waits for the world to be filled

SIZE = Size(people=600, documents=30_000, words=5_000, text_words=30, long_texts=3)
LARGE = {"document", "member", "document_text", "personal", "comment_thread", "comment", "notification"}
"""Tables that nothing here may read from end to end. Of `document_team` a large team may well see the larger part."""
COUNTED = LARGE | {"document_team"}
PAGE = 51
"""Rows of a page, and the one that tells whether there is a next."""

Asked = tuple[str, tuple[object, ...]]
_NOTIFICATIONS = load_queries(NotificationQueries, "collab_document.notifications")


class Filled:
    """The world, and a connection to the database that it is in."""

    def __init__(self, world: World, connection: "Connection[Record]", threads: list[UUID]) -> None:
        self.world = world
        self.threads = threads
        self.connection = connection
        self.people = {
            "thousands": world.owner_of_most,
            "thousands, long ago": world.archivist,
            "tens": world.ordinary[0],
        }

    async def explain(self, asked: Asked) -> list[Node]:
        """Of the tables that may be large."""
        sql, arguments = asked
        nodes = await explain(self.connection, sql, *arguments)
        return [node for node in nodes if node.table in COUNTED or not node.table]


@pytest.fixture(scope="module")
async def filled(datastores: Datastores, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Filled]:
    stage = Stage.prepare(tmp_path_factory.mktemp("plans"), datastores)
    try:
        stage.migrate("document")
        connection = await asyncpg.connect(
            stage.database.url("document"),
            password=stage.secret("document-database-password"),
            server_settings={"jit": "off"},
        )
        try:
            world = World(SIZE, now=datetime.now(UTC))
            await fill_documents(connection, world)
            rows = await connection.fetch(COMMENTS.list_threads, world.busiest, UUID(int=0), None, PAGE)
            yield Filled(world, connection, [row["id"] for row in rows])
        finally:
            await connection.close()
    finally:
        stage.close()


def _lists(person: UUID) -> dict[str, Asked]:
    page = (person, FIRST_PAGE.at, FIRST_PAGE.id, PAGE)
    return {
        "all": (SQL.list_all, page),
        "mine": (SQL.list_mine, page),
        "shared": (SQL.list_shared, page),
        "favourites": (SQL.list_favourites, page),
        "recent": (SQL.list_recent, page),
        "trash": (SQL.list_trash, page),
        "count of all": (SQL.count_seen, (person, LISTED_WHOLE + 1)),
    }


def _lists_of_many(person: UUID) -> dict[str, Asked]:
    page = (person, FIRST_PAGE.at, FIRST_PAGE.id, PAGE, LIST_REACH)
    return {
        "all, near": (SQL.list_all_near, page),
        "mine, near": (SQL.list_mine_near, page),
        "shared, near": (SQL.list_shared_near, page),
    }


def _texts(world: World) -> dict[str, str]:
    known = world.words.known
    return {
        "rare word": f'"{known[3000]}"',
        "common word": f'"{known[10]}"',
        "two words": f"{known[20]} {known[8]}",
        "phrase": f'"{known[3]} {known[8]}"',
        "prefix": known[40][:3],
        "letter": known[40][:1],
        "no hit": "xqxqxq",
    }


def _searches(person: UUID, world: World) -> dict[str, Asked]:
    return {f"{name}, all of theirs": (SEARCH_SQL.search, _words(person, text)) for name, text in _texts(world).items()}


def _searches_of_many(person: UUID, world: World) -> dict[str, Asked]:
    return {
        name: (SEARCH_SQL.search_many, (*_words(person, text), RANKED, REACH)) for name, text in _texts(world).items()
    }


def _words(person: UUID, text: str) -> tuple[object, ...]:
    parsed = parse_query(text)
    return (person, parsed.text, parsed.before, parsed.prefix, FIRST_HITS.rank, FIRST_HITS.id, 21)


def _others(person: UUID, documents: list[UUID], threads: list[UUID], world: World) -> dict[str, Asked]:
    """What a page reads of one document or one person."""
    last = UUID(int=2**128 - 1)
    return {
        "role": (SQL.find_role, (documents[0], person)),
        "describe": (SQL.describe_documents, (person, documents)),
        "threads": (COMMENTS.list_threads, (world.busiest, UUID(int=0), None, PAGE)),
        "open threads": (COMMENTS.list_threads, (world.busiest, UUID(int=0), False, PAGE)),
        "first comments": (COMMENTS.list_first_comments, (threads, SHOWN_COMMENTS)),
        "notifications": (_NOTIFICATIONS.list_notifications, (person, last, False, PAGE)),
        "unread notifications": (_NOTIFICATIONS.list_notifications, (person, last, True, PAGE)),
    }


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize("who", ["tens", "thousands", "thousands, long ago"])
async def test_nothing_reads_a_large_table_from_end_to_end(filled: Filled, who: str, mode: str):
    """Whether PostgreSQL plans for this person, or once for everybody."""
    person = filled.people[who]
    documents = filled.world.seen_by[person][:PAGE]
    asked = _lists(person) | _searches(person, filled.world) | _others(person, documents, filled.threads, filled.world)
    asked |= _lists_of_many(person) | _searches_of_many(person, filled.world)
    asked["folder"] = await _fullest_folder(filled)
    await filled.connection.execute(f"set plan_cache_mode = {mode}")
    for name, each in asked.items():
        read = {node.table for node in await filled.explain(each) if node.reads_all and node.table in LARGE}
        assert not read, f"{name} reads all of {read}"


@pytest.mark.parametrize("who", ["tens", "thousands", "thousands, long ago"])
async def test_a_page_of_what_somebody_ordered_or_is_told_reads_little_more_than_a_page(filled: Filled, who: str):
    person = filled.people[who]
    documents = filled.world.seen_by[person][:PAGE]
    asked = _lists(person) | _others(person, documents, filled.threads, filled.world)
    # The members of each document are counted, and a page of threads comes with the comments of each.
    del asked["describe"], asked["first comments"]
    pages = {name: asked[name] for name in ("favourites", "recent", *set(asked) - set(_lists(person)))}
    for name, each in pages.items():
        nodes = await filled.explain(each)
        assert sum(node.rows_read for node in nodes) <= 10 * PAGE, f"{name} reads too much"


@pytest.mark.parametrize("who", ["tens", "thousands, long ago"])
async def test_a_list_or_search_of_all_that_one_sees_reads_a_few_rows_for_each_of_it(filled: Filled, who: str):
    person = filled.people[who]
    seen: int = await filled.connection.fetchval(
        "select count(distinct document_id) from access where user_id = $1", person
    )
    assert seen < MANY
    for name, each in (_lists(person) | _searches(person, filled.world)).items():
        rows = sum(node.rows_read for node in await filled.explain(each))
        assert rows <= 5 * seen, f"{name} reads {rows} rows for {seen} documents"


@pytest.mark.parametrize("who", ["thousands", "thousands, long ago"])
async def test_a_list_of_very_many_documents_reads_no_more_than_so_many_rows(filled: Filled, who: str):
    """However many there are: so many of those edited last, with two or three look-ups for each."""
    for name, each in _lists_of_many(filled.people[who]).items():
        nodes = await filled.explain(each)
        assert "document_edited" in {node.index for node in nodes}, name
        assert sum(node.rows_read for node in nodes) <= 3 * LIST_REACH, f"{name} reads too much"


async def test_who_sees_thousands_finds_a_page_soon(filled: Filled):
    person = filled.people["thousands"]
    seen: int = await filled.connection.fetchval(SQL.count_seen, person, LISTED_WHOLE + 1)
    assert seen > LISTED_WHOLE
    for name in ("all, near", "shared, near"):
        sql, arguments = _lists_of_many(person)[name]
        assert len(await filled.connection.fetch(sql, *arguments)) == PAGE
        assert sum(node.rows_read for node in await filled.explain((sql, arguments))) <= 20 * PAGE, (
            f"{name} reads too much"
        )


async def test_a_search_among_very_many_documents_reads_no_more_than_so_many_rows(filled: Filled):
    for name, each in _searches_of_many(filled.people["thousands"], filled.world).items():
        rows = sum(node.rows_read for node in await filled.explain(each))
        # Hits by words, titles and last edits, with a role, a text and a document for each; what was looked through.
        assert rows <= 4 * 2 * RANKED + 2 * REACH, f"{name} reads {rows} rows"


async def test_words_are_looked_up_in_the_index_of_words_and_only_frequent_ones_elsewhere(filled: Filled):
    searches = _searches_of_many(filled.people["thousands"], filled.world)
    elsewhere = {"document_text_titles", "document_edited"}
    for name, frequent in (("rare word", False), ("common word", True), ("phrase", True)):
        used = {node.index for node in await filled.explain(searches[name]) if node.looked_up}
        assert "document_text_words" in used, name
        assert used & elsewhere == (elsewhere if frequent else set()), name


async def _fullest_folder(filled: Filled) -> Asked:
    row = await filled.connection.fetchrow(
        "select user_id, folder_id from personal where folder_id is not null"
        " group by user_id, folder_id order by count(*) desc limit 1"
    )
    assert row is not None
    return SQL.list_folder, (row["user_id"], FIRST_PAGE.at, FIRST_PAGE.id, PAGE, row["folder_id"])


@pytest.mark.parametrize("deleted", [False, True])
async def test_the_purge_finds_what_is_due_by_index(filled: Filled, *, deleted: bool):
    column = "deleted_at" if deleted else "trashed_at"
    transaction = filled.connection.transaction()
    await transaction.start()
    try:
        await filled.connection.execute(
            f"update document set {column} = now() - interval '40 days' where get_byte(uuid_send(id), 15) = 7"  # noqa: S608
        )
        await filled.connection.execute("analyze document")
        nodes = await filled.explain((SQL.find_to_purge, (timedelta(days=30), 100)))
    finally:
        await transaction.rollback()
    assert "document_to_purge" in {node.index for node in nodes}


async def test_notifications_that_a_mail_is_due_about_are_found_by_index(filled: Filled):
    """Few are, and few people's; the rest is not looked at."""
    transaction = filled.connection.transaction()
    await transaction.start()
    try:
        await filled.connection.execute(
            "update notification set mail_due_at = now() - interval '1 hour' where person = any($1::uuid[])",
            list(filled.people.values()),
        )
        await filled.connection.execute("analyze notification")
        lease, delay = timedelta(minutes=5), timedelta(minutes=2)
        nodes = await filled.explain((_NOTIFICATIONS.claim_mails, (delay, 50, lease, 500)))
    finally:
        await transaction.rollback()
    assert "notification_mail_due" in {node.index for node in nodes}
    assert not {node.table for node in nodes if node.reads_all and node.table in LARGE}
