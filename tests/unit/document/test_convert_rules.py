"""Types, names and charsets of files, and what is checked before a parser sees them."""

from typing import Any

import pytest

from collab_document.convert.formats import content_disposition, import_format
from collab_document.convert.pages import html_page, typst_page
from collab_document.convert.plain import mark_checkboxes, paragraphs
from collab_document.convert.problems import UnsupportedFormat
from collab_document.convert.refusals import Unreadable
from collab_document.convert.rules import as_title, decode_text, is_safe_href, printable, title_of_file


@pytest.mark.parametrize(
    ("content_type", "filename", "expected"),
    [
        ("text/markdown", "", "markdown"),
        ("Text/Markdown; charset=utf-8", "x.docx", "markdown"),
        ("text/plain", "x.md", "markdown"),
        ("text/plain", "x", "text"),
        ("", "X.HTML", "html"),
        ("application/octet-stream", "a.b.docx", "docx"),
        ("application/xhtml+xml", "", "html"),
    ],
)
def test_which_format(content_type: str, filename: str, expected: str) -> None:
    assert import_format(content_type, filename) == expected


@pytest.mark.parametrize(
    ("content_type", "filename"), [("", ""), ("", "md"), ("image/png", "x.md"), ("application/pdf", ""), ("", "x.exe")]
)
def test_no_format(content_type: str, filename: str) -> None:
    with pytest.raises(UnsupportedFormat):
        import_format(content_type, filename)


def test_text_is_decoded() -> None:
    assert decode_text("ü\r\nä\rö".encode(), "text/plain") == "ü\nä\nö"
    assert decode_text("ü".encode("cp1252"), 'text/plain; Charset="windows-1252"') == "ü"
    assert decode_text("ü".encode("utf-16-be"), "text/plain; charset=utf-16") != "ü"  # without a mark it is a guess
    assert decode_text(b"\xfe\xff" + "ü".encode("utf-16-be"), "text/plain") == "ü"
    assert decode_text(b"", "") == ""


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"\xff", "text/plain"),
        (b"x", "text/plain; charset=nonsense"),
        (b"x", "text/plain; charset=rot13"),
        (b"eJwDAAAAAAE=", "text/plain; charset=zlib"),
        (b"+ADw-", "text/plain; charset=utf-7"),
        (b"\xff\xfe\x00", "text/plain"),
    ],
)
def test_text_that_is_none(body: bytes, content_type: str) -> None:
    with pytest.raises(Unreadable):
        decode_text(body, content_type)


def test_titles() -> None:
    assert title_of_file("C:\\a\\My  plan.v2.md") == "My plan.v2"
    assert title_of_file("/x/.md") == ".md"
    assert title_of_file("") == ""
    assert as_title("a\x00\n\tb\u202e") == "a b"
    assert len(as_title("x" * 500)) == 200


@pytest.mark.parametrize(
    ("title", "header"),
    [
        ("Plan", "attachment; filename=\"Plan.md\"; filename*=UTF-8''Plan.md"),
        ("", "attachment; filename=\"document.md\"; filename*=UTF-8''document.md"),
        ("../../etc/passwd", "attachment; filename=\"etc passwd.md\"; filename*=UTF-8''etc%20passwd.md"),
        ('a"b\r\nX: y', "attachment; filename=\"a b X y.md\"; filename*=UTF-8''a%20b%20X%20y.md"),
        ("Grüße 50%", "attachment; filename=\"Gr_e 50_.md\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%2050%25.md"),
        ("漢字", "attachment; filename=\"_.md\"; filename*=UTF-8''%E6%BC%A2%E5%AD%97.md"),
    ],
)  # fmt: skip
def test_names_of_files(title: str, header: str) -> None:
    assert content_disposition(title, "md") == header


def test_links_that_run() -> None:
    for href in ("javascript:x", " JaVaScript:x", "java\tscript:x", "data:text/html,x", "vbscript:x", "file:///x"):
        assert not is_safe_href(href)
    for href in ("https://x.org", "mailto:a@b", "/page", "#here", "page.html", "tel:+1", "x/y:z"):
        assert is_safe_href(href)


def test_what_no_file_may_hold() -> None:
    assert printable("a\x00b\x0bc\td\ne\ud800\x7f👩‍👩‍👧‍👦") == "abc\td\ne👩‍👩‍👧‍👦"


def test_plain_text() -> None:
    def lines(part: dict[str, Any]) -> list[str]:
        return [node.get("text", "\n") for node in part.get("content", [])]

    read = paragraphs("\n\na\n  b \n \n\nc\n\n\n")
    assert [lines(part) for part in read["content"]] == [["a", "\n", "  b"], ["c"]]
    assert paragraphs("") == {"type": "doc", "content": [{"type": "paragraph"}]}


def test_boxes() -> None:
    html = '<li><input checked type="checkbox">a<li><INPUT TYPE=checkbox disabled>b<input type=text checked>'
    assert mark_checkboxes(html) == "<li>☒ a<li>☐ b<input type=text checked>"
    assert mark_checkboxes("<input " * 100_000)  # in linear time


def test_pages_keep_a_title_to_itself() -> None:
    assert "<title>&lt;script&gt;{}</title>" in html_page("<script>{}", "")
    assert '"a\\"#import \\\\x"' in typst_page('a"#import \\x', "")
