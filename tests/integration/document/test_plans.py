"""How PostgreSQL answers what is asked most, with many documents there: by index, whatever the table holds."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from collab_document.queries import SQL
from collab_document.rules import FIRST_PAGE
from collab_document.search.rules import FIRST_HITS
from collab_document.search.store import SEARCH_SQL
from tests.integration.document.parts import Parts

PEOPLE = 200
DOCUMENTS = 20_000
LARGE = {"document", "member", "document_text", "personal"}
"""Tables that nothing here may read from end to end."""


async def _fill(parts: Parts) -> UUID:
    """Many documents of many people; the answer is one of them, who has a hundred and some shared ones."""
    people = [uuid4() for _ in range(PEOPLE)]
    await parts.connection.execute(
        """
        with made as (
            insert into document (title, edited_at)
            select 'Document ' || n, now() - n * interval '1 minute' from generate_series(1, $2) as n
            returning id, title
        ), numbered as (
            select id, title, row_number() over () as n from made
        ), owners as (
            insert into member (document_id, user_id, role)
            select id, ($1::uuid[])[1 + n % cardinality($1::uuid[])], 'owner' from numbered
        ), others as (
            insert into member (document_id, user_id, role)
            select id, ($1::uuid[])[1 + (n + 7) % cardinality($1::uuid[])], 'viewer' from numbered where n % 10 = 0
        ), texts as (
            insert into document_text (document_id, title, body)
            select id, title, 'common words and number' || n from numbered
        )
        insert into personal (user_id, document_id, opened_at, favourite_at)
        select ($1::uuid[])[1 + n % cardinality($1::uuid[])], id, now() - n * interval '1 minute', now() from numbered
        """,
        people,
        DOCUMENTS,
        timeout=60,
    )
    await parts.connection.execute("analyze", timeout=60)
    return people[3]


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from _nodes(child)


async def _explain(parts: Parts, sql: str, *arguments: object) -> list[dict[str, Any]]:
    raw = await parts.connection.fetchval(f"explain (analyze, format json) {sql}", *arguments)
    return list(_nodes(json.loads(raw)[0]["Plan"]))


async def test_nothing_reads_a_large_table_from_end_to_end(parts: Parts):
    person = await _fill(parts)
    document = await parts.connection.fetchval("select document_id from member where user_id = $1 limit 1", person)
    page = (person, FIRST_PAGE.at, FIRST_PAGE.id, 51)
    asked: dict[str, tuple[str, tuple[object, ...]]] = {
        "role": (SQL.find_role, (document, person)),
        "describe": (SQL.describe_documents, (person, [document])),
        "all": (SQL.list_all, page),
        "mine": (SQL.list_mine, page),
        "shared": (SQL.list_shared, page),
        "favourites": (SQL.list_favourites, page),
        "recent": (SQL.list_recent, page),
        "trash": (SQL.list_trash, page),
        "folder": (SQL.list_folder, (*page, uuid4())),
        "rare word": (
            SEARCH_SQL.search,
            (person, "number77", "number77", "'number77':*", FIRST_HITS.rank, FIRST_HITS.id, 21),
        ),
        "common word": (
            SEARCH_SQL.search,
            (person, "common words", "common", "'words':*", FIRST_HITS.rank, FIRST_HITS.id, 21),
        ),
    }
    for name, (sql, arguments) in asked.items():
        nodes = await _explain(parts, sql, *arguments)
        read = [node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"]
        assert not LARGE.intersection(read), f"{name} reads all of {read}"


@pytest.mark.parametrize("deleted", [False, True])
async def test_the_purge_finds_what_is_due_by_index(parts: Parts, *, deleted: bool):
    await _fill(parts)
    column = "deleted_at" if deleted else "trashed_at"
    await parts.connection.execute(
        f"update document set {column} = now() - interval '40 days' where title like '%999'"  # noqa: S608
    )
    await parts.connection.execute("analyze document")
    nodes = await _explain(parts, SQL.find_to_purge, timedelta(days=30), 100)
    assert "document_to_purge" in {node.get("Index Name") for node in nodes}
