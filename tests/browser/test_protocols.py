"""The providers that other editors are built with, in a browser and unchanged, beside our own editor."""

import asyncio
import subprocess
from functools import cache

import pytest

from tests.browser.conftest import Visit
from tests.browser.steps import enter, is_saved, open_document, reads, write_at_end
from tests.browser.visitor import Visitor
from tests.system.running import Running
from tests.system.tools import CLIENTS, NODE, npm_install

_BUNDLE_TIMEOUT_S = 60
_CONNECT = {
    "y-websocket": """([url, document, ticket]) => {
      window.doc = new clients.Y.Doc();
      window.provider = new clients.WebsocketProvider(url, document, doc, { params: { ticket }, disableBc: true });
      window.isSaved = () => true;
    }""",
    "hocuspocus": """([url, document, token]) => {
      window.doc = new clients.Y.Doc();
      window.provider = new clients.HocuspocusProvider({ url, name: document, document: doc, token });
      window.isSaved = () => !provider.hasUnsyncedChanges;
    }""",
}
_PARAGRAPHS = "() => doc.getXmlFragment('default').toArray().map((each) => each.toString().replace(/<[^>]*>/g, ''))"
_WRITE = """(text) => doc.transact(() => {
  const paragraph = new clients.Y.XmlElement("paragraph");
  paragraph.insert(0, [new clients.Y.XmlText(text)]);
  doc.getXmlFragment("default").push([paragraph]);
})"""


@cache
def bundle() -> str:
    """`browser.mjs` as a script that defines `clients`."""
    npm_install(CLIENTS)
    command = [NODE, "bundle.mjs", "browser.mjs"]
    done = subprocess.run(command, cwd=CLIENTS, capture_output=True, text=True, check=True, timeout=_BUNDLE_TIMEOUT_S)
    return done.stdout


async def connect(visitor: Visitor, protocol: str, document: str, ticket: str) -> None:
    """Open a document on an otherwise idle page of the same origin."""
    await visitor.go("/sign-in")
    await visitor.page.evaluate(bundle())
    url = f"ws{visitor.url.removeprefix('http')}/collaboration"
    await visitor.page.evaluate(_CONNECT[protocol], [url, document, ticket])
    await visitor.page.wait_for_function("() => provider.synced")


async def sees(visitor: Visitor, *paragraphs: str) -> None:
    await visitor.page.wait_for_function(
        f"(wanted) => JSON.stringify(({_PARAGRAPHS})()) === JSON.stringify(wanted)", arg=list(paragraphs)
    )


@pytest.mark.parametrize("protocol", _CONNECT)
async def test_an_unchanged_provider_writes_with_people_in_the_editor(
    visit: Visit, environment: Running, protocol: str
):
    person = environment.person("Ann Example")
    document = person.create_document(f"Over {protocol}").id
    ticket = person.ticket(document).ticket
    ann, other = await asyncio.gather(visit("ann"), visit("other"))
    await enter(ann, person)
    await open_document(ann, document)
    await write_at_end(ann, "From the editor")
    await is_saved(ann)
    await connect(other, protocol, document, ticket)
    await sees(other, "From the editor")

    await other.page.evaluate(_WRITE, "from a provider")
    await reads(ann, "From the editor\nfrom a provider")
    await other.page.wait_for_function("() => isSaved()")
    await write_at_end(ann, ", and back")
    await sees(other, "From the editor", "from a provider, and back")

    await other.page.evaluate("() => provider.destroy()")
    await ann.page.reload()
    await reads(ann, "From the editor\nfrom a provider, and back")
