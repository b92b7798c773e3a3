"""Files through the real converter, there and back."""

import asyncio
import io
import json
import signal
import sys
import zipfile
from pathlib import Path
from typing import Any, get_args
from uuid import uuid4

import msgspec
import pytest

from collab_collaboration.content.reading import read_content
from collab_collaboration.content.text import plain_text
from collab_collaboration.content.writing import from_json
from collab_document.convert import converter as converting
from collab_document.convert.contents import Contents
from collab_document.convert.converter import Converter
from collab_document.convert.problems import ConverterBusy, TooComplex, UnreadableFile
from collab_document.convert.rules import ExportFormat, ImportFormat
from collab_document.templates.shipped import BUILT_IN, Shipped
from collab_kit.errors import PeerUnavailable
from tests.unit.document.corpus import CORPUS


async def read(source: bytes | str, form: ImportFormat = "markdown", *, through: Converter | None = None) -> Any:
    body = source.encode() if isinstance(source, str) else source
    found = await (through or Converter()).read(body, form, "text/plain")
    from_json(found.content)
    return found


async def write(content: Any, form: ExportFormat, title: str = "") -> bytes:
    return await Converter().write(msgspec.json.encode(content), form, title)


@pytest.mark.parametrize("name", CORPUS)
def test_markdown_there_and_back_settles(name: str) -> None:
    async def run() -> None:
        first = await read(CORPUS[name])
        once = await write(first.content, "md")
        second = await read(once)
        assert await write(second.content, "md") == once
        # Nor does the way through the CRDT change anything.
        kept = read_content(from_json(second.content))
        assert await write(kept, "md") == once

    asyncio.run(run())


@pytest.mark.parametrize("name", CORPUS)
def test_no_word_is_lost_in_any_format(name: str) -> None:
    async def run() -> None:
        content = (await read(CORPUS[name])).content
        wanted = sorted(set(plain_text(content).split()))
        for form in ("md", "html", "docx"):
            source: ImportFormat = {"md": "markdown", "html": "html", "docx": "docx"}[form]  # type: ignore[assignment]
            again = (await read(await write(content, form), source)).content  # type: ignore[arg-type]
            assert set(wanted) <= set(plain_text(again).split()) | {"☐", "☒"}, form

    asyncio.run(run())


@pytest.mark.parametrize("form", get_args(ExportFormat))
@pytest.mark.parametrize("name", ["everything", "languages", "empty"])
def test_every_format_can_be_written(name: str, form: ExportFormat) -> None:
    if form == "json":
        return
    content = asyncio.run(read(CORPUS[name])).content
    made = asyncio.run(write(content, form, 'A "title" #import \\ <b>'))
    if form == "pdf":
        assert made.startswith(b"%PDF-")
    elif form == "docx":
        assert "word/document.xml" in zipfile.ZipFile(io.BytesIO(made)).namelist()
    else:
        made.decode()


def test_files_are_the_same_each_time() -> None:
    content = asyncio.run(read(CORPUS["everything"])).content
    for form in ("html", "docx", "pdf"):
        assert asyncio.run(write(content, form, "T")) == asyncio.run(write(content, form, "T"))


def test_html_is_a_page_by_itself_in_which_nothing_runs() -> None:
    link = {"type": "link", "attrs": {"href": "javascript:alert(1)"}}
    text = {"type": "text", "text": "<script>alert(2)</script>", "marks": [link]}
    code = {"type": "codeBlock", "attrs": {"language": '"><script>'}, "content": [{"type": "text", "text": "</pre>"}]}
    content = {"type": "doc", "content": [{"type": "paragraph", "content": [text]}, code]}
    page = asyncio.run(write(content, "html", "</title><script>")).decode()
    assert page.startswith("<!DOCTYPE html>")
    assert "<script" not in page
    assert "javascript:" not in page
    assert "default-src 'none'" in page


def test_docx_has_the_title() -> None:
    async def run() -> None:
        content = (await read("text")).content
        again = await read(await write(content, "docx", "My title"), "docx")
        assert (again.title, plain_text(again.content)) == ("My title", "text\n")

    asyncio.run(run())


def test_text_of_typst_is_text() -> None:
    """No code of a document runs when its page is set, and no file is read."""
    source = '#read("/etc/passwd") #import "@preview/x:1.0.0" $x$ \\#sys.version `#` *b* [x] <label> @ref // c /* d */'
    text = {"type": "text", "text": source}
    block = {"type": "codeBlock", "attrs": {"language": "typ"}, "content": [{"type": "text", "text": "```\n" + source}]}
    for content in ({"type": "paragraph", "content": [text]}, block, {"type": "heading", "content": [text]}):
        made = asyncio.run(write({"type": "doc", "content": [content]}, "pdf", source))
        assert made.startswith(b"%PDF-")


def test_task_lists_of_html() -> None:
    html = """<ul data-type="taskList"><li data-checked="true"><label><input type="checkbox" checked></label>
    <div><p>done</p></div></li><li><label><input type="checkbox"></label><div><p>open</p></div></li></ul>"""
    content = asyncio.run(read(html, "html")).content
    (tasks,) = content["content"]
    assert tasks["type"] == "taskList"
    assert [item["attrs"]["checked"] for item in tasks["content"]] == [True, False]
    assert plain_text(content) == "done\nopen\n"


def test_built_in_templates_are_whole() -> None:
    async def run() -> None:
        shipped = Shipped(Converter())
        for template in BUILT_IN:
            content = json.loads(await shipped.content(template))
            from_json(content)
            assert "heading" in {node["type"] for node in content["content"]}
            assert await shipped.content(template) is await shipped.content(template)

    asyncio.run(run())


# Bounds


def test_too_many_at_once() -> None:
    async def run() -> None:
        small = Converter(at_once=1, waiting=1)
        done = await asyncio.gather(*(read("x", through=small) for _ in range(5)), return_exceptions=True)
        assert sum(isinstance(each, ConverterBusy) for each in done) == 3
        await read("x", through=small)

    asyncio.run(run())


def children() -> set[int]:
    found: set[int] = set()
    for task in Path("/proc/self/task").iterdir():
        found |= {int(pid) for pid in (task / "children").read_text().split()}
    return found


def test_a_deadline_ends_everything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = children()
    source = "a" * 40 + "*" + "_[x](" * 60_000

    async def run() -> None:
        with pytest.raises(TooComplex):
            await read(source, through=Converter(deadline_s=0.2))

    asyncio.run(run())
    assert children() == before
    assert list(tmp_path.iterdir()) == []


def test_who_stops_waiting_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = children()

    async def run() -> None:
        task = asyncio.create_task(read("word " * 200_000))
        while children() == before:  # noqa: ASYNC110  # nobody tells when it has been started
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert children() == before
    assert list(tmp_path.iterdir()) == []


def test_memory_is_bounded() -> None:
    with pytest.raises(TooComplex):
        asyncio.run(read("word *b* " * 1_000_000, through=Converter(memory_mib=256)))


def test_output_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converting, "MAX_OUTPUT_BYTES", 1000)
    with pytest.raises(TooComplex):
        asyncio.run(read("word *b* " * 1000))


def test_nothing_of_ours_is_where_others_see_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the process is started with, seen by a program that takes its place."""
    monkeypatch.setenv("COLLAB_SECRET", "x")
    shown = tmp_path / "shown"
    stand_in = tmp_path / "python"
    stand_in.write_text(f'#!/bin/sh\n(env; pwd; echo "$@") > "{shown}"\nkill -{signal.SIGKILL.value} $$\n')
    stand_in.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(stand_in))
    with pytest.raises(TooComplex):
        asyncio.run(write({"type": "doc"}, "md", "A title"))
    assert "COLLAB" not in shown.read_text()
    assert "A title" not in shown.read_text()
    assert str(Path.cwd()) not in shown.read_text().splitlines()


@pytest.mark.parametrize("body", [b"", b"PK", b"PK\x05\x06" + b"\0" * 18, b"\xff" * 1000])
def test_no_docx(body: bytes) -> None:
    with pytest.raises(UnreadableFile):
        asyncio.run(read(body, "docx"))


def test_without_a_collaboration_service_there_are_no_texts() -> None:
    with pytest.raises(PeerUnavailable):
        asyncio.run(Contents(None).read(uuid4()))
    with pytest.raises(PeerUnavailable):
        asyncio.run(Contents(None).begin(uuid4(), b"{}", by=uuid4()))
