"""Several people in one document."""

import asyncio

from tests.browser.conftest import Visit
from tests.browser.steps import (
    enter,
    has_length,
    is_in_state,
    is_saved,
    let_in,
    new_document,
    open_document,
    reads,
    row,
    share_with,
    sign_in,
    text_of,
    write_at_end,
    write_at_start,
)
from tests.browser.visitor import Visitor, expect
from tests.system.running import Running

TYPING_MS = 8  # a pause between keys, so that both really type at the same time
ANNS = "The quick brown fox jumps over the lazy dog. "
BENS = " Pack my box with five dozen liquor jugs."


async def test_two_people_write_at_once_and_see_each_other(visit: Visit, environment: Running):
    ann_person, ben_person = environment.person("Ann Example"), environment.person("Ben Example")
    ann, ben = await asyncio.gather(visit("ann"), visit("ben"))
    await asyncio.gather(sign_in(ann, ann_person), sign_in(ben, ben_person))
    await new_document(ann, "Together")
    await ann.page.keyboard.type("|")
    await share_with(ann, ben_person, "editor")
    await ann.shot("shared")
    await ann.see("share-done").click()
    await ben.page.reload()
    await row(ben, "Together").get_by_test_id("document-title").click()
    await reads(ben, "|")

    await asyncio.gather(write_at_start(ann, ANNS, delay_ms=TYPING_MS), write_at_end(ben, BENS, delay_ms=TYPING_MS))
    for visitor, other in ((ann, ben_person), (ben, ann_person)):
        await reads(visitor, f"{ANNS}|{BENS}")
        await expect(visitor.see("peer")).to_have_attribute("data-name", other.name)
        await expect(visitor.see("caret")).to_contain_text(other.name)
        await is_saved(visitor)
    assert await text_of(ann) == await text_of(ben) == f"{ANNS}|{BENS}"
    await asyncio.gather(ann.shot("converged"), ben.shot("converged"))

    await ben.page.close()
    await expect(ann.see("presence")).to_have_attribute("data-count", "0")
    await expect(ann.see("caret")).to_have_count(0)


async def test_at_the_very_same_place_no_key_is_lost(visit: Visit, environment: Running):
    ann, ben = await _two_in_one_document(visit, environment)
    await asyncio.gather(
        write_at_start(ann, "a" * 60, delay_ms=TYPING_MS), write_at_start(ben, "b" * 60, delay_ms=TYPING_MS)
    )
    await asyncio.gather(is_saved(ann), is_saved(ben))
    # What is saved may still be on its way to the other.
    await asyncio.gather(has_length(ann, 120), has_length(ben, 120))
    text = await text_of(ann)
    await reads(ben, text)
    assert await text_of(ben) == text
    assert (text.count("a"), text.count("b")) == (60, 60)


async def test_a_reader_sees_what_is_written_and_cannot_write(visit: Visit, environment: Running):
    owner, reader = environment.person("Ann Example"), environment.person("Vic Example")
    document = owner.create_document("To be read").id
    owner.share(document, reader, "viewer")
    ann, vic = await asyncio.gather(visit("ann"), visit("vic"))
    await asyncio.gather(let_in(ann, owner), let_in(vic, reader))
    await asyncio.gather(open_document(ann, document), open_document(vic, document))
    await is_in_state(vic, "read-only")
    await expect(vic.see("editor")).to_have_attribute("contenteditable", "false")
    await expect(vic.see("toolbar")).to_have_count(0)
    await expect(vic.see("title")).to_have_attribute("readonly", "")
    await write_at_end(ann, "live before your eyes")
    await reads(vic, "live before your eyes")
    await expect(vic.see("word-count")).to_contain_text("4 words")
    await vic.see("editor").click()
    await vic.page.keyboard.type("graffiti")
    await vic.shot("read-only")

    owner.share(document, reader, "editor")
    await is_saved(vic)
    await expect(vic.see("editor")).to_have_attribute("contenteditable", "true")
    await write_at_end(vic, " and mine")
    await reads(ann, "live before your eyes and mine")
    assert "graffiti" not in await text_of(ann)

    owner.request("DELETE", f"/api/documents/{document}/members/{reader.id}")
    await expect(vic.see("ended-banner")).to_have_attribute("data-reason", "removed")
    await expect(vic.see("editor")).to_have_attribute("contenteditable", "false")
    vic.tolerate(r"status of 404")
    await vic.shot("access-removed")


async def test_saved_is_said_only_after_the_server_said_so(visit: Visit, environment: Running):
    person = environment.person("Ann Example")
    document = person.create_document("Promise").id
    ann = await visit("ann")
    await let_in(ann, person)
    await open_document(ann, document)
    await is_saved(ann)
    # The editor waits 20 s for a confirmation and then connects anew: by then the reader must have opened the document.
    reader = await visit("reader")
    await enter(reader, person)
    ann.wire.hold()
    await write_at_end(ann, "on its way")
    await is_in_state(ann, "saving")
    await ann.shot("saving")
    await open_document(reader, document)
    await reads(reader, "on its way")  # it has arrived, but the writer was not told: it must not say more than it knows
    await expect(ann.see("save-state")).to_have_attribute("data-state", "saving")
    ann.wire.release()
    await is_saved(ann)


async def test_what_is_written_offline_is_kept_and_merged(visit: Visit, environment: Running):
    ann, ben = await _two_in_one_document(visit, environment)
    await write_at_end(ann, "Before. ")
    await reads(ben, "Before.")
    await ann.go_offline()
    await is_in_state(ann, "offline")
    await write_at_end(ann, "Ann alone. ")
    await write_at_start(ben, "Ben meanwhile. ")
    await is_saved(ben)
    await is_in_state(ann, "offline")
    await ann.shot("offline")
    assert "Ann alone." not in await text_of(ben)
    await ann.go_online()
    await is_saved(ann)
    await reads(ben, "Ben meanwhile. Before. Ann alone.")
    await reads(ann, "Ben meanwhile. Before. Ann alone.")


async def _two_in_one_document(visit: Visit, environment: Running) -> tuple[Visitor, Visitor]:
    owner, writer = environment.person("Ann Example"), environment.person("Ben Example")
    document = owner.create_document("Common").id
    owner.share(document, writer, "editor")
    ann, ben = await asyncio.gather(visit("ann"), visit("ben"))
    await asyncio.gather(let_in(ann, owner), let_in(ben, writer))
    await asyncio.gather(open_document(ann, document), open_document(ben, document))
    await asyncio.gather(is_saved(ann), is_saved(ben))
    return ann, ben
