"""Pictures and files of a document, in the files it is exported to."""

import asyncio
import io
import zipfile
from base64 import b64encode
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from PIL import Image

from collab_document.attachments.service import Picture
from collab_document.convert.converter import Converter
from collab_document.convert.embeds import is_what_it_says, picture_ids, without_embeds
from collab_document.convert.rules import ExportFormat

CAT, GONE = UUID("0190b2f4-5c1e-7c3a-9b1a-000000000001"), UUID("0190b2f4-5c1e-7c3a-9b1a-000000000002")


def drawn(kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(file, kind)
    return file.getvalue()


def image(attachment: UUID, alt: str | None = "A cat", **attributes: Any) -> dict[str, Any]:
    own = {"attachment": str(attachment), "alt": alt, "width": 40, "height": 30, "scale": 100}
    return {"type": "image", "attrs": own | attributes}


def paragraph(text: str) -> dict[str, Any]:
    return {"type": "paragraph", "content": [{"type": "text", "text": text}]}


def doc(*blocks: dict[str, Any]) -> bytes:
    return msgspec.json.encode({"type": "doc", "content": list(blocks)})


FILE = {"type": "file", "attrs": {"attachment": str(GONE), "name": "plan *1*.pdf", "size": 2048, "type": "x"}}
TEXT = doc(paragraph("Before."), image(CAT), image(GONE, "A dog", scale=66), FILE, paragraph("After."))


def export(form: ExportFormat, pictures: dict[UUID, Picture] | None = None, content: bytes = TEXT) -> bytes:
    return asyncio.run(Converter().write(content, form, "Cats", pictures))


PICTURES = {CAT: Picture("image/png", drawn())}


def test_a_web_page_has_its_pictures_in_itself() -> None:
    page = export("html", PICTURES).decode()
    assert f'src="data:image/png;base64,{b64encode(drawn()).decode()}"' in page
    assert 'alt="A cat"' in page
    assert "img-src data:" in page
    assert "[A dog]" in page
    assert "[plan *1*.pdf, 2 KB]" in page
    assert page.count("<img") == 1


def test_a_word_document_has_its_pictures() -> None:
    with zipfile.ZipFile(io.BytesIO(export("docx", PICTURES))) as archive:
        media = [name for name in archive.namelist() if name.startswith("word/media/")]
        assert [archive.read(name) for name in media] == [drawn()]


@pytest.mark.parametrize(("kind", "media_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("GIF", "image/gif")])
def test_a_pdf_has_its_pictures(kind: str, media_type: str) -> None:
    made = export("pdf", {CAT: Picture(media_type, drawn(kind))})
    assert made.startswith(b"%PDF-")
    assert made.count(b"/Subtype /Image") + made.count(b"/Subtype/Image") >= 1


def test_a_picture_that_is_broken_inside_does_not_keep_a_page_from_being_set() -> None:
    broken = drawn()[:40]
    assert export("pdf", {CAT: Picture("image/png", broken)}).startswith(b"%PDF-")
    assert export("docx", {CAT: Picture("image/png", broken)})


def test_what_only_says_that_it_is_a_picture_is_none() -> None:
    assert "<img" not in export("html", {CAT: Picture("image/png", b"<script>alert(1)</script>")}).decode()
    for kind, media_type in (
        ("PNG", "image/png"),
        ("JPEG", "image/jpeg"),
        ("GIF", "image/gif"),
        ("WEBP", "image/webp"),
    ):
        assert is_what_it_says(media_type, drawn(kind))
        assert not is_what_it_says(media_type, b"x" * 20)


@pytest.mark.parametrize("form", ["md", "txt"])
def test_where_pictures_have_no_place_there_are_words(form: ExportFormat) -> None:
    made = export(form, PICTURES).decode()
    assert "A cat" in made
    assert "A dog" in made
    assert "2 KB" in made
    assert "data:" not in made


def test_pictures_in_tables_and_lists_are_exported() -> None:
    item = {"type": "listItem", "content": [paragraph("One"), image(CAT)]}
    cell = {"type": "tableCell", "attrs": {"colspan": 1, "rowspan": 1}, "content": [image(CAT)]}
    content = doc(
        {"type": "bulletList", "content": [item]},
        {"type": "table", "content": [{"type": "tableRow", "content": [cell]}]},
    )
    assert export("html", PICTURES, content).decode().count("<img") == 2
    assert export("md", PICTURES, content).decode().count("A cat") == 2


def test_pictures_are_found_once_and_in_order() -> None:
    other = uuid4()
    content = doc(image(CAT), {"type": "blockquote", "content": [image(other)]}, image(CAT), image(GONE))
    assert picture_ids(content) == [CAT, other, GONE]
    assert picture_ids(doc({"type": "image", "attrs": {"attachment": "../x"}}, {"type": "image"})) == []
    assert len(picture_ids(doc(*(image(uuid4()) for _ in range(300))))) == 200


def test_what_belongs_to_a_document_stays_out_of_templates() -> None:
    content = doc(paragraph("“image” is a word"), {"type": "blockquote", "content": [image(CAT)]}, FILE)
    empty = {"type": "paragraph"}
    assert msgspec.json.decode(without_embeds(content)) == {
        "type": "doc",
        "content": [paragraph("“image” is a word"), {"type": "blockquote", "content": [empty]}, empty],
    }
    plain = doc(paragraph("None."))
    assert without_embeds(plain) is plain
