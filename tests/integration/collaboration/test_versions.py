"""Named versions and attributed history, over HTTP as the gateway passes it on."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from pycrdt import Doc, Text

from collab_collaboration.epoch import marker_of
from collab_collaboration.yupdate import read_extent
from tests.datastores import Datastores
from tests.integration.collaboration.harness import Collaboration, Replica, answered, eventually
from tests.integration.collaboration.rawclient import UPDATE, peer
from tests.problems import assert_problem, wrong_fields

WINDOW = 20
"""`COLLAB_COMPACT_AFTER` of these tests."""


class Api:
    """Calls about one document, by one person."""

    def __init__(self, replica: Replica, collaboration: Collaboration, document: str, user: UUID, role: str) -> None:
        self._base = f"{replica.process.url}/api/collaboration/documents/{document}"
        self._headers = {"Authorization": f"Bearer {collaboration.office.ticket(document, user=user, role=role)}"}

    def __call__(self, method: str, path: str, body: object = None) -> httpx.Response:
        url, headers = f"{self._base}{path}", self._headers
        return answered(lambda: httpx.request(method, url, json=body, headers=headers, timeout=30, trust_env=False))

    def pages(self, path: str, limit: int) -> list[dict[str, Any]]:
        """All items, read page by page."""
        items: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = self("GET", f"{path}?limit={limit}{cursor}").json()
            assert len(page["items"]) <= limit
            items += page["items"]
            if page["next_cursor"] is None:
                return items
            assert len(page["items"]) == limit
            cursor = f"&cursor={page['next_cursor']}"


@pytest.fixture(scope="module")
def stored(collaboration: Collaboration, datastores: Datastores) -> Collaboration:
    collaboration.object_store = datastores.object_store
    return collaboration


@pytest.fixture(scope="module")
def pair(stored: Collaboration) -> tuple[Replica, Replica]:
    return stored.start(COLLAB_COMPACT_AFTER=str(WINDOW)), stored.start(COLLAB_COMPACT_AFTER=str(WINDOW))


async def write(collaboration: Collaboration, replica: Replica, document: str, user: UUID, letters: str) -> int:
    """One operation a letter, each acknowledged before the next; the answer is the Yjs client that wrote."""
    ticket = collaboration.office.ticket(document, user=user)
    async with peer(f"{replica.url}/{document}?ticket={ticket}") as client:
        for letter in letters:
            client.messages.clear()
            client.text += letter
            await client.until(lambda: any(message[:2] == UPDATE for message in client.messages))
        return client.doc.client_id


def list_versions(url: str, headers: dict[str, str]) -> httpx.Response:
    return httpx.get(url, headers=headers, timeout=20, trust_env=False)


def lose_object(collaboration: Collaboration, version: str) -> None:
    change = f"object_key = 'documents/nowhere-{version}' where id = '{version}'"
    collaboration.stage.database.psql(f"update collaboration.version set {change}")  # noqa: S608  # ours


def text_of(state: bytes) -> str:
    doc: Doc[Text] = Doc()
    doc.apply_update(state)
    return str(doc.get("text", type=Text))


async def test_a_version_is_what_was_acknowledged_and_stays_so(
    stored: Collaboration, pair: tuple[Replica, Replica]
) -> None:
    document, ada, bob = str(uuid4()), uuid4(), uuid4()
    here, there = pair
    await write(stored, here, document, ada, "abc")
    # Asked of the replica that has never seen the document, at once.
    made = Api(there, stored, document, bob, "editor")("POST", "/versions", {"name": "  First\tdraft "})
    assert made.status_code == 201, made.text
    version = made.json()
    assert version["name"] == "First draft"
    assert (version["sequence"], version["created_by"], version["authors"]) == (3, str(bob), [str(ada)])
    await write(stored, here, document, bob, "def")
    viewer = Api(here, stored, document, uuid4(), "viewer")
    assert viewer("GET", f"/versions/{version['id']}").json() == version
    answer = viewer("GET", f"/versions/{version['id']}/state")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["cache-control"] == "private, no-store"
    assert text_of(answer.content) == "abc"
    assert len(answer.content) == version["size_bytes"]
    assert all(client < marker_of(0) for client, _, _ in read_extent(answer.content).spans)
    second = Api(here, stored, document, ada, "owner")("POST", "/versions", {"name": "Second"}).json()
    assert second["authors"] == [str(bob)]


async def test_compaction_leaves_versions_and_history(stored: Collaboration, pair: tuple[Replica, Replica]) -> None:
    document, ada, bob = str(uuid4()), uuid4(), uuid4()
    replica, _ = pair
    client = await write(stored, replica, document, ada, "a" * WINDOW)
    owner = Api(replica, stored, document, ada, "owner")
    version = owner("POST", "/versions", {"name": "Early"}).json()
    for round_ in range(1, 4):
        await eventually(lambda least=round_: (stored.document(document, "base") or 0) >= least * WINDOW, "a snapshot")
        await write(stored, replica, document, bob, "b" * WINDOW)
    await eventually(lambda: len(stored.operations(document)) < 3 * WINDOW, "trimming")
    assert {author for _, author in stored.operations(document)} == {str(bob)}, "what Ada wrote is trimmed"
    assert text_of(owner("GET", f"/versions/{version['id']}/state").content) == "a" * WINDOW
    history = owner.pages("/history", 1)
    assert [(entry["author"], entry["operations"]) for entry in history] == [(str(bob), 3 * WINDOW), (str(ada), WINDOW)]
    clients = {entry["client"]: entry["author"] for entry in owner.pages("/clients", 2)}
    assert clients[client] == str(ada)
    assert sorted(clients.values()) == sorted([str(ada)] + [str(bob)] * 3)
    late = owner("POST", "/versions", {"name": "Late"}).json()
    assert late["authors"] == [str(bob)], "from the log and from what was kept of it"


async def test_pages_renaming_and_deleting(stored: Collaboration, pair: tuple[Replica, Replica]) -> None:
    document, ada = str(uuid4()), uuid4()
    replica, _ = pair
    await write(stored, replica, document, ada, "x")
    owner = Api(replica, stored, document, ada, "owner")
    made = [owner("POST", "/versions", {"name": f"Version {number}"}).json()["id"] for number in range(5)]
    assert [version["id"] for version in owner.pages("/versions", 2)] == made[::-1]
    renamed = owner("PATCH", f"/versions/{made[0]}", {"name": "Renamed"})
    assert renamed.json() == owner("GET", f"/versions/{made[0]}").json()
    assert renamed.json()["name"] == "Renamed"
    assert owner("DELETE", f"/versions/{made[0]}").status_code == 204
    for method, path in (("GET", ""), ("GET", "/state"), ("PATCH", ""), ("DELETE", "")):
        body = {"name": "N"} if method == "PATCH" else None
        assert_problem(owner(method, f"/versions/{made[0]}{path}", body), 404, "no-such-version")
    assert [version["id"] for version in owner.pages("/versions", 3)] == made[:0:-1]
    # Another document's version is not this one's.
    other = Api(replica, stored, str(uuid4()), ada, "owner")
    assert_problem(other("GET", f"/versions/{made[1]}"), 404, "no-such-version")
    assert other("GET", "/versions").json() == {"items": [], "next_cursor": None}


async def test_a_document_that_nobody_has_written_in(stored: Collaboration, pair: tuple[Replica, Replica]) -> None:
    owner = Api(pair[0], stored, str(uuid4()), uuid4(), "owner")
    version = owner("POST", "/versions", {"name": "Blank"}).json()
    assert (version["sequence"], version["authors"]) == (0, [])
    assert text_of(owner("GET", f"/versions/{version['id']}/state").content) == ""
    assert owner("GET", "/history").json() == {"items": [], "next_cursor": None}
    assert owner("GET", "/clients").json() == {"items": [], "next_cursor": None}


async def test_roles_and_tickets(stored: Collaboration, pair: tuple[Replica, Replica]) -> None:
    document, ada = str(uuid4()), uuid4()
    replica, _ = pair
    await write(stored, replica, document, ada, "x")
    version = Api(replica, stored, document, ada, "editor")("POST", "/versions", {"name": "One"}).json()["id"]
    for role in ("viewer", "commenter"):
        reader = Api(replica, stored, document, uuid4(), role)
        assert reader("GET", "/versions").status_code == 200
        assert reader("GET", "/history").status_code == 200
        assert_problem(reader("POST", "/versions", {"name": "Two"}), 403, "role-too-low")
        assert_problem(reader("PATCH", f"/versions/{version}", {"name": "Two"}), 403, "role-too-low")
        assert_problem(reader("DELETE", f"/versions/{version}"), 403, "role-too-low")
    assert_problem(
        Api(replica, stored, document, uuid4(), "editor")("DELETE", f"/versions/{version}"), 403, "role-too-low"
    )
    url = f"{replica.process.url}/api/collaboration/documents/{document}/versions"
    for headers in (
        {},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": f"Bearer {stored.office.ticket(uuid4(), role='owner')}"},
        {"Authorization": f"Bearer {stored.office.ticket(document, ttl_s=-3600)}"},
    ):
        assert_problem(list_versions(url, headers), 401, "unauthenticated")


@pytest.mark.parametrize("name", ["", " ", "x" * 201, "a\x00b"])
async def test_a_wrong_name_is_named(stored: Collaboration, pair: tuple[Replica, Replica], name: str) -> None:
    owner = Api(pair[0], stored, str(uuid4()), uuid4(), "owner")
    problem = assert_problem(owner("POST", "/versions", {"name": name}), 400, "invalid-request")
    assert wrong_fields(problem) == {"name"}


@pytest.mark.parametrize("path", ["/versions", "/history", "/clients"])
async def test_a_wrong_page_is_named(stored: Collaboration, pair: tuple[Replica, Replica], path: str) -> None:
    owner = Api(pair[0], stored, str(uuid4()), uuid4(), "owner")
    wrong = (("limit=0", "limit"), ("limit=1001", "limit"), ("cursor=abc", "cursor"), ("cursor=", "cursor"))
    for query, field in wrong:
        problem = assert_problem(owner("GET", f"{path}?{query}"), 400, "invalid-request")
        assert wrong_fields(problem) == {field}


async def test_many_versions_at_once_while_people_write(stored: Collaboration, pair: tuple[Replica, Replica]) -> None:
    document, ada = str(uuid4()), uuid4()
    here, there = pair
    await write(stored, here, document, ada, "a")

    async def name_versions(replica: Replica) -> list[dict[str, Any]]:
        api = Api(replica, stored, document, ada, "owner")
        return [(await asyncio.to_thread(api, "POST", "/versions", {"name": f"v{n}"})).json() for n in range(4)]

    *made, _ = await asyncio.gather(
        name_versions(here), name_versions(there), write(stored, here, document, ada, "b" * 2 * WINDOW)
    )
    owner = Api(there, stored, document, ada, "owner")
    for version in (each for versions in made for each in versions):
        content = owner("GET", f"/versions/{version['id']}/state").content
        assert len(text_of(content)) == version["sequence"], "one letter an operation"
        assert len(content) == version["size_bytes"]


async def test_a_version_whose_object_is_lost_says_so(stored: Collaboration, pair: tuple[Replica, Replica]) -> None:
    document, ada = str(uuid4()), uuid4()
    await write(stored, pair[0], document, ada, "a")
    owner = Api(pair[0], stored, document, ada, "owner")
    version = owner("POST", "/versions", {"name": "One"}).json()["id"]
    lose_object(stored, version)
    assert_problem(owner("GET", f"/versions/{version}/state"), 500, "document-damaged")
