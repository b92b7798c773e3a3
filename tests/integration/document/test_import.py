"""Files made into documents."""

import io
import json
import zipfile
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from collab_collaboration.content.writing import from_json
from tests.datastores import Datastores, wait_until
from tests.integration.document.textstore import Site, site
from tests.people import Person
from tests.problems import assert_problem, wrong_fields

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.fixture(scope="module")
def running(datastores: Datastores, tmp_path_factory: pytest.TempPathFactory) -> Generator[Site]:
    with site(datastores, tmp_path_factory.mktemp("import")) as running:
        yield running


@pytest.fixture
def place(running: Site) -> Generator[Site]:
    yield running
    running.texts.on_fill = lambda _: None


def words(node: dict[str, Any]) -> str:
    return node.get("text", "") + "".join(words(child) for child in node.get("content", []))


def kinds(content: dict[str, Any]) -> list[str]:
    return [node["type"] for node in content["content"]]


def titles(person: Person) -> list[str]:
    return [item["title"] for item in person.document("GET").json()["items"]]


def test_markdown_becomes_a_document_of_ones_own(place: Site):
    ada = place.people.register("Ada")
    made = place.send(ada, b"# Plan\n\n- [x] **done**\n", filename="C:\\notes\\Our plan.md")
    assert made.status_code == 201
    document = made.json()
    assert (document["title"], document["role"], document["warnings"]) == ("Our plan", "owner", [])
    assert made.headers["etag"]
    plain = ada.document("GET", f"/{document['id']}").json()
    assert plain == {name: value for name, value in document.items() if name != "warnings"}
    content = place.texts.content(document["id"])
    assert kinds(content) == ["heading", "taskList"]
    assert place.texts.writers[document["id"]] == ada.id


@pytest.mark.parametrize(
    ("body", "content_type", "filename", "expected"),
    [
        ("# Überschrift\n", "text/markdown; charset=utf-8", "", "heading"),
        ("# Überschrift\n", "application/octet-stream", "a.markdown", "heading"),
        ("# Überschrift\n", "text/plain", "a.MD", "heading"),
        ("# Überschrift\n", "text/plain", "a.txt", "paragraph"),
        ("<h1>Überschrift</h1>", "text/html", "", "heading"),
        ("<h1>Überschrift</h1>", None, "page.htm", "heading"),
    ],
)
def test_the_kind_of_file(place: Site, body: str, content_type: str | None, filename: str, expected: str):
    made = place.send(place.people.register(), body.encode(), content_type, filename=filename)
    assert made.status_code == 201, made.text
    content = place.texts.content(made.json()["id"])
    assert kinds(content) == [expected]
    assert "Überschrift" in words(content)


def test_without_a_name_the_first_heading_is_the_title(place: Site):
    ada = place.people.register()
    assert place.send(ada, b"para\n\n# The *first* heading\n").json()["title"] == "The first heading"
    html = b"<html><head><title>Of the page</title></head><body><h1>x</h1></body></html>"
    assert place.send(ada, html, "text/html").json()["title"] == "Of the page"
    assert place.send(ada, b"nothing").json()["title"] == ""


def test_other_charsets(place: Site):
    ada = place.people.register()
    for text, content_type in (
        ("grüße".encode("utf-16"), "text/plain"),
        ("grüße".encode("latin-1"), "text/plain; charset=ISO-8859-1"),
        (b"\xef\xbb\xbfgr\xc3\xbc\xc3\x9fe", "text/markdown"),
    ):
        made = place.send(ada, text, content_type)
        assert words(place.texts.content(made.json()["id"])) == "grüße"


@pytest.mark.parametrize(
    ("body", "content_type", "status", "slug"),
    [
        (b"x", "image/png", 415, "unsupported-format"),
        (b"x", "application/octet-stream", 415, "unsupported-format"),
        (b"\xff\xfe\xfd", "text/markdown", 422, "unreadable-file"),
        (b"\xff", "text/plain; charset=utf-7", 422, "unreadable-file"),
        (b"PK\x03\x04 broken", DOCX, 422, "unreadable-file"),
        (b"", DOCX, 422, "unreadable-file"),
        (b"x" * (10 * 1024 * 1024 + 1), "text/markdown", 413, "body-too-large"),
    ],
)
def test_what_cannot_be_read(place: Site, body: bytes, content_type: str, status: int, slug: str):
    ada = place.people.register()
    assert_problem(place.send(ada, body, content_type), status, slug)
    assert titles(ada) == []


def docx(*members: tuple[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return packed.getvalue()


def test_docx_that_wants_to_blow_up(place: Site):
    ada = place.people.register()
    laughs = b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><w:document>&b;</w:document>'
    bombs = {
        docx(("word/document.xml", laughs)): "unreadable-file",
        docx(("word/document.xml", laughs.decode().encode("utf-16"))): "unreadable-file",
        docx(("word/document.xml", b" " * (80 * 1024 * 1024))): "too-complex",
        docx(("word/document.xml", b"<x/>"), *((f"{at}", b"") for at in range(4000))): "too-complex",
        docx(("other.xml", b"<x/>")): "unreadable-file",
        docx(("word/document.xml", b"<not xml")): "unreadable-file",
    }
    for body, slug in bombs.items():
        assert_problem(place.send(ada, body, DOCX), 422, slug)
    assert titles(ada) == []


def test_hostile_html(place: Site):
    html = b"""<p onclick="alert(1)">text<script>alert(2)</script><style>p{}</style></p>
    <a href="javascript:alert(3)">link</a> <a href=" VBScript:alert(4)">other</a> <iframe src="file:///etc/passwd"></iframe>
    <img src="file:///etc/hostname" onerror="alert(5)"><svg onload="alert(6)"></svg><object data="x"></object>"""
    made = place.send(place.people.register(), html, "text/html").json()
    content = json.dumps(place.texts.content(made["id"]))
    assert "text" in content
    for word in ("alert", "script", "passwd", "root:", "onerror", "file:"):
        assert word not in content
    assert any("Links" in warning for warning in made["warnings"])


def test_deep_nesting_is_flattened_or_refused(place: Site):
    ada = place.people.register()
    made = place.send(ada, b"> " * 60 + b"deep\n")
    assert made.status_code == 201
    assert "flattened" in made.json()["warnings"][0]
    response = place.send(ada, b"<blockquote>" * 20_000 + b"x", "text/html")
    assert response.status_code in {201, 422}


def test_a_large_file(place: Site):
    ada = place.people.register()
    made = place.send(ada, b"word **bold** and [link](https://example.org) more words\n\n" * 6_000)
    assert made.status_code == 201
    assert len(place.texts.content(made.json()["id"])["content"]) == 6_000


def test_into_a_folder(place: Site):
    ada, bob = place.people.register(), place.people.register()
    folder = ada.document("POST", "/folders", {"name": "Work"}).json()["id"]
    assert place.send(ada, b"x", folder=folder).json()["folder"] == folder
    assert_problem(place.send(bob, b"x", folder=folder), 404, "no-such-folder")
    assert titles(bob) == []


def test_who_is_not_signed_in(place: Site):
    url = f"{place.stage.url('document')}/api/documents/import"
    assert_problem(place.people.client().post(url, content=b"x"), 401, "unauthenticated")


def test_the_same_key_makes_one_document(place: Site):
    ada = place.people.register()
    first = place.send(ada, b"# One", key="k1").json()
    again = place.send(ada, b"# One", key="k1").json()
    assert first["id"] == again["id"]
    assert_problem(place.send(ada, b"# Two", key="k1"), 422, "idempotency-key-reused")
    assert titles(ada) == ["One"]


def test_the_same_key_at_once_makes_one_document(place: Site):
    ada = place.people.register()
    with ThreadPoolExecutor(4) as pool:
        sent = [pool.submit(place.send, ada, b"# One", key="k") for _ in range(4)]
        made = [each.result() for each in sent]
    assert {response.status_code for response in made} == {201}
    assert len({response.json()["id"] for response in made}) == 1
    assert titles(ada) == ["One"]


# When the text is not taken


@pytest.mark.parametrize(
    ("answer", "status", "slug"),
    [(500, 503, "service-unavailable"), (413, 422, "too-complex"), (400, 422, "too-complex")],
)
def test_no_document_without_its_text(place: Site, answer: int, status: int, slug: str):
    ada = place.people.register()
    tried: list[str] = []

    def refuse(document: str) -> tuple[int, Any]:
        tried.append(document)
        return answer, {}

    place.texts.on_fill = refuse
    assert_problem(place.send(ada, b"# One", key="k"), status, slug)
    assert titles(ada) == []
    wait_until(lambda: tried[0] in place.texts.removed, "collaboration hearing that the document is gone")
    place.texts.on_fill = lambda _: None
    assert place.send(ada, b"# One", key="k").status_code == 201
    assert titles(ada) == ["One"]


def test_a_lost_answer_is_no_failure(place: Site):
    """The text was taken, and the answer lost: the second attempt finds it there."""
    ada = place.people.register()

    def lose_first(document: str) -> tuple[int, Any] | None:
        texts = place.texts
        texts.on_fill = lambda _: None
        texts.states[document] = from_json({"type": "doc", "content": [{"type": "paragraph"}]})
        return 502, {}

    place.texts.on_fill = lose_first
    made = place.send(ada, b"# One")
    assert made.status_code == 201
    assert made.json()["id"] in place.texts.states


def test_an_unknown_folder_is_named(place: Site):
    problem = assert_problem(place.send(place.people.register(), b"x", folder="none"), 400, "invalid-request")
    assert wrong_fields(problem) == {"folder"}
