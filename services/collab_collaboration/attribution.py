"""Which person wrote as which Yjs client: learnt from the log, before it is trimmed.

A client id is one editor in one browser tab, so it is one person's. The first to store its structs is taken for that
person: whoever answers a sync request may repeat structs of others, but mostly such as were stored before.
"""

import asyncio
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from collab_collaboration.epoch import marker_of
from collab_collaboration.lib0 import Malformed
from collab_collaboration.oplog import OperationLog
from collab_collaboration.yupdate import read_extent

__all__ = ["authors_of_clients", "learn_clients"]

_FIRST_MARKER: Final = marker_of(0)
_AT_ONCE: Final = 100
"""Updates read before the event loop serves others."""


def authors_of_clients(operations: Iterable[tuple[UUID, bytes]]) -> dict[int, UUID]:
    """Clients that `operations`, author and update each, in their order, bring structs of; damaged ones bring none."""
    authors: dict[int, UUID] = {}
    for author, update in operations:
        try:
            spans = read_extent(update).spans
        except Malformed:
            continue
        for client, _, _ in spans:
            if client < _FIRST_MARKER:
                authors.setdefault(client, author)
    return authors


async def learn_clients(log: OperationLog, document: UUID, after: int) -> None:
    """Note the authors of everything beyond operation `after`. Raises `StoreUnavailable`."""
    async for operations in log.authored(document, after):
        found: dict[int, UUID] = {}
        for start in range(0, len(operations), _AT_ONCE):
            part = operations[start : start + _AT_ONCE]
            found = authors_of_clients((operation.author, operation.payload) for operation in part) | found
            await asyncio.sleep(0)
        if found:
            await log.record_clients(document, found)
