"""Full-text search: what is found, in which order, by whom, and how it gets there."""

import asyncio
import html
import re
from collections.abc import Generator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collab_kit.events import DocumentEdited, Publisher, open_redis
from tests.datastores import Datastores, wait_until
from tests.effort import examples
from tests.integration.document.peer import CollaborationPeer, collaboration_peer
from tests.people import People, Person
from tests.problems import assert_problem, wrong_fields
from tests.services import Stage, settings_for


@pytest.fixture(scope="module")
def searched(
    datastores: Datastores, tmp_path_factory: pytest.TempPathFactory
) -> Generator[tuple[Stage, CollaborationPeer]]:
    """The services with a collaboration that this test speaks for."""
    # It has its port before the services look for theirs.
    with collaboration_peer() as peer:
        stage = Stage.prepare(tmp_path_factory.mktemp("searched"), datastores)
        peer.token = stage.secret("internal-token")
        try:
            overrides = {"COLLAB_COLLABORATION_URL": peer.url, "COLLAB_SEARCH_DELAY_S": "0"}
            stage.start_all({"auth": {}, "user": {}, "document": overrides})
            yield stage, peer
        finally:
            stage.close()


@pytest.fixture
def peer(searched: tuple[Stage, CollaborationPeer]) -> CollaborationPeer:
    return searched[1]


@pytest.fixture
def finders(searched: tuple[Stage, CollaborationPeer]) -> Generator[People]:
    with People(searched[0]) as people:
        yield people


def search(person: Person, q: str, **params: Any) -> list[dict[str, Any]]:
    url = f"{person.stage.url('document')}/api/documents/search"
    response = person.client.get(url, params={"q": q, **params})
    assert response.status_code == 200, response.text
    return response.json()["items"]


def found(person: Person, q: str) -> list[str]:
    return [hit["document"]["id"] for hit in search(person, q)]


def write(person: Person, peer: CollaborationPeer, datastores: Datastores, document: str, text: str) -> None:
    """Somebody writes, and collaboration says so."""
    peer.write(document, text)

    async def publish() -> None:
        redis = open_redis(settings_for(datastores))
        try:
            await Publisher(redis).publish(DocumentEdited(UUID(document), UUID(person.id), datetime.now(UTC)))
        finally:
            await redis.aclose()

    asyncio.run(publish())


def test_titles_are_found_at_once(finders: People):
    ada = finders.register("Ada")
    document = ada.create_document("Minutes of Monday")
    ada.create_document("Budget")
    assert found(ada, "monday minutes") == [document]
    assert found(ada, "minu") == [document]
    ada.document("PATCH", f"/{document}", {"title": "Agenda"})
    assert found(ada, "monday") == []
    assert found(ada, "agenda") == [document]


def test_what_was_written_is_found_soon(finders: People, peer: CollaborationPeer, datastores: Datastores):
    ada = finders.register("Ada")
    document = ada.create_document("Story")
    write(ada, peer, datastores, document, "The quick brown fox jumps over the lazy dog.")
    wait_until(lambda: found(ada, "brown fox") == [document], "the text being found")
    hit = search(ada, "fox")[0]
    assert "brown <mark>fox</mark> jumps" in hit["snippet_html"]
    assert hit["title_html"] == "Story"
    write(ada, peer, datastores, document, "Nothing of that is left.")
    wait_until(lambda: found(ada, "fox") == [], "the old text not being found any more")


def test_what_no_event_told_of_is_found_by_the_feed(finders: People, peer: CollaborationPeer):
    ada = finders.register("Ada")
    made = [ada.create_document(f"Silent {number}") for number in range(3)]
    for document in made:
        peer.write(document, "whispered words")
    wait_until(lambda: sorted(found(ada, "whispered")) == sorted(made), "the feed being read", 60)


def test_better_hits_come_first_and_pages_hold_all(finders: People, peer: CollaborationPeer, datastores: Datastores):
    ada = finders.register("Ada")
    in_title = ada.create_document("Zebra")
    often, once = ada.create_document("Often"), ada.create_document("Once")
    write(ada, peer, datastores, often, "zebra zebra zebra zebra")
    write(ada, peer, datastores, once, "a zebra")
    wait_until(lambda: len(found(ada, "zebra")) == 3, "all being found")
    assert found(ada, "zebra")[0] == in_title
    url = f"{ada.stage.url('document')}/api/documents/search"
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = ada.client.get(url, params={"q": "zebra", "limit": 1, **cursor}).json()
        seen += [hit["document"]["id"] for hit in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == found(ada, "zebra")


def test_only_what_one_may_read_is_found(finders: People, peer: CollaborationPeer, datastores: Datastores):
    ada, bob, eve = finders.register("Ada"), finders.register("Bob"), finders.register("Eve")
    stage = ada.stage
    document = ada.create_document("Confidential pelican")
    write(ada, peer, datastores, document, "flamingo")
    wait_until(lambda: found(ada, "flamingo") == [document], "the text being found")
    for query in ("pelican", "flamingo"):
        assert found(bob, query) == []
    ada.share(document, bob, "viewer")
    team = str(uuid4())
    state = {"name": "T", "version": 1, "members": [ada.id, eve.id]}
    url = f"{stage.url('document')}/internal/teams/{team}"
    httpx.put(url, json=state, headers=stage.internal_headers, timeout=15, trust_env=False)
    ada.document("PUT", f"/{document}/members", {"team_id": team, "role": "viewer"})
    assert found(bob, "flamingo") == found(eve, "flamingo") == [document]
    ada.document("DELETE", f"/{document}")
    for person in (ada, bob, eve):
        assert found(person, "flamingo") == []
    ada.document("POST", f"/{document}/restore")
    ada.document("DELETE", f"/{document}/members/{bob.id}")
    assert found(bob, "flamingo") == []
    assert found(ada, "flamingo") == [document]


def test_accents_and_case_do_not_matter_in_any_language(finders: People):
    ada = finders.register("Ada")
    made = {
        name: ada.create_document(name)
        for name in ("Crème brûlée", "ÜBERGRÖSSE", "Протокол Встречи", "ΑΘΗΝΑ", "東京 会議", "naïve")
    }
    for query, name in (
        ("creme brulee", "Crème brûlée"),
        ("CRÈME", "Crème brûlée"),
        ("ubergrosse", "ÜBERGRÖSSE"),
        ("встречи", "Протокол Встречи"),
        ("αθηνα", "ΑΘΗΝΑ"),
        ("東京", "東京 会議"),
        ("nai", "naïve"),
    ):
        assert found(ada, query) == [made[name]], query


def test_quotes_or_and_without(finders: People):
    ada = finders.register("Ada")
    apples, pears = ada.create_document("red apples"), ada.create_document("green pears")
    assert found(ada, '"red apples"') == [apples]
    assert found(ada, '"apples red"') == []
    assert set(found(ada, "apples or pears")) == {apples, pears}
    assert found(ada, "green -apples") == [pears]


@pytest.mark.parametrize(("query", "field"), [("q=", "q"), ("q=%20", "q"), ("", "q"), ("q=" + "x" * 201, "q"),
                                              ("q=x&cursor=y", "cursor"), ("q=x&limit=0", "limit")])  # fmt: skip
def test_a_wrong_search_is_named(finders: People, query: str, field: str):
    refused = finders.register().document("GET", f"/search?{query}")
    assert wrong_fields(assert_problem(refused, 400, "invalid-request")) == {field}


HOSTILE = [
    "<script>alert(1)</script> needle",
    "needle <img src=x onerror=alert(1)>",
    '"><mark>needle</mark>&lt;b&gt;',
    "&amp;needle& &#60;needle&#62; needle'\"",
    "http://example.org/?a=<needle>&b=needle",
    "needle\x02\x03 </mark><a href=javascript:alert(1)>",
]


def plain(marked: str) -> str:
    return html.unescape(re.sub("</?mark>", "", marked))


def test_only_marks_are_markup(finders: People, peer: CollaborationPeer, datastores: Datastores):
    ada = finders.register("Ada")
    for text in HOSTILE:
        document = ada.create_document("".join(char for char in text if char.isprintable()))
        write(ada, peer, datastores, document, text)
    wait_until(
        lambda: sum(hit["snippet_html"] != "" for hit in search(ada, "needle")) == len(HOSTILE), "all being found"
    )
    for hit in search(ada, "needle"):
        for shown in (hit["title_html"], hit["snippet_html"]):
            assert re.findall("<(?!/?mark>)", shown) == [], shown
            assert shown.count("<mark>") == shown.count("</mark>")
        assert plain(hit["title_html"]) == hit["document"]["title"]


def test_what_cannot_be_read_now_is_read_later(finders: People, peer: CollaborationPeer, datastores: Datastores):
    ada = finders.register("Ada")
    document, other = ada.create_document("Delayed"), ada.create_document("Prompt")
    peer.refusing = True
    try:
        write(ada, peer, datastores, document, "patience")
        wait_until(lambda: any(document in asked for asked in peer.asked), "the text being asked for")
    finally:
        peer.refusing = False
    write(ada, peer, datastores, other, "promptness")
    wait_until(lambda: found(ada, "promptness") == [other], "the other text being found")
    wait_until(lambda: found(ada, "patience") == [document], "the text being found")


def test_any_text_and_any_question_will_do(finders: People, peer: CollaborationPeer, datastores: Datastores):
    ada = finders.register("Ada")
    huge = ada.create_document("Huge")
    # More different words than a tsvector takes, most of them of letters that grow when their accents are taken apart.
    write(ada, peer, datastores, huge, " ".join(f"ﷺ{number}" for number in range(60_000)) + "\x00 end")
    wait_until(lambda: any(huge in asked for asked in peer.asked), "the text being asked for")
    url = f"{ada.stage.url('document')}/api/documents/search"

    @given(st.text(min_size=1, max_size=60) | st.text("ab'\"\\:*&|!()<>- or", min_size=1, max_size=30))
    @settings(max_examples=examples(150))
    def ask(text: str) -> None:
        answer = ada.client.get(url, params={"q": text.encode("utf-8", "ignore").decode()})
        assert answer.status_code in {200, 400}, (text, answer.text)

    ask()
    wait_until(
        lambda: found(ada, "ﷺ7") == [huge] or search(ada, "huge")[0]["snippet_html"] != "", "the text being read"
    )


def test_documents_from_before_are_found_by_their_titles(bare_stage: Stage):
    stage = bare_stage
    stage.migrate("document")

    async def run(sql: str) -> int:
        password = stage.secret("document-database-password")
        connection = await asyncpg.connect(stage.database.url("document"), password=password)
        try:
            return int(await connection.fetchval(sql) or 0)
        finally:
            await connection.close()

    asyncio.run(run("insert into document (title) select 'Old ' || n from generate_series(1, 1200) as n"))
    stage.start("document")
    count = "select count(*) from document_text where title like 'Old %'"
    wait_until(lambda: asyncio.run(run(count)) == 1200, "all titles being added")
