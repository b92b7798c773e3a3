"""Documents as files."""

import io
import zipfile
from collections.abc import Generator

import pytest

from tests.datastores import Datastores
from tests.integration.document.textstore import Site, site
from tests.people import Person
from tests.problems import assert_problem, wrong_fields

TEXT = "# Grüße\n\n- [x] **done** עברית\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"


@pytest.fixture(scope="module")
def place(datastores: Datastores, tmp_path_factory: pytest.TempPathFactory) -> Generator[Site]:
    with site(datastores, tmp_path_factory.mktemp("export")) as running:
        yield running


@pytest.fixture
def ada(place: Site) -> Person:
    return place.people.register("Ada")


def test_every_format(place: Site, ada: Person):
    document = place.make(ada, TEXT, filename="Grüße.md")
    types = {
        "md": "text/markdown; charset=utf-8",
        "html": "text/html; charset=utf-8",
        "txt": "text/plain; charset=utf-8",
        "json": "application/json",
        "pdf": "application/pdf",
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    }
    for form, content_type in types.items():
        file = place.export(ada, document, form)
        assert file.status_code == 200, file.text
        assert file.headers["content-type"] == content_type
        assert file.headers["content-disposition"] == (
            f"attachment; filename=\"Gr_e.{form}\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe.{form}"
        )
        assert file.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in file.headers["content-security-policy"]
        assert file.headers["cache-control"] == "private, no-cache"
        match form:
            case "json":
                assert file.json() == place.texts.content(document)
            case "pdf":
                assert file.content.startswith(b"%PDF-")
            case "docx":
                assert zipfile.ZipFile(io.BytesIO(file.content)).testzip() is None
            case _:
                assert "עברית" in file.text


def test_what_was_exported_can_be_imported(place: Site, ada: Person):
    document = place.make(ada, TEXT)
    once = place.export(ada, document, "md").text
    again = place.export(ada, place.make(ada, once), "md").text
    assert once == again


def test_a_document_nobody_has_written_in(place: Site, ada: Person):
    document = ada.create_document("")
    for form in ("md", "html", "docx", "pdf", "txt", "json"):
        file = place.export(ada, document, form)
        assert file.status_code == 200
        assert f'filename="document.{form}"' in file.headers["content-disposition"]
    assert place.export(ada, document, "md").text == ""


def test_what_the_reader_has_is_not_sent_again(place: Site, ada: Person):
    document = place.make(ada, TEXT)
    tag = place.export(ada, document, "md").headers["etag"]
    for known in (tag, f'"x", W/{tag}', "*"):
        answer = place.export(ada, document, "md", **{"If-None-Match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    assert place.export(ada, document, "html", **{"If-None-Match": tag}).status_code == 200
    ada.document("PATCH", f"/{document}", {"title": "Another"})
    renamed = place.export(ada, document, "md", **{"If-None-Match": tag})
    assert renamed.status_code == 200
    assert "Another.md" in renamed.headers["content-disposition"]


@pytest.mark.parametrize("role", ["viewer", "commenter", "editor"])
def test_every_reader_may(place: Site, ada: Person, role: str):
    document, bob = place.make(ada, TEXT), place.people.register("Bob")
    assert_problem(place.export(bob, document, "md"), 404, "no-such-document")
    ada.share(document, bob, role)
    assert place.export(bob, document, "md").status_code == 200
    ada.document("DELETE", f"/{document}")
    assert_problem(place.export(bob, document, "md"), 404, "no-such-document")


def test_who_is_not_signed_in(place: Site, ada: Person):
    document = place.make(ada, TEXT)
    url = f"{place.stage.url('document')}/api/documents/{document}/export?format=md"
    assert_problem(place.people.client().get(url), 401, "unauthenticated")


def test_wrong_questions(place: Site, ada: Person):
    document = place.make(ada, TEXT)
    problem = assert_problem(place.export(ada, document, "exe"), 400, "invalid-request")
    assert wrong_fields(problem) == {"format"}
    url = f"{place.stage.url('document')}/api/documents/{document}/export"
    assert_problem(ada.client.get(url), 400, "invalid-request")
    assert_problem(place.export(ada, "0198c1a0-0000-7000-8000-000000000000", "md"), 404, "no-such-document")
