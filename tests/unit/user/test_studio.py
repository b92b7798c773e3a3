"""Pictures are drawn a few at a time, and nobody waits without end."""

import asyncio

import pytest

from collab_user.avatars import studio as module
from collab_user.avatars.problems import NotAnImage
from collab_user.avatars.studio import Studio
from collab_user.problems import Busy


async def test_more_than_can_wait_are_sent_away():
    studio = Studio()
    drawing = [asyncio.create_task(studio.draw(b"no picture")) for _ in range(20)]
    outcomes = await asyncio.gather(*drawing, return_exceptions=True)
    kinds = {kind: sum(isinstance(outcome, kind) for outcome in outcomes) for kind in (Busy, NotAnImage)}
    assert kinds == {Busy: 11, NotAnImage: 9}
    with pytest.raises(NotAnImage):
        await studio.draw(b"no picture")


async def test_what_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "DEADLINE_S", 0.0)
    with pytest.raises(NotAnImage, match="too long"):
        await Studio().draw(b"no picture")


async def test_who_goes_away_frees_their_place():
    studio = Studio()
    for _ in range(12):
        drawing = asyncio.create_task(studio.draw(b"no picture"))
        await asyncio.sleep(0)
        drawing.cancel()
        await asyncio.wait({drawing})
    with pytest.raises(NotAnImage):
        await studio.draw(b"no picture")
