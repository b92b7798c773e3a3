"""Pictures and files in the text: put there by one, seen by all."""

import base64
import re
import struct
import zlib
from pathlib import Path

from tests.browser.conftest import Visit
from tests.browser.steps import enter, is_saved, open_document, write_at_end
from tests.browser.visitor import PHONE, Visitor, expect
from tests.system.running import Running

LIVE_MS = 30_000
LOADED = "(image) => image.complete && image.naturalWidth"


def png(width: int = 320, height: int = 200) -> bytes:
    """A picture of two colours."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    line = b"\0" + (b"\x0f\x6b\x5c" * (width // 2)) + (b"\xfd\xea\xa6" * (width - width // 2))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(line * height)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


async def paste_picture(visitor: Visitor, picture: bytes) -> None:
    """As a browser does it: a file in what is pasted."""
    await visitor.see("editor").evaluate(
        """(editor, encoded) => {
          const bytes = Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0));
          const data = new DataTransfer();
          data.items.add(new File([bytes], "Übersicht 1.png", { type: "image/png" }));
          const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
          editor.dispatchEvent(event);
        }""",
        base64.b64encode(picture).decode(),
    )


async def is_shown(visitor: Visitor, *, width: int = 320) -> None:
    image = visitor.see("picture-image")
    await expect(image).to_be_visible(timeout=LIVE_MS)
    await visitor.page.wait_for_function(
        "() => { const image = document.querySelector('[data-testid=picture-image]');"
        f" return image && ({LOADED})(image) === {width}; }}"
    )


async def test_a_pasted_picture_is_seen_by_others_and_kept(visit: Visit, environment: Running):
    person, other = environment.person("Ann Example"), environment.person("Ben Example")
    document = person.create_document("With a picture").id
    assert person.request(
        "PUT", f"/api/documents/{document}/members", {"email": other.email, "role": "viewer"}
    ).is_success
    link = person.request("POST", f"/api/documents/{document}/links", {"role": "viewer"}).json()
    ann, ben, mia = await visit("ann"), await visit("ben"), await visit("mia", viewport=PHONE, color_scheme="dark")
    await enter(ann, person)
    await open_document(ann, document)
    await enter(ben, other)
    await open_document(ben, document)
    await mia.go(f"/link#{link['token']}")
    await write_at_end(ann, "Before.")

    await paste_picture(ann, png())
    await is_shown(ann)
    await is_saved(ann)
    await is_shown(ben)
    # Who came by a link sees it as well.
    await is_shown(mia)
    await mia.shot("by-link")
    await ann.see("picture-image").click()
    await ann.see("picture-alt").fill("A flag of two colours")
    await ann.see("picture-alt").press("Enter")
    await ann.see("picture-size").select_option("66")
    await is_saved(ann)
    await ann.shot("selected")
    await expect(ben.see("picture-image")).to_have_attribute("alt", "A flag of two colours")
    await expect(ben.see("picture-alt")).to_have_count(0)

    # It goes with one undo, for the others too, and comes again.
    await ann.see("picture-remove").click()
    await expect(ben.see("picture")).to_have_count(0)
    await ann.see("tool-undo").click()
    await is_shown(ben)
    await is_saved(ann)

    await ann.page.reload()
    await is_shown(ann)
    await expect(ann.see("picture-image")).to_have_attribute("alt", "A flag of two colours")
    page = person.request("GET", f"/api/documents/{document}/export?format=html").text
    assert f"data:image/png;base64,{base64.b64encode(png()).decode()}" in page
    assert "A flag of two colours" in page
    assert not await ann.accessibility_faults()


async def test_files_are_attached_by_button_and_downloaded(visit: Visit, environment: Running, tmp_path: Path):
    person = environment.person("Ann Example")
    document = person.create_document("With a file").id
    ann = await visit("ann", accept_downloads=True)
    await enter(ann, person)
    await open_document(ann, document)
    await write_at_end(ann, "See below.")
    plan, page = tmp_path / "plan.csv", tmp_path / "page.html"
    plan.write_text("a,b\n1,2\n", encoding="utf-8")
    page.write_text("<script>alert(1)</script>", encoding="utf-8")
    async with ann.page.expect_file_chooser() as choosing:
        await ann.see("tool-attach").click()
    await (await choosing.value).set_files([plan, page])
    chip = ann.see("file-chip")
    await expect(chip).to_contain_text("plan.csv", timeout=LIVE_MS)
    await expect(chip).to_contain_text("8 bytes")
    await expect(ann.see("upload-error")).to_have_text(re.compile("cannot be attached"))
    await ann.shot("file-and-refusal")
    await ann.see("upload-cancel").click()
    await expect(ann.see("uploads")).to_have_count(0)
    await is_saved(ann)
    async with ann.page.expect_download() as downloading:
        await ann.see("file-download").click()
    download = await downloading.value
    assert download.suggested_filename == "plan.csv"
    await download.save_as(tmp_path / "downloaded.csv")
    assert (tmp_path / "downloaded.csv").read_text(encoding="utf-8") == "a,b\n1,2\n"


async def test_without_a_connection_an_upload_can_be_tried_again(visit: Visit, environment: Running):
    person = environment.person("Ann Example")
    document = person.create_document("On a train").id
    ann = await visit("ann")
    await enter(ann, person)
    await open_document(ann, document)
    await write_at_end(ann, "Tunnel.")
    await is_saved(ann)
    await ann.go_offline()
    await paste_picture(ann, png())
    await expect(ann.see("upload-error")).to_have_text("There is no connection. Try again when there is.")
    await ann.shot("offline")
    await ann.go_online()
    await ann.see("upload-retry").click()
    await is_shown(ann)
    await is_saved(ann)
