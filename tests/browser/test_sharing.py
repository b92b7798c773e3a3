"""People who come by a share link, and what becomes of them when the link changes."""

import re
from typing import Any

from tests.browser.conftest import Visit
from tests.browser.steps import enter, is_saved, open_document, reads, write_at_end
from tests.browser.visitor import DESKTOP, PHONE, Visitor, expect
from tests.system.api import Person
from tests.system.running import Running

LIVE_MS = 30_000


def make_link(owner: Person, document: str, role: str, **more: Any) -> dict[str, Any]:
    answer = owner.request("POST", f"/api/documents/{document}/links", {"role": role, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def come_by(visitor: Visitor, link: dict[str, Any]) -> None:
    await visitor.go(f"/link#{link['token']}")


async def select_the_paragraph(visitor: Visitor) -> None:
    await visitor.see("editor").locator("p").first.click(click_count=3)


async def test_a_guest_comments_and_the_owner_sees_it_live(visit: Visit, environment: Running):
    person = environment.person("Ann Example")
    document = person.create_document("Open questions").id
    link = make_link(person, document, "commenter")
    ann, mia = await visit("ann"), await visit("mia")
    await enter(ann, person)
    await open_document(ann, document)
    await write_at_end(ann, "Is this so?")
    await is_saved(ann)
    await ann.see("comments").click()
    await expect(ann.see("no-comments")).to_be_visible()

    # In a window of her own, without an account.
    await come_by(mia, link)
    await reads(mia, "Is this so?")
    await expect(mia.see("toolbar")).to_have_count(0)
    await mia.see("guest-name").click()
    await mia.see("guest-name-field").fill("Mia")
    await mia.see("guest-name-save").click()
    await expect(mia.see("guest-name-dialog")).to_have_count(0)
    await mia.see("comments").click()
    await expect(mia.see("guest-note")).to_contain_text("You comment as Mia, a guest.")
    await select_the_paragraph(mia)
    await mia.see("comment-new").click()
    await mia.see("new-comment").fill("It is, I think.")
    await mia.see("new-comment-send").click()
    await expect(mia.see("comment")).to_contain_text("It is, I think.")
    await mia.shot("guest-commented")

    comment = ann.see("comment")
    await expect(comment).to_contain_text("It is, I think.", timeout=LIVE_MS)
    await expect(comment).to_contain_text("MiaGuest")
    await ann.shot("owner-sees-it")
    await ann.see("reply").fill("Thank you.")
    await ann.see("reply-send").click()
    await expect(mia.see("comment").nth(1)).to_contain_text("Thank you.", timeout=LIVE_MS)

    # After a reload she is still who wrote it, and may take it back.
    await mia.page.reload()
    await mia.see("comments").click()
    await expect(mia.see("comment-menu")).to_have_count(1)

    # Lowered to reading, the link lets nobody write any more.
    mia.tolerate(r"status of 403")
    changed = person.request("PATCH", f"/api/documents/{document}/links/{link['id']}", {"role": "viewer"})
    assert changed.status_code == 200
    await mia.see("reply").fill("One more thing")
    await mia.see("reply-send").click()
    await expect(mia.see("reply")).to_have_count(0, timeout=LIVE_MS)
    await expect(mia.see("comment-new")).to_have_count(0)
    await expect(mia.see("comment")).to_have_count(2)


async def test_another_password_asks_those_who_are_in_again(visit: Visit, environment: Running):
    person = environment.person("Ann Example")
    document = person.create_document("Behind a password").id
    link = make_link(person, document, "viewer", password="correct horse")
    ann, mia = await visit("ann"), await visit("mia", viewport=PHONE)
    mia.tolerate(r"status of 40[134]")
    await enter(ann, person)
    await open_document(ann, document)
    await write_at_end(ann, "Nobody may know this.")
    await is_saved(ann)

    await come_by(mia, link)
    await mia.see("password").fill("correct horse")
    await mia.see("submit").click()
    await reads(mia, "Nobody may know this.")
    await mia.shot("in")

    await ann.see("share").click()
    await ann.see("link-settings-open").click()
    await ann.see("link-settings-mode").select_option("set")
    await ann.see("link-settings-password").fill("another horse")
    await ann.shot("link-settings")
    await ann.see("link-settings-save").click()
    await expect(ann.see("link-settings")).to_have_count(0)

    await expect(mia.see("link-password")).to_be_visible(timeout=LIVE_MS)
    await expect(mia.see("editor")).to_have_count(0)
    await mia.shot("asked-again")
    await mia.see("password").fill("another horse")
    await mia.see("submit").click()
    await reads(mia, "Nobody may know this.")

    await ann.see("link-revoke").click()
    await expect(mia.see("link-gone")).to_be_visible(timeout=LIVE_MS)


async def test_somebody_with_an_account_comments_by_a_link_as_themselves(visit: Visit, environment: Running):
    person, other = environment.person("Ann Example"), environment.person("Ben Example")
    document = person.create_document("For colleagues").id
    link = make_link(person, document, "commenter")
    ann, ben = await visit("ann"), await visit("ben", color_scheme="dark")
    await enter(ann, person)
    await open_document(ann, document)
    await write_at_end(ann, "A plan.")
    await is_saved(ann)
    await enter(ben, other)
    await come_by(ben, link)
    await reads(ben, "A plan.")
    await ben.see("comments").click()
    await expect(ben.see("guest-note")).to_have_count(0)
    await select_the_paragraph(ben)
    await ben.see("comment-new").click()
    await ben.see("new-comment").fill("Whose?")
    await ben.see("new-comment-send").click()
    await expect(ben.see("comment")).to_contain_text("Ben Example")
    await ben.shot("commented")
    assert not await ben.accessibility_faults()
    await ann.see("comments").click()
    await expect(ann.see("comment")).to_contain_text("Ben Example")


async def test_the_dialog_of_a_document_with_links_fits_a_phone(visit: Visit, environment: Running):
    person = environment.person("Ann Example")
    document = person.create_document("For everybody").id
    make_link(person, document, "commenter", password="correct horse")
    for scheme, viewport in (("light", PHONE), ("dark", PHONE), ("light", DESKTOP)):
        ann = await visit("ann", color_scheme=scheme, viewport=viewport)
        await enter(ann, person)
        await open_document(ann, document)
        await ann.see("share").click()
        await expect(ann.see("link-row")).to_be_visible()
        await ann.shot(f"dialog-{scheme}-{viewport['width']}")
        sticks_out = "(body) => body.scrollWidth > body.clientWidth"
        assert not await ann.page.locator(".dialog__body").evaluate(sticks_out)
        assert not await ann.accessibility_faults()


async def test_webhooks_are_kept_in_the_settings(visit: Visit, environment: Running):
    person = environment.person("Ann Example")
    for scheme, viewport in (("light", DESKTOP), ("dark", PHONE)):
        ann = await visit("ann", color_scheme=scheme, viewport=viewport)
        ann.tolerate(r"status of 400")
        await enter(ann, person)
        await ann.go("/settings?section=webhooks")
        await expect(ann.see("no-webhooks")).to_be_visible()
        await ann.see("webhook-new").click()
        await ann.see("webhook-url").fill("https://10.0.0.1/hook")
        await ann.see("webhook-submit").click()
        await expect(ann.see("url-error")).to_be_visible()
        await ann.shot("refused")
        await ann.see("webhook-url").fill("https://hooks.example.org/a-rather-long-address-of-a-program?for=collab")
        await ann.see("event-document.edited").uncheck()
        await ann.see("webhook-submit").click()
        await expect(ann.see("webhook-secret-value")).to_have_value(re.compile("^whsec_"))
        await ann.see("webhook-secret-kept").click()
        await expect(ann.see("webhook")).to_have_count(1)
        await ann.see("webhook-menu").click()
        await ann.see("webhook-toggle").click()
        await expect(ann.see("webhook-paused")).to_be_visible()
        await ann.see("webhook-log").click()
        await expect(ann.see("deliveries")).to_contain_text("Nothing was sent yet")
        await ann.shot("webhook")
        assert not await ann.accessibility_faults()
        await ann.see("webhook-menu").click()
        await ann.see("webhook-delete").click()
        await ann.see("confirm").click()
        await expect(ann.see("webhook")).to_have_count(0)
