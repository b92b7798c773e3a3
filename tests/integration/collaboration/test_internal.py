"""What other services ask of collaboration: texts, beginnings, progress, deletions."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from collab_kit.http import INTERNAL_HEADER
from tests.datastores import Datastores
from tests.integration.collaboration.harness import Collaboration, JavaScript, Replica, answered, eventually
from tests.integration.collaboration.rawclient import peer
from tests.problems import assert_problem

PARAGRAPH = {"type": "paragraph", "content": [{"type": "text", "text": "Grüße, 世界 🎈", "marks": [{"type": "bold"}]}]}
HEADING = {"type": "heading", "attrs": {"level": 2}, "content": [{"type": "text", "text": "Title"}]}
CONTENT: dict[str, Any] = {"type": "doc", "content": [HEADING, PARAGRAPH]}


class Api:
    def __init__(self, replica: Replica, token: str) -> None:
        self._base = f"{replica.process.url}/internal"
        self._headers = {INTERNAL_HEADER: token}

    def __call__(self, method: str, path: str, body: object = None) -> httpx.Response:
        url, headers = f"{self._base}{path}", self._headers
        return answered(lambda: httpx.request(method, url, json=body, headers=headers, timeout=30, trust_env=False))


@pytest.fixture(scope="module")
def stored(collaboration: Collaboration, datastores: Datastores) -> Collaboration:
    collaboration.object_store = datastores.object_store
    return collaboration


@pytest.fixture(scope="module")
def replica(stored: Collaboration) -> Replica:
    return stored.start()


@pytest.fixture
def api(stored: Collaboration, replica: Replica) -> Api:
    return Api(replica, stored.stage.secret("internal-token"))


def types_of(content: dict[str, Any]) -> list[str]:
    return [node["type"] for node in content["content"]]


async def test_a_document_begins_with_what_it_is_filled_with(
    stored: Collaboration, replica: Replica, js: JavaScript, api: Api
) -> None:
    document, ann = str(uuid4()), uuid4()
    assert api("POST", f"/documents/{document}/content", {"user": str(ann), "content": CONTENT}).status_code == 204
    found = api("GET", f"/documents/{document}/content").json()
    assert types_of(found["content"]) == ["heading", "paragraph"]
    assert "Title" in found["text"]
    assert "Grüße, 世界 🎈" in found["text"]
    assert found["sequence"] == 1
    # Not a second time, whoever asks: nobody's text is written over.
    again = api("POST", f"/documents/{document}/content", {"user": str(ann), "content": CONTENT})
    assert_problem(again, 409, "document-not-empty")
    # It is a document like any other.
    ticket = stored.office.ticket(document)
    connect = {"url": replica.url, "document": document, "ticket": ticket}
    await js.call("connect", client="bob", kind="hocuspocus", **connect)
    await js.call("insert", client="bob", text="and more")
    await js.saved("bob")
    assert api("GET", f"/documents/{document}/content").json()["sequence"] == 2
    known = stored.stage.database.psql(
        f"select author from collaboration.client_author where document = '{document}'"  # noqa: S608  # ours
    )
    assert str(ann) in known


async def test_what_was_acknowledged_is_in_the_text(stored: Collaboration, replica: Replica, api: Api) -> None:
    document = str(uuid4())
    async with peer(f"{replica.url}/{document}?ticket={stored.office.ticket(document)}") as client:
        client.text += "not of the editor's kind"
        await eventually(lambda: stored.document(document, "head") == 1, "the edit being stored")
        found = api("GET", f"/documents/{document}/content").json()
    assert (found["sequence"], found["content"]) == (1, {"type": "doc", "content": [{"type": "paragraph"}]})
    assert found["text"].strip() == ""


def test_what_is_no_document_is_refused(api: Api) -> None:
    document = str(uuid4())
    for content in (None, "text", {"type": "paragraph"}, {"type": "doc", "content": [{"type": "script"}]}):
        answer = api("POST", f"/documents/{document}/content", {"user": str(uuid4()), "content": content})
        assert_problem(answer, 400, "invalid-request")
    assert api("GET", f"/documents/{document}/content").json()["sequence"] == 0


def test_what_is_too_large_is_refused(stored: Collaboration) -> None:
    small = Api(stored.start(COLLAB_MAX_DOCUMENT_BYTES="1024"), stored.stage.secret("internal-token"))
    document, long = str(uuid4()), {"type": "paragraph", "content": [{"type": "text", "text": "x" * 1200}]}
    body = {"user": str(uuid4()), "content": {"type": "doc", "content": [long]}}
    assert_problem(small("POST", f"/documents/{document}/content", body), 413, "document-too-large")
    assert small("GET", f"/documents/{document}/content").json()["sequence"] == 0


def test_a_deleted_document_has_neither_text_nor_beginning(api: Api) -> None:
    document = str(uuid4())
    for _ in range(2):
        assert api("DELETE", f"/documents/{document}").status_code == 204
    assert_problem(api("GET", f"/documents/{document}/content"), 404, "no-such-document")
    answer = api("POST", f"/documents/{document}/content", {"user": str(uuid4()), "content": CONTENT})
    assert_problem(answer, 404, "no-such-document")
    assert document not in {item["document"] for item in pages(api)}


def pages(api: Api) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    after = ""
    while True:
        page = api("GET", f"/edits?limit=2{after}").json()
        assert len(page["items"]) <= 2
        items += page["items"]
        if page["next"] is None:
            return items
        after = f"&after={page['next']}"


def test_progress_is_told_of_all_documents(api: Api) -> None:
    documents = {str(uuid4()) for _ in range(5)}
    for document in documents:
        api("POST", f"/documents/{document}/content", {"user": str(uuid4()), "content": CONTENT})
    found = {item["document"]: item["sequence"] for item in pages(api)}
    assert {found[document] for document in documents} == {1}
    assert list(found) == sorted(found, key=lambda each: UUID(each).bytes)


def test_strangers_are_not_answered(replica: Replica) -> None:
    stranger = Api(replica, "guessed")
    for method, path in (
        ("GET", "/edits"),
        ("GET", f"/documents/{uuid4()}/content"),
        ("POST", f"/documents/{uuid4()}/content"),
        ("DELETE", f"/documents/{uuid4()}"),
    ):
        assert_problem(stranger(method, path, {}), 403, "internal-only")
