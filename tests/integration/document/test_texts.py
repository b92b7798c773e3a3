"""Import, export and templates with the real collaboration service beside them."""

from collections.abc import Generator

import httpx
import pytest

from tests.datastores import Datastores
from tests.integration.collaboration.harness import Collaboration, TicketOffice
from tests.people import People, Person
from tests.ports import free_port
from tests.services import Stage

TEXT = "# Grüße\n\n- [x] **done** עברית\n\n| a   |   b |\n|:----|----:|\n| 1   | 👩‍👩‍👧‍👦 |\n"


@pytest.fixture(scope="module")
def stage(datastores: Datastores, tmp_path_factory: pytest.TempPathFactory) -> Generator[Stage]:
    stage = Stage.prepare(tmp_path_factory.mktemp("texts"), datastores)
    try:
        with TicketOffice().open() as office:
            stage.migrate("collaboration")
            collaboration = Collaboration(stage, office, datastores.object_store)
            port = free_port()
            collaboration.start(COLLAB_PORT=str(port))
            url = f"http://127.0.0.1:{port}"
            stage.start_all({"auth": {}, "user": {}, "document": {"COLLAB_COLLABORATION_URL": url}})
            yield stage
    finally:
        stage.close()


@pytest.fixture
def ada(stage: Stage) -> Generator[Person]:
    with People(stage) as people:
        yield people.register("Ada")


def send(person: Person, markdown: str) -> httpx.Response:
    url = f"{person.stage.url('document')}/api/documents/import"
    headers = {"Content-Type": "text/markdown"}
    return person.client.post(url, content=markdown.encode(), headers=headers, timeout=60)


def export(person: Person, document: str, form: str) -> httpx.Response:
    url = f"{person.stage.url('document')}/api/documents/{document}/export?format={form}"
    return person.client.get(url, timeout=60)


def test_there_and_back(ada: Person):
    made = send(ada, TEXT)
    assert made.status_code == 201, made.text
    document = made.json()["id"]
    exported = export(ada, document, "md")
    assert exported.status_code == 200, exported.text
    again = export(ada, send(ada, exported.text).json()["id"], "md")
    assert again.text == exported.text
    for form in ("html", "docx", "pdf", "txt", "json"):
        assert export(ada, document, form).status_code == 200


def test_a_template_there_and_back(ada: Person):
    document = send(ada, TEXT).json()["id"]
    template = ada.document("POST", "/templates", {"name": "Mine", "document": document}).json()["id"]
    made = ada.document("POST", f"/templates/{template}/documents", {}).json()["id"]
    assert export(ada, made, "json").json() == export(ada, document, "json").json()


def test_a_document_nobody_has_opened(ada: Person):
    exported = export(ada, ada.create_document(), "md")
    assert (exported.status_code, exported.text) == (200, "")
