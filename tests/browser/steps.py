"""What people do in the editor, in their own words."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from playwright.async_api import Locator, TimeoutError  # noqa: A004 - the library's own

from tests.browser.visitor import WAIT_MS, Visitor, expect
from tests.system.api import PASSWORD, Person

SAVED_MS = 30_000
REFRESH_COOKIE = "collab_refresh"
CARET_TRIES = 50
_TEXT = """() => {
  const copy = document.querySelector('[data-testid="editor"]')?.cloneNode(true);
  for (const caret of copy?.querySelectorAll(".caret") ?? []) caret.remove();
  return [...(copy?.children ?? [])].map((block) => block.textContent).join("\\n");
}"""

# Of the editor's own: for how long it shows a message, without and with something to be done about it.
_LASTING_MESSAGES = """(() => {
  const later = window.setTimeout;
  window.setTimeout = (run, ms, ...rest) => later.call(window, run, [4500, 9000].includes(ms) ? 120000 : ms, ...rest);
})()"""


async def let_messages_last(visitor: Visitor) -> None:
    """From the next page on: on a busy machine their few seconds are over before one has done what comes before."""
    await visitor.context.add_init_script(_LASTING_MESSAGES)


async def register(visitor: Visitor, *, name: str, email: str, password: str = PASSWORD) -> None:
    """Fill in the registration page and send it."""
    await visitor.go("/register")
    await visitor.see("name").fill(name)
    await visitor.see("email").fill(email)
    await visitor.see("password").fill(password)
    await visitor.see("submit").click()


async def sign_in(visitor: Visitor, person: Person, *, password: str | None = None) -> None:
    """Fill in the sign-in page, which must be what is shown or else is gone to, and send it."""
    if not await visitor.see("email").is_visible():
        await visitor.go("/sign-in")
    await visitor.see("email").fill(person.email)
    await visitor.see("password").fill(password or person.password)
    await visitor.see("submit").click()


async def let_in(visitor: Visitor, person: Person) -> None:
    """Give the browser a session of the person's, as if they had signed in there before."""
    person.sign_in()  # one of its own: a refresh token that two browsers use ends for both
    cookie = next(each for each in person.http.cookies.jar if each.name == REFRESH_COOKIE)
    await visitor.context.add_cookies(
        [
            {
                "name": REFRESH_COOKIE,
                "value": cookie.value or "",
                # Not by its address: its folder would be the path, and the server's own cookie stand beside it.
                "domain": urlsplit(visitor.url).hostname or "",
                "path": cookie.path,
                "secure": visitor.url.startswith("https:"),
                "httpOnly": True,
                "sameSite": "Strict",
                "expires": float(cookie.expires or -1),
            }
        ]
    )


async def enter(visitor: Visitor, person: Person) -> None:
    """Arrive at the documents."""
    await let_in(visitor, person)
    await visitor.go("/")
    await expect(visitor.see("new-document")).to_be_visible()


async def open_document(visitor: Visitor, document: str) -> Locator:
    """Go to a document's own address. Returns its text."""
    await visitor.go(f"/documents/{document}")
    editor = visitor.see("editor")
    await expect(editor).to_be_visible()
    return editor


async def new_document(visitor: Visitor, title: str) -> Locator:
    """Create a document and name it. Returns its text, where the caret now is."""
    await visitor.see("new-document").click()
    await expect(visitor.see("title")).to_be_focused()
    await visitor.page.keyboard.type(title)
    await visitor.page.keyboard.press("Enter")
    editor = visitor.see("editor")
    await expect(editor).to_be_focused()
    return editor


async def write_at_end(visitor: Visitor, text: str, *, delay_ms: float = 0) -> None:
    """Type after everything that is there."""
    await _put_caret(visitor, "Control+End", "(state) => state.selection.to >= state.doc.content.size - 1")
    await visitor.page.keyboard.type(text, delay=delay_ms)


async def write_at_start(visitor: Visitor, text: str, *, delay_ms: float = 0) -> None:
    """Type before everything that is there."""
    await _put_caret(visitor, "Control+Home", "(state) => state.selection.to <= 1")
    await visitor.page.keyboard.type(text, delay=delay_ms)


async def kept_on_this_device(visitor: Visitor) -> None:
    """Wait until what was typed is in the browser's own store: a transaction waits for those before it."""
    await visitor.page.evaluate(
        """async () => {
          const copies = (await indexedDB.databases()).filter(({ name }) => name.startsWith("collab:copy:"));
          const done = (request) => new Promise((resolve, reject) => {
            request.onsuccess = () => resolve(request.result);
            request.onerror = () => reject(request.error);
          });
          for (const { name } of copies) {
            const database = await done(indexedDB.open(name));
            await done(database.transaction("updates", "readwrite").objectStore("updates").count());
            database.close();
          }
        }"""
    )


async def _put_caret(visitor: Visitor, key: str, arrived: str) -> None:
    """Press a key until the caret is there: the editor puts it back where it was just after it got the focus."""
    editor = visitor.see("editor")
    await editor.focus()
    for _ in range(CARET_TRIES):
        await visitor.page.keyboard.press(key)
        if await editor.evaluate(f"(element) => ({arrived})(element.editor.state)"):
            return
    raise AssertionError(f"{key} did not move {visitor.name}'s caret")


async def text_of(visitor: Visitor) -> str:
    """The text as it stands, without other people's carets."""
    return str(await visitor.page.evaluate(_TEXT))


async def is_in_state(visitor: Visitor, state: str, *, timeout_ms: float = SAVED_MS) -> None:
    """Wait until the indicator says so."""
    await expect(visitor.see("save-state")).to_have_attribute("data-state", state, timeout=timeout_ms)


async def is_saved(visitor: Visitor) -> None:
    """Wait until the editor says that everything is saved."""
    await is_in_state(visitor, "saved")


async def reads(visitor: Visitor, text: str) -> None:
    """Wait until somebody sees this text in the document."""
    try:
        await visitor.page.wait_for_function(f"(text) => ({_TEXT})().includes(text)", arg=text, timeout=WAIT_MS)
    except TimeoutError:
        raise AssertionError(f"{visitor.name} does not read {text!r} but {await text_of(visitor)!r}") from None


async def has_length(visitor: Visitor, length: int) -> None:
    """Wait until somebody sees at least so many characters in the document, whoever wrote them."""
    try:
        await visitor.page.wait_for_function(f"(length) => ({_TEXT})().length >= length", arg=length, timeout=WAIT_MS)
    except TimeoutError:
        seen = await text_of(visitor)
        raise AssertionError(f"{visitor.name} reads {len(seen)} characters of {length}: {seen!r}") from None


async def share_with(visitor: Visitor, other: Person, role: str) -> None:
    """Through the dialog of the open document."""
    await visitor.see("share").click()
    await visitor.see("share-email").fill(other.email)
    await visitor.see("share-role").select_option(role)
    await visitor.see("share-submit").click()
    await expect(visitor.see("share-message")).to_have_text(f"{other.name} has access now.")
    await expect(visitor.page.locator(f'[data-testid="member-row"][data-email="{other.email}"]')).to_be_visible()


def row(visitor: Visitor, title: str) -> Locator:
    """A document in the list."""
    named = visitor.page.get_by_test_id("document-title").filter(has_text=re.compile(f"^{re.escape(title)}$"))
    return visitor.see("document-row").filter(has=named)
