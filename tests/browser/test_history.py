"""Versions of a document, as people save them, look at them and go back to them."""

from tests.browser.conftest import Visit
from tests.browser.steps import is_saved, let_in, let_messages_last, open_document, reads, text_of, write_at_end
from tests.browser.visitor import Visitor, expect
from tests.system.running import Running


async def asks_for_a_name(visitor: Visitor) -> None:
    await expect(visitor.page.get_by_label("Name of the version")).to_be_focused()


async def test_one_restores_while_the_other_writes(visit: Visit, environment: Running):
    ann_example, ben_example = environment.person("Ann Example"), environment.person("Ben Example")
    document = ann_example.create_document("Proposal").id
    ann_example.share(document, ben_example, "editor")
    ann, ben = await visit("ann"), await visit("ben")
    await let_messages_last(ann)
    await let_in(ann, ann_example)
    await let_in(ben, ben_example)

    await open_document(ann, document)
    await write_at_end(ann, "## Our proposal\nWe meet on Monday in Lisbon.\nEverybody brings a plan.")
    await is_saved(ann)
    await ann.see("document-menu").click()
    await ann.see("version-history").click()
    await expect(ann.see("no-versions")).to_be_visible()
    await ann.see("version-save").click()
    await asks_for_a_name(ann)
    await ann.page.keyboard.type("First draft")
    await ann.page.keyboard.press("Enter")
    await expect(ann.see("version-summary")).to_have_text("The text is now as it was then.")

    await open_document(ben, document)
    await reads(ben, "Everybody brings a plan.")
    await write_at_end(ben, " And a map.\nBen adds a paragraph.")
    await is_saved(ben)

    await ann.page.reload()
    await expect(ann.see("changes").locator("ins").filter(has_text="Ben adds a paragraph.")).to_be_visible()
    await ann.shot("what-changed-since")
    assert await ann.accessibility_faults() == []
    await ann.page.set_viewport_size({"width": 390, "height": 844})
    await ann.shot("what-changed-since-small")
    await ann.page.set_viewport_size({"width": 1280, "height": 860})

    await ann.see("version-restore").click()
    await ann.shot("restore-asks-first")
    await ben.page.evaluate(
        """() => { const text = document.querySelector('[data-testid="editor"]').editor;
                   text.commands.setTextSelection(text.state.doc.content.size - 1); }"""
    )
    await ann.see("confirm").click()
    await expect(ann.see("toast")).to_contain_text("“First draft” is restored.")
    # Ben was not asked, and not disconnected either: he goes on in the text that is there now.
    await expect(ben.see("editor")).not_to_contain_text("Ben adds a paragraph.")
    await write_at_end(ben, " Ben goes on.")
    await is_saved(ben)
    await reads(ann, "Everybody brings a plan. Ben goes on.")
    assert "map" not in await text_of(ann)
    await ann.shot("restored-with-a-way-back")

    await ann.see("toast").get_by_role("button", name="Undo").click()
    # Nothing of what was there before is lost; and of what came after, there is a version.
    await reads(ben, "And a map.")
    await reads(ben, "Ben adds a paragraph.")
    await ben.go(f"/documents/{document}/history")
    await expect(ben.see("version")).to_have_count(3)
    await ben.see("version").first.click()
    await expect(ben.see("changes").locator("del").filter(has_text="goes on")).to_be_visible()
    await ben.shot("what-going-back-took-away")


async def test_whoever_may_only_read_looks_at_versions(visit: Visit, environment: Running):
    ann_example, vic_example = environment.person("Ann Example"), environment.person("Vic Example")
    document = ann_example.create_document("Report").id
    ann_example.share(document, vic_example, "viewer")
    ann, vic = await visit("ann"), await visit("vic")
    await let_in(ann, ann_example)
    await let_in(vic, vic_example)
    await open_document(ann, document)
    await write_at_end(ann, "Figures for May.")
    await is_saved(ann)
    await ann.go(f"/documents/{document}/history")
    await ann.see("version-save").click()
    await asks_for_a_name(ann)
    await ann.page.keyboard.type("May")
    await ann.page.keyboard.press("Enter")
    await expect(ann.see("version")).to_have_count(1)
    await ann.see("version-rename").click()
    await asks_for_a_name(ann)
    await ann.page.keyboard.press("End")
    await ann.page.keyboard.type(" figures")
    await ann.page.keyboard.press("Enter")
    await expect(ann.see("version")).to_contain_text("May figures")

    await vic.go(f"/documents/{document}/history")
    await vic.see("version").click()
    await expect(vic.see("changes")).to_contain_text("Figures for May.")
    for action in ("version-save", "version-restore", "version-rename", "version-delete"):
        await expect(vic.see(action)).to_have_count(0)

    await ann.see("version-delete").click()
    await ann.see("confirm").click()
    await expect(ann.see("no-versions")).to_be_visible()
