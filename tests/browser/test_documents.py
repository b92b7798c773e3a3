"""One person and their documents."""

import asyncio
import secrets
from pathlib import Path

from tests.browser.conftest import Visit
from tests.browser.steps import (
    enter,
    is_in_state,
    is_saved,
    kept_on_this_device,
    let_in,
    new_document,
    open_document,
    reads,
    register,
    row,
    write_at_end,
)
from tests.browser.visitor import expect
from tests.system.running import Running


async def test_from_registration_to_a_document_that_is_still_there(visit: Visit):
    ann = await visit("ann")
    await ann.go("/")
    await expect(ann.see("email")).to_be_visible()
    await ann.shot("sign-in")
    await register(ann, name="Ann Example", email=f"ann-{secrets.token_hex(4)}@example.org")
    await expect(ann.see("empty-state")).to_be_visible()
    await ann.shot("no-documents-yet")
    await ann.see("first-document").click()
    await expect(ann.see("title")).to_be_focused()
    await ann.page.keyboard.type("Field notes")
    await ann.page.keyboard.press("Enter")
    await ann.page.keyboard.type("# What we saw\nA heron, twice.\n- [ ] Ask about the third\nand **bold** words")
    await is_saved(ann)
    await ann.shot("written")
    await ann.page.reload()
    await reads(ann, "A heron, twice.")
    await reads(ann, "Ask about the third")
    await expect(ann.page.get_by_role("checkbox", name="Ask about the third")).to_be_visible()
    await expect(ann.see("title")).to_have_value("Field notes")
    await is_saved(ann)
    await ann.see("home").click()
    await expect(row(ann, "Field notes")).to_be_visible()
    await ann.shot("listed")


async def test_rename_and_delete_reach_everybody(visit: Visit, environment: Running):
    owner, reader = environment.person("Ann Example"), environment.person("Ben Example")
    document = owner.create_document("Draft").id
    owner.share(document, reader, "viewer")
    ann, ben = await asyncio.gather(visit("ann"), visit("ben"))
    await asyncio.gather(enter(ann, owner), enter(ben, reader))
    await expect(row(ben, "Draft")).to_be_visible()

    await row(ann, "Draft").get_by_test_id("document-menu").click()
    await ann.shot("row-menu")
    await ann.see("rename").click()
    await expect(ann.see("title-input")).to_be_focused()
    await ann.page.keyboard.type("Final")
    await ann.page.keyboard.press("Enter")
    await expect(row(ann, "Final")).to_be_visible()
    await ben.page.reload()
    await expect(row(ben, "Final")).to_be_visible()

    await row(ann, "Final").get_by_test_id("document-menu").click()
    await ann.see("delete").click()
    await expect(ann.see("confirm-dialog")).to_be_visible()
    await ann.shot("delete-asks-first")
    await ann.see("cancel").click()
    await expect(row(ann, "Final")).to_be_visible()
    await row(ann, "Final").get_by_test_id("document-menu").click()
    await ann.see("delete").click()
    await ann.see("confirm").click()
    await expect(row(ann, "Final")).to_have_count(0)
    await expect(ann.see("toast")).to_contain_text("deleted")
    await ben.page.reload()
    await expect(row(ben, "Final")).to_have_count(0)


async def test_a_deleted_document_closes_under_who_has_it_open(visit: Visit, environment: Running):
    owner, writer = environment.person("Ann Example"), environment.person("Ben Example")
    document = owner.create_document("Short-lived").id
    owner.share(document, writer, "editor")
    ben = await visit("ben")
    ben.tolerate(r"status of 404")
    await let_in(ben, writer)
    await open_document(ben, document)
    await write_at_end(ben, "some words")
    await is_saved(ben)
    owner.request("DELETE", f"/api/documents/{document}")
    await expect(ben.see("ended-banner")).to_have_attribute("data-reason", "deleted")
    await reads(ben, "some words")
    await expect(ben.see("editor")).to_have_attribute("contenteditable", "false")
    await ben.shot("deleted-under-the-hands")


async def test_a_document_of_others_is_not_there(visit: Visit, environment: Running):
    owner, stranger = environment.person("Ann Example"), environment.person("Eve Example")
    document = owner.create_document("Private").id
    eve = await visit("eve")
    eve.tolerate(r"status of 404")
    await let_in(eve, stranger)
    await eve.go(f"/documents/{document}")
    await expect(eve.see("not-found")).to_be_visible()
    await eve.shot("not-for-you")


async def test_search_finds_by_title(visit: Visit, environment: Running):
    person = environment.person("Ann Example")
    for title in ("Budget", "Minutes of May", "Minutes of June"):
        person.create_document(title)
    ann = await visit("ann")
    await enter(ann, person)
    await expect(ann.see("document-row")).to_have_count(3)
    await ann.page.keyboard.press("/")
    await ann.page.keyboard.type("minutes")
    await expect(ann.see("document-row")).to_have_count(2)
    await ann.shot("found")
    await ann.see("search").fill("nothing like it")
    await expect(ann.see("nothing-found")).to_be_visible()


async def test_a_browser_that_was_closed_comes_back_signed_in_with_what_was_not_sent_yet(
    visit: Visit, environment: Running, tmp_path: Path
):
    person = environment.person("Ann Example")
    ann = await visit("ann", profile=tmp_path)
    await enter(ann, person)
    await new_document(ann, "Kept")
    await ann.page.keyboard.type("words that were sent. ")
    await is_saved(ann)
    await ann.go_offline()
    await is_in_state(ann, "offline")
    await ann.page.keyboard.type("words that were not.")
    await kept_on_this_device(ann)
    await ann.leave(failed=False)
    again = await visit("ann-again", profile=tmp_path)
    await again.go("/")
    await row(again, "Kept").get_by_test_id("document-title").click()
    await reads(again, "words that were sent. words that were not.")
    await is_saved(again)
