"""Documents whose text never came, because whoever made them died: found later, and removed with their traces."""

from typing import cast
from uuid import UUID, uuid4

import pytest

from collab_document.convert.contents import Contents
from collab_document.convert.filling import Filling
from collab_document.idempotency import Idempotency
from collab_document.service import Documents
from tests.integration.document.parts import Parts

ADA = uuid4()


@pytest.fixture
def filling(parts: Parts) -> Filling:
    return Filling(
        database=parts.database,
        documents=cast("Documents", None),  # asked for nothing here
        contents=Contents(None),
        idempotency=Idempotency(),
        deletion=parts.deletion,
    )


async def begun(parts: Parts, ago: str, key: str | None = None) -> UUID:
    document = await parts.insert_document("Left behind", ADA)
    await parts.connection.execute(
        "insert into unfilled values ($1, $2, $3, now() - $4::text::interval)", document, ADA, key, ago
    )
    if key is not None:
        await parts.connection.execute(
            "insert into idempotency (user_id, key, request, made) values ($1, $2, $4, $3)",
            ADA,
            key,
            document,
            bytes(32),
        )
    return document


async def exists(parts: Parts, document: UUID) -> bool:
    found = await parts.connection.fetchval(
        "select exists (select from document where id = $1 and deleted_at is null)", document
    )
    return bool(found)


async def test_what_was_left_behind_is_removed(parts: Parts, filling: Filling):
    old, fresh = await begun(parts, "11 minutes", "key"), await begun(parts, "9 minutes", "other")
    filled = await parts.insert_document("With its text", ADA)
    await filling.sweep()
    assert [await exists(parts, document) for document in (old, fresh, filled)] == [False, True, True]
    assert await parts.connection.fetchval("select array_agg(document_id) from unfilled") == [fresh]
    # The same key may make it again.
    assert await parts.connection.fetchval("select array_agg(key) from idempotency") == ["other"]
    paths = await parts.connection.fetchval("select array_agg(path) from outbox")
    assert paths == [f"/internal/documents/{old}"]
    await filling.sweep()
    assert await parts.connection.fetchval("select count(*) from outbox") == 1
