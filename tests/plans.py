"""Plans that PostgreSQL carried out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asyncpg import Connection, Record


class Node:
    """A step of a plan. ``rows_read`` of a table or index, those included that were of no use."""

    def __init__(self, node: dict[str, Any]) -> None:
        self.kind: str = node["Node Type"]
        self.table: str = node.get("Relation Name", "")
        self.index: str = node.get("Index Name", "")
        self.looked_up = node["Actual Loops"] > 0
        removed = sum(value for name, value in node.items() if name.startswith("Rows Removed by"))
        self.rows_read = (node["Actual Rows"] + removed) * node["Actual Loops"] if self.table else 0

    @property
    def reads_all(self) -> bool:
        return self.kind == "Seq Scan" and self.rows_read > 0


async def explain(connection: Connection[Record], sql: str, *arguments: object) -> list[Node]:
    """What was done to answer ``sql``, step by step."""
    raw = await connection.fetchval(f"explain (analyze, format json) {sql}", *arguments)
    return [Node(node) for node in _nodes(json.loads(raw)[0]["Plan"])]


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from _nodes(child)
