"""Editing sessions of real people, replayed by a client for each of them over two replicas."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest
from picows import ws_connect  # pyright: ignore[reportUnknownVariableType]
from pycrdt import Doc, Text

from bench.collaboration.traces import TEXT, Trace, TracesMissing, TraceUpdate, load, replay
from collab_collaboration.yupdate import read_extent
from tests.effort import LONG
from tests.integration.collaboration.harness import Collaboration
from tests.integration.collaboration.rawclient import STEP1, UPDATE, Raw, read_sized, sized
from tests.integration.collaboration.reference import Reference

TRANSACTIONS = None if LONG else 1500
_BUSY = {"COLLAB_MAX_MESSAGES_PER_S": "100000", "COLLAB_MAX_DOCUMENT_MESSAGES_PER_S": "100000"}


class Agent(Raw):
    """Says what its person said, each time after having received what that person had seen."""

    def __init__(self) -> None:
        super().__init__()
        self.doc: Doc[Text] = Doc()
        self.known: dict[int, int] = {}

    def on_message(self, message: bytes) -> None:
        if message[0] == 0 and message[1] != STEP1[1]:
            payload, _ = read_sized(message, 2)
            self.doc.apply_update(payload)
            self._note(payload)

    async def say(self, updates: list[TraceUpdate], ends: Callable[[int], tuple[int, int]]) -> None:
        for each in updates:
            needed = [ends(number) for number in each.received]
            await self.until(lambda needed=needed: all(self.known.get(who, 0) >= clock for who, clock in needed))
            if each.update:
                self.doc.apply_update(each.update)
                self._note(each.update)
                self.send(UPDATE + sized(each.update))

    def _note(self, update: bytes) -> None:
        for client, _, end in read_extent(update).spans:
            self.known[client] = max(self.known.get(client, 0), end)

    @property
    def text(self) -> str:
        return str(self.doc.get(TEXT, type=Text))


def _trace(name: str) -> Trace:
    try:
        return load(name)
    except TracesMissing as missing:
        pytest.skip(str(missing))


@pytest.mark.parametrize("name", ["friendsforever", "clownschool"])
async def test_a_real_session_ends_as_it_ended(collaboration: Collaboration, yjs: Reference, name: str) -> None:
    trace = _trace(name)
    updates = list(replay(trace, limit=TRANSACTIONS))
    ends = [max((end for _, _, end in read_extent(each.update or b"\x00\x00").spans), default=0) for each in updates]
    replicas = [collaboration.start(**_BUSY) for _ in range(2)]
    document = str(uuid4())
    path = f"/{document}?ticket={collaboration.office.ticket(document)}"
    async with AsyncExitStack() as stack:
        agents: list[Agent] = []
        for number in range(trace.num_agents):
            _, agent = await ws_connect(Agent, replicas[number % 2].url + path, websocket_handshake_timeout=30)
            assert isinstance(agent, Agent)
            stack.callback(agent.transport.disconnect, graceful=False)
            agent.send(STEP1 + sized(b"\x00"))
            agents.append(agent)
        await asyncio.gather(
            *(
                agent.say(
                    [each for each in updates if each.agent == number],
                    lambda index: (updates[index].agent + 1, ends[index]),
                )
                for number, agent in enumerate(agents)
            )
        )
        (wanted,) = yjs.merged([each.update for each in updates if each.update])
        for agent in agents:
            await agent.until(lambda agent=agent: agent.known | wanted.vector == agent.known, 60)
        await agents[0].until(lambda: len({agent.text for agent in agents}) == 1, 60)
        ours = yjs.merged(*([agent.doc.get_update()] for agent in agents))
        assert {view.content for view in ours} == {wanted.content}
        if TRANSACTIONS is None:
            assert agents[0].text == trace.end_content
    for replica in replicas:
        replica.process.stop()
