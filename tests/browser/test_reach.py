"""For everybody: without a mouse, with a screen reader, on a phone, in the dark."""

import pytest

from tests.browser.conftest import Visit
from tests.browser.steps import enter, is_saved, open_document, write_at_end
from tests.browser.visitor import PHONE, Visitor, expect
from tests.system.running import Running

MOST_STOPS = 40

# Compared a few frames later: with reduced motion every change of style still takes a millisecond.
_LOOKS_FOCUSED = """async (element) => {
  const look = async () => {
    for (let frames = 0; frames < 3; frames += 1) await new Promise(requestAnimationFrame);
    const { boxShadow, outline } = getComputedStyle(element);
    return `${boxShadow} ${outline}`;
  };
  const focused = await look();
  element.blur();
  const plain = await look();
  element.focus();
  return focused !== plain;
}"""


async def test_everything_can_be_done_with_the_keyboard(visit: Visit, environment: Running):
    person = environment.person("Kim Example")
    kim = await visit("kim")
    keyboard = kim.page.keyboard
    await kim.go("/sign-in")
    await expect(kim.see("email")).to_be_focused()
    await keyboard.type(person.email)
    await keyboard.press("Tab")
    await expect(kim.see("password")).to_be_focused()
    await keyboard.type(person.password)
    await keyboard.press("Enter")
    await expect(kim.see("empty-state")).to_be_visible()
    await keyboard.press("c")
    await expect(kim.see("title")).to_be_focused()
    await keyboard.type("By keys alone")
    await keyboard.press("Enter")
    await expect(kim.see("editor")).to_be_focused()
    await keyboard.type("plain ")
    await keyboard.press("Control+b")
    await keyboard.type("bold")
    await expect(kim.see("editor").locator("strong")).to_have_text("bold")
    await is_saved(kim)

    await _tab_to(kim, "share", key="Shift+Tab")
    await kim.shot("focus-on-share")
    await keyboard.press("Enter")
    await expect(kim.see("share-email")).to_be_focused()
    await keyboard.press("Escape")
    await expect(kim.see("share-dialog")).to_have_count(0)
    await expect(kim.see("share")).to_be_focused()

    await _tab_to(kim, "home", key="Shift+Tab")
    await keyboard.press("Enter")
    await expect(kim.see("document-row")).to_have_count(1)
    await _tab_to(kim, "document-menu", key="Tab")
    await keyboard.press("Enter")
    await expect(kim.see("rename")).to_be_focused()
    await keyboard.press("Enter")
    await expect(kim.see("title-input")).to_be_focused()
    await keyboard.type("Renamed by keys")
    await keyboard.press("Enter")
    await expect(kim.see("document-title")).to_have_text("Renamed by keys")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_no_page_breaks_a_rule_of_accessibility(visit: Visit, environment: Running, scheme: str):
    owner, other = environment.person("Ann Example"), environment.person("Ben Example")
    ann = await visit("ann", color_scheme=scheme)
    faults: list[str] = []

    async def look(page: str) -> None:
        await ann.shot(page)
        faults.extend(f"{page}: {fault}" for fault in await ann.accessibility_faults())

    await ann.go("/register")
    await expect(ann.see("name")).to_be_visible()
    await look("register")
    await ann.go("/sign-in")
    await expect(ann.see("email")).to_be_visible()
    await look("sign-in")
    await enter(ann, owner)
    await expect(ann.see("empty-state")).to_be_visible()
    await look("no-documents")
    document = owner.create_document("For everybody").id
    owner.share(document, other, "commenter")
    await ann.page.reload()
    await expect(ann.see("document-row")).to_have_count(1)
    await look("documents")
    await open_document(ann, document)
    await write_at_end(ann, "# Heading\nText with **bold** and `code`.\n> quoted\n")
    await is_saved(ann)
    await look("editor")
    await ann.see("share").click()
    await expect(ann.see("member-row")).to_have_count(2)
    await look("share")
    assert not faults, "\n".join(faults)


async def test_on_a_phone_nothing_sticks_out(visit: Visit, environment: Running):
    person = environment.person("Pia Example")
    pia = await visit("pia", viewport=PHONE, is_mobile=True, has_touch=True, device_scale_factor=2)
    await pia.go("/sign-in")
    await expect(pia.see("email")).to_be_visible()
    await _fits(pia, "sign-in")
    await enter(pia, person)
    await _fits(pia, "no-documents")
    document = person.create_document("A title that is rather long for so small a screen, as titles often are").id
    await pia.page.reload()
    await expect(pia.see("document-row")).to_have_count(1)
    await _fits(pia, "documents")
    await open_document(pia, document)
    await write_at_end(pia, "Thumbs can write, too. " * 8)
    await is_saved(pia)
    await _fits(pia, "editor")
    await pia.see("share").click()
    await expect(pia.see("share-dialog")).to_be_visible()
    await _fits(pia, "share")


async def _fits(visitor: Visitor, stage: str) -> None:
    await visitor.shot(stage)
    wider = await visitor.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0, f"{stage} is {wider} px wider than the screen"


async def _tab_to(visitor: Visitor, test_id: str, *, key: str) -> None:
    """Press Tab (or Shift+Tab) until the focus is there, as somebody without a mouse has to."""
    for _ in range(MOST_STOPS):
        await visitor.page.keyboard.press(key)
        element = visitor.see(test_id).first
        if await element.evaluate("(element) => element === document.activeElement"):
            assert await element.evaluate(_LOOKS_FOCUSED), f"nothing shows that {test_id} has the focus"
            return
    raise AssertionError(f"{test_id} cannot be reached with {key}")
