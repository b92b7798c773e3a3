"""Events become messages, one for each webhook that is to hear of them, in the transaction that causes them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid4

import msgspec

from collab_document.webhooks.queries import SQL, IdRow, TitleRow
from collab_document.webhooks.rules import EventName
from collab_kit.database import Connection, execute, fetch_all, fetch_one

__all__ = ["MAX_WAITING", "emit", "message"]

MAX_WAITING: Final = 1000
"""Messages of one webhook. Beyond, events are lost, as has to be expected of an address that does not answer."""


async def emit(
    connection: Connection,
    event: EventName,
    *,
    document: UUID,
    by: UUID | None,
    data: Mapping[str, object] | None = None,
) -> None:
    """Call it in the transaction that makes the change; for a document that goes for good, before its rows go.

    `by` is who did it, `data` what the event says beside the document. Delivery begins after the commit.
    """
    hooks = await fetch_all(connection, IdRow, SQL.find_listeners, document, event, MAX_WAITING)
    if not hooks:
        return
    found = await fetch_one(connection, TitleRow, SQL.find_title, document)
    about = {"document": {"id": document, "title": found.title if found else ""}, "by": by, **(data or {})}
    body = message(event, about)
    await execute(connection, SQL.insert_deliveries, [hook.id for hook in hooks], uuid4(), event, body)


def message(event: str, data: Mapping[str, object]) -> str:
    """The body of a message, as Standard Webhooks has it."""
    return msgspec.json.encode({"type": event, "timestamp": datetime.now(UTC), "data": data}).decode()
