"""Real clients of both protocols and of Python, real replicas, and a network between them that cannot be relied on."""

import asyncio
import random
from base64 import b64decode
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.effort import examples
from tests.integration.collaboration.chaos import chaos
from tests.integration.collaboration.harness import Collaboration, JavaScript, Replica, eventually
from tests.integration.collaboration.reference import Reference, View
from tests.integration.collaboration.wanderer import wanderer
from tests.unit.collaboration.richedits import edit_richly

ROUNDS = 60
_KINDS = ("hocuspocus", "y-websocket", "hocuspocus", "y-websocket")


@pytest.fixture(scope="module")
def replicas(collaboration: Collaboration) -> list[Replica]:
    return [collaboration.start() for _ in range(2)]


@pytest.mark.timeout(400)
@settings(
    max_examples=examples(3),
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(seed=st.integers(0, 2**32))
async def test_clients_of_all_kinds_end_equal_whatever_the_network_does(
    collaboration: Collaboration, replicas: list[Replica], js: JavaScript, yjs: Reference, seed: int
) -> None:
    chance = random.Random(seed)
    document = str(uuid4())
    ticket = collaboration.office.ticket(document)
    async with AsyncExitStack() as stack:
        nets = [
            await stack.enter_async_context(chaos(replica.websocket_port, random.Random(seed + number)))
            for number, replica in enumerate(replicas)
        ]
        names = [f"{uuid4()}" for _ in _KINDS]
        for number, (name, kind) in enumerate(zip(names, _KINDS, strict=True)):
            url = nets[number // 2].url
            await js.call("connect", client=name, kind=kind, url=url, document=document, ticket=ticket)
        pythons = [
            await stack.enter_async_context(wanderer(lambda net=net: f"{net.url}/{document}?ticket={ticket}"))
            for net in nets
        ]
        for _ in range(ROUNDS):
            who = chance.randrange(len(names) + len(pythons))
            if who < len(names):
                await js.call("edit", client=names[who], seed=chance.randrange(2**20))
            else:
                edit_richly(pythons[who - len(names)].doc, chance)
            await asyncio.sleep(chance.choice((0, 0, 0.01, 0.05)))
        for net in nets:
            net.is_wild = False

        async def views() -> list[View]:
            states = [b64decode(await js.call("update", client=name)) for name in names]
            return yjs.merged(*([state] for state in [*states, *(each.doc.get_update() for each in pythons)]))

        async def all_equal() -> bool:
            return len({str(view.seen) for view in await views()}) == 1

        await eventually(all_equal, "all being equal", deadline_s=90)
        for name, kind in zip(names, _KINDS, strict=True):
            if kind == "hocuspocus":
                await js.saved(name)
        found = await views()
        # What one made and another never had would be missing here: the reference has what each of them holds.
        (merged,) = yjs.merged([view.update for view in found])
        assert {view.content for view in found} == {merged.content}
        assert not merged.pending
        newcomer = await stack.enter_async_context(wanderer(lambda: f"{replicas[0].url}/{document}?ticket={ticket}"))
        await eventually(
            lambda: yjs.merged([newcomer.doc.get_update()])[0].content == merged.content, "a newcomer having it all"
        )
        for name in names:
            await js.call("close", client=name)
