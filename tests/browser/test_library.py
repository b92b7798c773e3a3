"""Where one's documents are: lists, folders, favourites, the trash."""

import pytest
from playwright.async_api import Locator, ViewportSize

from tests.browser.conftest import Visit
from tests.browser.steps import enter, is_saved, let_messages_last, row
from tests.browser.visitor import DESKTOP, PHONE, Visitor, expect
from tests.system.api import Person
from tests.system.running import Running

MAX_TABS = 60
PAGE = 50


def folder(visitor: Visitor, name: str) -> Locator:
    """A folder in the tree."""
    return visitor.page.locator(f'[data-testid="folder"][data-name="{name}"]')


async def make_folder(visitor: Visitor, name: str) -> None:
    """At the top, by the button beside the heading. Its page is shown then."""
    await visitor.see("folder-new").click()
    await visitor.see("folder-name").fill(name)
    await visitor.page.keyboard.press("Enter")
    await expect(visitor.see("folder-title")).to_have_text(name)


async def tab_to(visitor: Visitor, test_id: str, *, name: str | None = None) -> None:
    """Press Tab until the focus is there."""
    target = visitor.see(test_id) if name is None else folder(visitor, name).get_by_test_id(test_id)
    for _ in range(MAX_TABS):
        await visitor.page.keyboard.press("Tab")
        if await target.first.evaluate("(element) => element === document.activeElement"):
            return
    raise AssertionError(f"Tab does not lead {visitor.name} to {test_id}")


def filed(person: Person, document: str) -> str | None:
    found: str | None = person.request("GET", f"/api/documents/{document}").json()["folder"]
    return found


async def test_documents_are_filed_by_dragging_and_survive_their_folder(visit: Visit, environment: Running):
    person = environment.person("Ann Example")
    document = person.create_document("Minutes").id
    ann = await visit("ann")
    await enter(ann, person)
    await make_folder(ann, "Work")
    await folder(ann, "Work").get_by_test_id("folder-menu").click()
    await ann.see("folder-new-inside").click()
    await ann.see("folder-name").fill("May")
    await ann.see("folder-name-save").click()
    await expect(ann.see("folder-title")).to_have_text("May")
    await expect(ann.see("empty-folder")).to_be_visible()
    await ann.shot("empty-folder")

    await ann.see("filter-all").click()
    await row(ann, "Minutes").drag_to(folder(ann, "May"))
    await expect(row(ann, "Minutes").get_by_test_id("in-folder")).to_contain_text("May")
    await folder(ann, "May").get_by_test_id("folder-link").click()
    await expect(row(ann, "Minutes")).to_be_visible()
    await ann.shot("filed")
    await ann.page.reload()
    await expect(ann.see("folder-title")).to_have_text("May")
    await expect(row(ann, "Minutes")).to_be_visible()

    # A folder moves by dragging, too; into itself it does not.
    await folder(ann, "Work").get_by_test_id("folder-link").drag_to(folder(ann, "May"))
    await expect(ann.see("toast")).to_contain_text("cannot be inside itself")
    await make_folder(ann, "Archive")
    await folder(ann, "May").get_by_test_id("folder-link").drag_to(folder(ann, "Archive"))
    await expect(ann.see("subfolder")).to_have_text("May")

    await ann.see("subfolder").click()
    await expect(ann.see("folder-title")).to_have_text("May")
    await folder(ann, "May").get_by_test_id("folder-menu").click()
    await ann.see("folder-delete").click()
    await expect(ann.see("confirm-dialog")).to_contain_text("they move to “Archive”")
    await ann.shot("delete-keeps-documents")
    await ann.see("confirm").click()
    await expect(ann.see("folder-title")).to_have_text("Archive")
    await expect(row(ann, "Minutes")).to_be_visible()
    folders = person.request("GET", "/api/documents/folders").json()["items"]
    assert {each["name"]: each["id"] for each in folders}["Archive"] == filed(person, document)


async def choose_move_by_keys(visitor: Visitor) -> None:
    """“Move to…” in the menu that is opening: it goes to what begins as one types, a moment later each time."""
    await expect(visitor.page.get_by_role("menuitem").first).to_be_focused()
    await visitor.page.keyboard.type("mov")
    await expect(visitor.see("move")).to_be_focused()
    await visitor.page.keyboard.press("Enter")


async def test_a_document_is_filed_by_keys_alone(visit: Visit, environment: Running):
    person = environment.person("Ann Example")
    document = person.create_document("Budget").id
    ann = await visit("ann")
    await let_messages_last(ann)
    await enter(ann, person)
    await expect(row(ann, "Budget")).to_be_visible()
    await tab_to(ann, "folder-new")
    await ann.page.keyboard.press("Enter")
    await expect(ann.see("folder-name")).to_be_focused()
    await ann.page.keyboard.type("Money")
    await ann.page.keyboard.press("Enter")
    await expect(ann.see("folder-title")).to_have_text("Money")

    await ann.go("/")
    await expect(row(ann, "Budget")).to_be_visible()
    await tab_to(ann, "document-menu")
    await ann.page.keyboard.press("Enter")
    await choose_move_by_keys(ann)
    await expect(ann.see("move-dialog")).to_be_visible()
    await expect(ann.page.get_by_role("radio", name="No folder")).to_be_focused()
    await ann.shot("move-by-keys")
    await ann.page.keyboard.press("Escape")
    await expect(row(ann, "Budget").get_by_test_id("document-menu")).to_be_focused()
    await ann.page.keyboard.press("Enter")
    await choose_move_by_keys(ann)
    await expect(ann.see("move-dialog")).to_be_visible()
    await ann.page.keyboard.press("ArrowDown")
    await expect(ann.page.get_by_role("radio", name="Money")).to_be_checked()
    await ann.page.keyboard.press("Enter")
    await expect(row(ann, "Budget").get_by_test_id("in-folder")).to_contain_text("Money")
    await expect(ann.see("toast")).to_contain_text("“Budget” is in “Money” now.")
    assert filed(person, document)


async def test_what_is_made_in_a_folder_is_in_it(visit: Visit, environment: Running):
    person = environment.person("Ann Example")
    made = person.request("POST", "/api/documents/folders", {"name": "Ideas"}).json()["id"]
    ann = await visit("ann")
    await enter(ann, person)
    await ann.go(f"/folders/{made}")
    await expect(ann.see("folder-title")).to_have_text("Ideas")
    await ann.see("new-document").click()
    await is_saved(ann)
    (document,) = person.documents()
    assert filed(person, document.id) == made


async def test_a_folder_of_somebody_else_is_not_there(visit: Visit, environment: Running):
    owner, stranger = environment.person("Ann Example"), environment.person("Eve Example")
    made = owner.request("POST", "/api/documents/folders", {"name": "Private"}).json()["id"]
    eve = await visit("eve")
    eve.tolerate(r"status of 404")
    await enter(eve, stranger)
    await eve.go(f"/folders/{made}")
    await expect(eve.see("no-folder")).to_be_visible()
    assert "Private" not in await eve.page.content()


async def test_favourites_recents_and_the_trash(visit: Visit, environment: Running):
    person = environment.person("Ann Example")
    person.create_document("Kept")
    opened = person.create_document("Opened").id
    person.request("POST", f"/api/documents/{opened}/opened")
    ann = await visit("ann")
    await enter(ann, person)
    await row(ann, "Kept").get_by_test_id("favourite").click()
    await ann.see("filter-favourites").click()
    await expect(ann.see("document-title")).to_have_text("Kept")
    await ann.see("filter-recent").click()
    await expect(ann.see("document-title")).to_have_text("Opened")

    await row(ann, "Opened").get_by_test_id("document-menu").click()
    await ann.see("delete").click()
    await ann.see("confirm").click()
    await expect(row(ann, "Opened")).to_have_count(0)
    await ann.see("filter-trash").click()
    await expect(ann.see("trash-row")).to_contain_text("Opened")
    await ann.shot("trash")
    await ann.see("restore").click()
    await expect(ann.see("nothing-found")).to_contain_text("The trash is empty")
    await ann.see("filter-owned").click()
    await expect(row(ann, "Opened")).to_be_visible()

    person.request("DELETE", f"/api/documents/{opened}")
    await ann.see("filter-trash").click()
    await ann.see("delete-forever").click()
    await expect(ann.see("confirm-dialog")).to_contain_text("cannot be undone")
    await ann.see("confirm").click()
    await expect(ann.see("trash-row")).to_have_count(0)
    assert [document.title for document in person.documents()] == ["Kept"]


async def test_a_list_goes_on_for_as_long_as_one_scrolls(visit: Visit, environment: Running):
    person = environment.person("Ann Example")
    for number in range(PAGE + 5):
        person.create_document(f"Number {number}")
    ann = await visit("ann")
    await enter(ann, person)
    await expect(row(ann, f"Number {PAGE + 4}")).to_be_visible()
    await ann.see("document-row").last.scroll_into_view_if_needed()
    await expect(ann.see("document-row")).to_have_count(PAGE + 5)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_the_library_is_for_everybody(visit: Visit, environment: Running, scheme: str, viewport: ViewportSize):
    person = environment.person("Ann Example")
    document = person.create_document("A document with quite a long title that does not fit into a line").id
    work = person.request("POST", "/api/documents/folders", {"name": "Work"}).json()["id"]
    person.request("POST", "/api/documents/folders", {"name": "Meetings of all kinds", "parent": work})
    person.request("PUT", f"/api/documents/{document}/folder", {"folder": work})
    ann = await visit("ann", color_scheme=scheme, viewport=viewport)
    await enter(ann, person)
    await expect(ann.see("document-row")).to_be_visible()
    await _is_for_everybody(ann, "library")
    if viewport == PHONE:
        await ann.see("folders-toggle").click()
    await folder(ann, "Work").get_by_test_id("folder-link").click()
    await expect(ann.see("subfolder")).to_be_visible()
    await expect(ann.see("document-row")).to_be_visible()
    await _is_for_everybody(ann, "folder")
    await ann.see("document-menu").click()
    await ann.see("move").click()
    await expect(ann.see("move-dialog")).to_be_visible()
    await _is_for_everybody(ann, "move")


async def _is_for_everybody(visitor: Visitor, stage: str) -> None:
    """Axe finds nothing, and nothing is wider than the window."""
    await visitor.shot(stage)
    assert await visitor.accessibility_faults() == []
    over = await visitor.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over <= 0, f"{stage} scrolls {over} pixels sideways"
