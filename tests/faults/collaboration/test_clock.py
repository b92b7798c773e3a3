"""The wall clock of a service jumps, as on a laptop that wakes up or a machine whose time is set right."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bootstrap.prerequisites import faketime
from tests.faults.collaboration.editors import present, settle, typing
from tests.faults.collaboration.ground import PROTOCOLS, Ground
from tests.integration.collaboration.harness import eventually

TICKET_WRONG = 4401


class Clock:
    """What a process takes for the time; its monotonic clock is left alone."""

    def __init__(self, library: Path, file: Path) -> None:
        self._file = file
        self.jump(timedelta())
        self.environment = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def jump(self, away: timedelta) -> None:
        """To so much before or after the true time."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{away.total_seconds():+.0f}s\n")
        os.replace(new, self._file)  # noqa: PTH105  # what replaces it at once


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    library = faketime()
    if library is None:
        pytest.skip("libfaketime is not installed: `make prerequisites` does it on Debian and Ubuntu")
    return Clock(library, tmp_path / "clock")


@pytest.mark.parametrize("away", [timedelta(minutes=30), timedelta(minutes=-30)], ids=["forwards", "backwards"])
async def test_a_jump_of_the_clock_changes_nothing_for_people(ground: Ground, clock: Clock, away: timedelta) -> None:
    (jumping,) = ground.start(1, **clock.environment)
    (steady,) = ground.start()
    team = ground.team(PROTOCOLS * 2, doors=[ground.door(jumping), ground.door(jumping), ground.door(steady)])
    async with present(team.editors):
        async with typing(team.editors, every_s=0.05):
            await asyncio.sleep(1)
            clock.jump(away)
            compacted = ground.logged("compacted")
            await asyncio.sleep(3)
            await eventually(lambda: ground.logged("compacted") > compacted, "compaction going on")
        await settle(team.editors)
        assert [editor.closes for editor in team.editors] == [[], [], [], []], "nobody was sent away"
        newcomer = ground.editor(team, "y-websocket", ground.door(jumping))
        async with present([newcomer]):
            if away < timedelta():
                # Its ticket is of the future: one from before somebody was removed must not pass for a newer one.
                await eventually(lambda: TICKET_WRONG in newcomer.closes, "a ticket of the future being refused")
                clock.jump(timedelta())
            await eventually(lambda: newcomer.is_synced, "a ticket of the true time being good")
        clock.jump(timedelta())
        await ground.settled(team)
    told = [datetime.fromisoformat(line["time"]) for line in jumping.process.logs()]
    assert any(abs(time - away - datetime.now(UTC)) < timedelta(minutes=10) for time in told), "the clock did not jump"
    off = "select count(*) from collaboration.operation where abs(extract(epoch from now() - committed_at)) > 300"
    assert ground.service.stage.database.psql(off) == "0"
    assert ground.complaints() == []
