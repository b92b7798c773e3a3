"""Everything the collaboration service stands on, and itself, killed at random while people write.

Three kinds of people write. A team stays connected through everything and must end with one text, nothing missing and
nothing twice. Real JavaScript clients do the same. And *loners*, each alone with a document of their own, die with the
process that is killed: nobody is left to send their edits again, so what they were promised has to be in the stores.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from collab_collaboration.snapshots import Documents
from tests.faults.collaboration.editors import WIDTH, Protocol, entries, mint, present, settle, typing
from tests.faults.collaboration.ground import PROTOCOLS, STORES, Ground, Team, kept
from tests.integration.collaboration.harness import JavaScript, Replica, eventually

SEEDS = 8
KILLS = 28
"""For each seed, at least: 224 together."""
MOST_KILLS = 2 * KILLS
"""Where none before hit a compaction."""
TEAM_EVERY_S = 0.1
LONER_EVERY_S = 0.02
NODE_EVERY_S = 0.15
BETWEEN_KILLS_S = (0.1, 1.8)
AT_ONCE = (1, 1, 2, 2, 3)
"""How many are killed together, one of these."""
WEIGHTS = {"valkey": 2, "object store": 1}
"""The object store is the slowest to come back, and without it no compaction gets far enough to be hit."""
AGAIN_AT_ONCE = 0.25
"""How often the next kill comes before everything is back."""
LAST_WORDS_S = 0.05
"""How long loners outlive the process that was killed: what was on its way to them counts."""


@dataclass
class Onslaught:
    """Kills and starts again, and has what is stored compared with what was promised each time."""

    ground: Ground
    archive: Documents
    team: Team
    kills: Counter[str] = field(default_factory=Counter[str])
    promised: int = 0
    """Entries of loners that had to be in the stores."""
    compared: int = 0
    _down: set[str] = field(default_factory=set[str])
    _work: set[asyncio.Task[list[str]]] = field(default_factory=set[asyncio.Task[list[str]]])
    broken: list[str] = field(default_factory=list[str])

    @property
    def _victims(self) -> dict[str, str | Replica]:
        return {name: name for name in STORES} | {
            f"replica {number}": replica for number, replica in enumerate(self.ground.replicas, 1)
        }

    @property
    def _is_short(self) -> bool:
        total = self.kills.total()
        return total < KILLS or (total < MOST_KILLS and not self.ground.logged("not compacted"))

    async def run(self) -> None:
        while self._is_short:
            if self.ground.chance.random() > AGAIN_AT_ONCE:
                await eventually(lambda: not self._down, "everything being back", 60)
            loners = [self.ground.team([protocol]) for protocol in PROTOCOLS for _ in range(2)]
            people = [loner.editors[0] for loner in loners]
            async with present(people), typing(people, every_s=LONER_EVERY_S):
                await asyncio.sleep(self.ground.chance.uniform(*BETWEEN_KILLS_S))
                await self._strike()
                await asyncio.sleep(LAST_WORDS_S)
            for each in (*loners, self.team):
                self._compare_later(each)
        while self._work:
            await asyncio.wait(self._work)

    async def _strike(self) -> None:
        chance = self.ground.chance
        standing = sorted(self._victims.keys() - self._down)
        most = min(len(standing), chance.choice(AT_ONCE), MOST_KILLS - self.kills.total())
        chosen = set(chance.choices(standing, [WEIGHTS.get(name, 4) for name in standing], k=most))
        self._down.update(chosen)
        self.kills.update(chosen)
        await asyncio.gather(*(asyncio.to_thread(self.ground.kill, self._victims[name]) for name in chosen))
        for name in chosen:
            self._do(self._revive(name))

    async def _revive(self, name: str) -> list[str]:
        await asyncio.to_thread(self.ground.revive, self._victims[name])
        self._down.discard(name)
        return []

    def _compare_later(self, team: Team) -> None:
        promise = team.account.promise()
        if team is self.team:
            # It goes on writing, and may remove what it was promised until now.
            promise = promise._replace(entries=frozenset())
        self.promised += len(promise.entries)
        if promise.clocks:
            self.compared += 1
            self._do(kept(self.archive, team.document, promise))

    def _do(self, work: Coroutine[Any, Any, list[str]]) -> None:
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[list[str]]) -> None:
        self._work.discard(task)
        self.broken += [repr(task.exception())] if task.exception() else task.result()


class Browser:
    """A real client in Node, writing at the end."""

    def __init__(self, js: JavaScript, kind: Protocol) -> None:
        self._js = js
        self.kind = kind
        self.name = f"js-{kind[0]}"
        self.entries: list[str] = []

    async def write_on(self) -> None:
        while True:
            entry = mint(self.name, len(self.entries))
            self.entries.append(entry)
            await self._js.call("insert", client=self.name, text=entry)
            await asyncio.sleep(NODE_EVERY_S)


@asynccontextmanager
async def browsers(ground: Ground, js: JavaScript, team: Team) -> AsyncGenerator[list[Browser]]:
    """One of each kind, on the team's document, one at each replica."""
    found: list[Browser] = []
    for kind, replica in zip(PROTOCOLS, ground.replicas, strict=True):
        browser = Browser(js, kind)
        ticket = ground.service.office.ticket(team.document, ttl_s=3600)
        options = {"url": replica.url, "document": str(team.document), "ticket": ticket}
        await js.call("connect", client=browser.name, kind=kind, **options)
        found.append(browser)
    tasks = [asyncio.create_task(browser.write_on()) for browser in found]
    try:
        yield found
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("seed", range(SEEDS))
async def test_nothing_promised_is_lost_whatever_is_killed_when(
    ground: Ground, js: JavaScript, seed: int, record_property: Callable[[str, object], None]
) -> None:
    ground.chance = random.Random(seed)
    ground.start(2)
    team = ground.team(PROTOCOLS * 2)
    async with ground.archive() as archive, present(team.editors):
        onslaught = Onslaught(ground, archive, team)
        async with typing(team.editors, every_s=TEAM_EVERY_S), browsers(ground, js, team) as real:
            await eventually(lambda: ground.logged("compacted") > 0, "the first compaction", 60)
            await onslaught.run()
        assert onslaught.broken == []
        assert onslaught.kills.total() >= KILLS
        assert onslaught.promised > 0

        by_browsers = {entry for browser in real for entry in browser.entries}
        await eventually(lambda: all(entry in team.editors[0].text for entry in by_browsers), "the browsers' edits")
        text = await settle(team.editors)
        for browser in real:
            await js.text(browser.name, text)
        await js.saved(next(browser.name for browser in real if browser.kind == "hocuspocus"))
        promise = team.account.promise()
        everything = promise._replace(entries=promise.entries | by_browsers)
        assert everything.broken(text, promise.clocks) == []
        assert await kept(archive, team.document, everything) == []
        written = {entry for editor in team.editors for entry in editor.entries} | by_browsers
        removed = {entry for editor in team.editors for entry in editor.removals}
        assert sorted(entries(text)) == sorted(written - removed)

        reader = ground.editor(team, "y-websocket", ground.door(*ground.start()))
        async with present([reader]):
            await eventually(lambda: reader.is_synced, "a replica without memory of anything answering")
            assert reader.text == text

    made, failed = ground.logged("compacted"), ground.logged("not compacted")
    cut_off = len(ground.stored_objects() - ground.snapshot_objects())
    complaints = ground.complaints()
    assert not complaints, "\n".join(complaints)
    assert ground.close() == []
    assert failed + cut_off > 0, "no kill hit a compaction"
    record_property(
        "told",
        f"seed {seed}: {onslaught.kills.total()} kills"
        f" ({', '.join(f'{name} {times}' for name, times in sorted(onslaught.kills.items()))});"
        f" {onslaught.promised} promised entries of loners and {len(text) // WIDTH} of the team found again,"
        f" {onslaught.compared} comparisons; {made} compactions, {failed} failed, {cut_off} cut off after the upload",
    )
