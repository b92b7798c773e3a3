"""Restoring a version while people write, and showing what changed since, over HTTP as the gateway passes it on."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from pycrdt import XmlFragment

from collab_collaboration.content.reading import read_content
from collab_kit.http import INTERNAL_HEADER
from tests.datastores import Datastores
from tests.integration.collaboration.harness import Collaboration, JavaScript, Replica, answered, closes, eventually
from tests.integration.collaboration.rawclient import peer
from tests.integration.collaboration.test_versions import Api, lose_object
from tests.problems import assert_problem, wrong_fields

Json = dict[str, Any]
ADA = uuid4()


@pytest.fixture(scope="module")
def stored(collaboration: Collaboration, datastores: Datastores) -> Collaboration:
    collaboration.object_store = datastores.object_store
    return collaboration


@pytest.fixture(scope="module")
def pair(stored: Collaboration) -> tuple[Replica, Replica]:
    return stored.start(), stored.start()


class Desk:
    """A document of some lines, and the people at it."""

    def __init__(self, stored: Collaboration, replica: Replica, *lines: str) -> None:
        self.stored = stored
        self.replica = replica
        self.document = str(uuid4())
        if lines:
            content = {"type": "doc", "content": [_paragraph(line) for line in lines]}
            answer = self.internal("POST", {"user": str(ADA), "content": content})
            assert answer.status_code == 204, answer.text

    def internal(self, method: str, body: Json | None = None) -> httpx.Response:
        headers = {INTERNAL_HEADER: self.stored.stage.secret("internal-token")}
        url = f"{self.replica.process.url}/internal/documents/{self.document}/content"
        return answered(lambda: httpx.request(method, url, json=body, headers=headers, timeout=30, trust_env=False))

    def delete(self) -> httpx.Response:
        headers = {INTERNAL_HEADER: self.stored.stage.secret("internal-token")}
        url = f"{self.replica.process.url}/internal/documents/{self.document}"
        return httpx.delete(url, headers=headers, timeout=20, trust_env=False)

    def api(self, role: str = "editor", *, user: UUID = ADA, replica: Replica | None = None) -> Api:
        return Api(replica or self.replica, self.stored, self.document, user, role)

    def name(self, name: str = "Draft") -> str:
        made = self.api()("POST", "/versions", {"name": name})
        assert made.status_code == 201, made.text
        return made.json()["id"]

    def lines(self) -> list[str]:
        return _lines(self.internal("GET").json()["content"])

    async def join(
        self, js: JavaScript, name: str, replica: Replica | None = None, *, user: UUID | None = None
    ) -> None:
        ticket = self.stored.office.ticket(self.document, user=user)
        url = (replica or self.replica).url
        await js.call("connect", client=name, kind="hocuspocus", url=url, document=self.document, ticket=ticket)
        await js.until(name, lambda state: state["synced"], "being level with the server")


def restore(api: Api, version: str) -> Json:
    """Also what takes too long, which is asked for again."""
    answer = api("POST", f"/versions/{version}/restore")
    assert answer.status_code == 200, answer.text
    return answer.json()


def _paragraph(line: str) -> Json:
    return {"type": "paragraph", "content": [{"type": "text", "text": line}]}


def _lines(content: Any) -> list[str]:
    return ["".join(node["text"] for node in block.get("content", [])) for block in content["content"]]


async def test_everybody_who_is_connected_gets_what_was_and_goes_on(
    stored: Collaboration, pair: tuple[Replica, Replica], js: JavaScript
) -> None:
    here, there = pair
    desk = Desk(stored, here, "one", "two", "three")
    draft = desk.name()
    await desk.join(js, "near", here)
    await desk.join(js, "far", there)
    await js.call("line", client="near", block=1, text=" and a half")
    await js.call("line", client="far", block=3, text="four")
    await js.saved("near")
    await js.saved("far")
    lin = uuid4()
    restored = await asyncio.to_thread(restore, desk.api(user=lin, replica=there), draft)
    for client in ("near", "far"):
        await js.until(client, lambda state: state["lines"] == ["one", "two", "three"], "the version's text")
        assert closes(await js.state(client)) == []
    # One operation more, by whoever restored.
    operations = stored.operations(desk.document)
    assert operations[-1][1] == str(lin)
    before = restored["before"]
    assert (before["name"], before["created_by"]) == ("Before restoring “Draft”", str(lin))
    assert before["sequence"] == operations[-1][0] - 1
    # Whoever was connected writes on; and taken back, all that was there is there again.
    await js.call("line", client="near", block=0, text=" more")
    await js.saved("near")
    back = await asyncio.to_thread(restore, desk.api(), before["id"])
    expected = ["one", "two and a half", "three", "four"]
    await js.until("far", lambda state: state["lines"] == expected, "the text as it was before")
    kept = desk.api()("GET", f"/versions/{back['before']['id']}/difference").json()
    assert kept["blocks"][0]["runs"][-1] == {"status": "deleted", "text": " more"}
    for client in ("near", "far"):
        await js.call("close", client=client)


async def test_what_is_written_meanwhile_and_offline_is_in_the_result(
    stored: Collaboration, pair: tuple[Replica, Replica], js: JavaScript
) -> None:
    here, there = pair
    desk = Desk(stored, here, "first line", "second line", "third line")
    draft = desk.name()
    typing, away = uuid4(), uuid4()
    await desk.join(js, "typing", there, user=typing)
    await desk.join(js, "away", here, user=away)
    await js.call("line", client="typing", block=0, text=" changed")
    await js.saved("typing")
    await js.until("away", lambda state: state["lines"][0] == "first line changed", "the edit")
    await js.call("disconnect", client="away")
    await js.call("line", client="away", block=0, text=" offline")
    restoring = asyncio.create_task(asyncio.to_thread(restore, desk.api(), draft))
    for number in range(40):
        await js.call("line", client="typing", block=2, text=f" {number}")
    kept = (await restoring)["before"]
    await js.saved("typing")
    numbers = "".join(f" {number}" for number in range(40))
    # What was there when it was restored is taken back; of what came between, and after, nothing is lost.
    by_number = dict(stored.operations(desk.document))
    assert by_number[kept["sequence"] + 1] == str(ADA), "the version holds everything up to the restoring, and no more"
    was = _lines(read_content(desk.api()("GET", f"/versions/{kept['id']}/state").content))
    lines = desk.lines()
    assert lines[:2] == ["first line", "second line"]
    assert lines[2].startswith("third line")
    after = lines[2].removeprefix("third line")
    assert numbers.endswith(after)
    assert was[:2] == ["first line changed", "second line"]
    # What was stored while the restoring was worked out is in both.
    written = was[2].removeprefix("third line")
    assert numbers.startswith(written)
    assert written.startswith(numbers.removesuffix(after))
    await js.call("reconnect", client="away")
    await js.saved("away")
    await eventually(lambda: desk.lines()[0] == "first line offline", "what was written offline")
    history = desk.api()("GET", "/history").json()["items"]
    assert {entry["author"] for entry in history} >= {str(ADA), str(typing), str(away)}
    for client in ("typing", "away"):
        await js.call("close", client=client)


async def test_restoring_what_is_there_changes_nothing(stored: Collaboration, pair: tuple[Replica, Replica]) -> None:
    desk = Desk(stored, pair[0], "one", "two")
    draft = desk.name()
    operations = stored.operations(desk.document)
    assert restore(desk.api(), draft) == {"before": None}
    assert stored.operations(desk.document) == operations
    assert [version["id"] for version in desk.api().pages("/versions", 10)] == [draft]


async def test_several_at_once_restore_once(
    stored: Collaboration, pair: tuple[Replica, Replica], js: JavaScript
) -> None:
    desk = Desk(stored, pair[0], "one", "two")
    draft = desk.name()
    await desk.join(js, "writer")
    await js.call("line", client="writer", block=2, text="three")
    await js.saved("writer")
    head = stored.document(desk.document, "head") or 0
    apis = [desk.api(replica=replica) for replica in (*pair, *pair)]
    await asyncio.gather(*(asyncio.to_thread(restore, api, draft) for api in apis))
    assert stored.document(desk.document, "head") == head + 1
    assert desk.lines() == ["one", "two"]
    await js.call("close", client="writer")


async def test_who_may_restore_and_compare(stored: Collaboration, pair: tuple[Replica, Replica]) -> None:
    desk = Desk(stored, pair[0], "one")
    draft = desk.name()
    for role in ("viewer", "commenter"):
        reader = desk.api(role, user=uuid4())
        assert_problem(reader("POST", f"/versions/{draft}/restore"), 403, "role-too-low")
        assert reader("GET", f"/versions/{draft}/difference").status_code == 200
    assert restore(desk.api("owner"), draft) == {"before": None}
    # Another document's version is not this one's.
    other = Desk(stored, pair[0], "else")
    foreign = other.name()
    for method, path in (("POST", "restore"), ("GET", "difference"), ("GET", f"difference?after={draft}")):
        assert_problem(desk.api()(method, f"/versions/{foreign}/{path}"), 404, "no-such-version")
    assert_problem(desk.api()("GET", f"/versions/{draft}/difference?after={foreign}"), 404, "no-such-version")
    problem = assert_problem(desk.api()("GET", f"/versions/{draft}/difference?context=101"), 400, "invalid-request")
    assert wrong_fields(problem) == {"context"}


async def test_a_document_that_is_gone_or_damaged_says_so(stored: Collaboration, pair: tuple[Replica, Replica]) -> None:
    desk = Desk(stored, pair[0], "one")
    draft = desk.name()
    lose_object(stored, draft)
    assert_problem(desk.api()("POST", f"/versions/{draft}/restore"), 500, "document-damaged")
    assert_problem(desk.api()("GET", f"/versions/{draft}/difference"), 500, "document-damaged")
    assert desk.delete().status_code == 204
    assert_problem(desk.api()("POST", f"/versions/{draft}/restore"), 404, "no-such-document")
    assert_problem(desk.api()("GET", f"/versions/{draft}/difference"), 404, "no-such-document")


async def test_a_document_is_not_restored_beyond_its_limit(
    stored: Collaboration, pair: tuple[Replica, Replica]
) -> None:
    desk = Desk(stored, pair[0], "x" * 8000)
    draft = desk.name()
    ticket = stored.office.ticket(desk.document)
    async with peer(f"{pair[0].url}/{desk.document}?ticket={ticket}") as client:
        doc: Any = client.doc
        del doc.get("default", type=XmlFragment).children[:]
        await client.until(lambda: bool(client.echoes))
    small = stored.start(COLLAB_MAX_DOCUMENT_BYTES="4096")
    assert_problem(desk.api(replica=small)("POST", f"/versions/{draft}/restore"), 413, "document-too-large")
    assert [version["id"] for version in desk.api().pages("/versions", 10)] == [draft]
    assert desk.lines() == [""]


async def test_more_than_a_message_may_hold_reaches_who_is_connected(
    stored: Collaboration, pair: tuple[Replica, Replica]
) -> None:
    lines = [f"{number} " * 2000 for number in range(180)]
    desk = Desk(stored, pair[0], *lines)
    draft = desk.name()
    ticket = stored.office.ticket(desk.document)
    async with peer(f"{pair[0].url}/{desk.document}?ticket={ticket}") as client:
        doc: Any = client.doc
        fragment = doc.get("default", type=XmlFragment)
        del fragment.children[:]
        await client.until(lambda: bool(client.echoes))
        await asyncio.to_thread(restore, desk.api(), draft)
        await client.until(lambda: len(fragment.children) == len(lines))
        assert max(map(len, client.messages)) > 2**20
        assert _lines(read_content(doc.get_update())) == lines
        assert not client.closed.done()


async def test_the_difference_of_two_versions_and_of_one_and_the_present(
    stored: Collaboration, pair: tuple[Replica, Replica], js: JavaScript
) -> None:
    desk = Desk(stored, pair[0], "The quick fox", *(f"line {number}" for number in range(10)))
    first = desk.name("First")
    await desk.join(js, "writer")
    await js.call("line", client="writer", block=0, text=" jumps")
    await js.saved("writer")
    second = desk.name("Second")
    await js.call("line", client="writer", block=11, text="The end")
    await js.saved("writer")
    # Asked of the replica that has never seen the document.
    api = desk.api("viewer", user=uuid4(), replica=pair[1])
    between = api("GET", f"/versions/{first}/difference?after={second}&context=1")
    assert between.headers["cache-control"] == "private, no-store"
    found = between.json()
    assert (found["before"], found["after"], found["sequence"], found["same"]) == (first, second, 2, False)
    assert (found["inserted_chars"], found["deleted_chars"]) == (6, 0)
    assert found["blocks"][0]["runs"] == [
        {"status": "kept", "text": "The quick fox"},
        {"status": "inserted", "text": " jumps"},
    ]
    assert [block["status"] for block in found["blocks"]] == ["changed", "unchanged", "folded"]
    assert found["blocks"][2]["count"] == 9
    present = api("GET", f"/versions/{second}/difference").json()
    assert (present["after"], present["sequence"]) == (None, 3)
    assert [block["status"] for block in present["blocks"]] == ["unchanged"] * 11 + ["inserted"]
    assert api("GET", f"/versions/{first}/difference?after={first}").json()["same"] is True
    await js.call("close", client="writer")
