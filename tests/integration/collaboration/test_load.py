"""The load client of the benchmarks sees every edit of a small run, at every other client, once."""

import asyncio
from uuid import uuid4

import pytest

from bench.collaboration import load
from bench.collaboration.load import Protocol, Shape, measure
from tests.integration.collaboration.harness import Collaboration, Replica, TicketOffice


class OfficeDoor:
    def __init__(self, url: str, office: TicketOffice) -> None:
        self.url = url
        self._office = office

    async def document(self) -> str:
        return str(uuid4())

    async def ticket(self, document: str) -> str:
        return await asyncio.to_thread(self._office.ticket, document)


@pytest.mark.parametrize("protocol", ["hocuspocus", "y-websocket"])
async def test_every_edit_is_seen_by_everybody_else(
    collaboration: Collaboration, replica: Replica, protocol: Protocol, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Until then everything has to have come: benchmarks have the machine for themselves.
    monkeypatch.setattr(load, "_SETTLE_S", 10.0)
    shape = Shape(documents=2, clients=3, writers=2, edits_per_s=100, seconds=1)
    result = await measure(shape, door=OfficeDoor(replica.url, collaboration.office), protocol=protocol)
    assert (result.edits, result.samples) == (100, 200)
    assert (result.undelivered, result.unacknowledged) == (0, 0)
    assert (result.saved.p50_ms is None) == (protocol == "y-websocket")
