"""The machine is stopped and started again under people who have it open."""

import asyncio

from tests.browser.conftest import Visit
from tests.browser.steps import enter, is_in_state, is_saved, new_document, reads, row, text_of, write_at_end
from tests.browser.visitor import expect
from tests.system.running import Running

BACK_MS = 60_000
"""An attempt that was under way when the machine came back may take its 10 s, and the next comes a while after it."""


async def test_down_and_up_again_and_everything_is_still_there(visit: Visit, environment: Running):
    person = environment.person("Ann Example")
    ann = await visit("ann")
    # The last is what Chromium says of a keystroke between the connection's end and its event.
    ann.tolerate(
        r"ERR_CONNECTION_(REFUSED|RESET|CLOSED)|ERR_EMPTY_RESPONSE|WebSocket connection to .* failed"
        r"|status of 50[0-9]|in CLOSING or CLOSED"
    )
    await enter(ann, person)
    await new_document(ann, "Outlives a restart")
    await ann.page.keyboard.type("written before. ")
    await is_saved(ann)

    await asyncio.to_thread(environment.stop)
    await is_in_state(ann, "offline", timeout_ms=BACK_MS)
    await write_at_end(ann, "written while it was down. ")
    await ann.shot("stopped")
    await asyncio.to_thread(environment.start)

    await ann.page.evaluate("window.dispatchEvent(new Event('online'))")
    await is_in_state(ann, "saved", timeout_ms=BACK_MS)
    assert await text_of(ann) == "written before. written while it was down. "
    await ann.shot("back-by-itself")
    other = await visit("ann-elsewhere")
    await enter(other, person)
    await expect(row(other, "Outlives a restart")).to_be_visible()
    await row(other, "Outlives a restart").get_by_test_id("document-title").click()
    await reads(other, "written before. written while it was down.")
