"""What is asked of the services, by whom, and the statement that does most of each answer's work."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final
from urllib.parse import quote
from uuid import UUID

import msgspec
from msgspec import Struct

from bench.services.client import Client, Request
from bench.services.filling import email_of
from bench.services.world import World
from collab_document import service
from collab_document.comments.queries import SQL as COMMENTS
from collab_document.queries import SQL
from collab_document.rules import FIRST_PAGE
from collab_document.search.rules import FIRST_HITS, parse_query
from collab_document.search.service import RANKED, REACH
from collab_document.search.store import SEARCH_SQL

__all__ = ["REFERENCES", "Case", "Token", "cases", "find_deep_cursor"]

Token = Callable[[UUID], str]
"""An access token of that person."""

REFERENCES: Final = {"document": "/api/documents/folders", "user": "/api/users/me/preferences"}
"""The least that each service does for somebody who is signed in: check the token, one look-up in an index."""

_DOCUMENTS: Final = "/api/documents"
_LISTS: Final = {
    "all": SQL.list_all,
    "mine": SQL.list_mine,
    "shared": SQL.list_shared,
    "favourites": SQL.list_favourites,
    "recent": SQL.list_recent,
    "trash": SQL.list_trash,
}
_LISTS_OF_MANY: Final = {"all": SQL.list_all_near, "mine": SQL.list_mine_near, "shared": SQL.list_shared_near}
_PAGE: Final = 50
_HITS: Final = 20
_DEEP_PAGES: Final = 20


class Case(Struct, frozen=True, kw_only=True):
    what: str
    caller: str
    requests: Sequence[Request]
    """Made one after the other, and again from the start."""
    service: str = "document"
    sql: tuple[str, tuple[object, ...]] | None = None
    """With its arguments; absent where several share the work."""


class _Cursor(Struct):
    next_cursor: str | None


async def find_deep_cursor(client: Client, token: str) -> str:
    """Where somebody's list goes on after two thousand documents, or what there is of that."""
    cursor = ""
    for _ in range(_DEEP_PAGES):
        _, body = await client.ask(Request("GET", f"{_DOCUMENTS}?limit=100{cursor}", token))
        following = msgspec.json.decode(body, type=_Cursor).next_cursor
        if following is None:
            break
        cursor = f"&cursor={following}"
    return cursor


def cases(world: World, token: Token, *, deep: str, folders: dict[str, tuple[UUID, UUID]]) -> Iterator[Case]:
    """All of them; `deep` is what `find_deep_cursor` found, `folders` a person with a folder of theirs by caller."""
    most = world.owner_of_most
    callers = {"tens": world.ordinary, "thousands": [most], "thousands, long ago": [world.archivist]}
    for caller, people in callers.items():
        yield from _lists(caller, people, token, many=most in people)
    yield Case(
        what="list: all, a deep page",
        caller="thousands",
        requests=[Request("GET", f"{_DOCUMENTS}?limit={_PAGE}{deep}", token(most))],
    )
    for caller, (person, folder) in folders.items():
        yield Case(
            what="list: a folder",
            caller=caller,
            requests=[Request("GET", f"{_DOCUMENTS}?limit={_PAGE}&folder={folder}", token(person))],
            sql=(SQL.list_folder, (person, FIRST_PAGE.at, FIRST_PAGE.id, _PAGE + 1, folder)),
        )
    for caller, people in callers.items():
        yield from _searches(caller, people, world, token, many=most in people)
    yield from _opening(callers, world, token)
    yield from _talk(callers, world, token)
    yield from _people(callers, world, token)


def _lists(caller: str, people: Sequence[UUID], token: Token, *, many: bool) -> Iterator[Case]:
    for name, sql in _LISTS.items():
        page = (people[0], FIRST_PAGE.at, FIRST_PAGE.id, _PAGE + 1)
        near = _LISTS_OF_MANY.get(name) if many else None
        yield Case(
            what=f"list: {name}",
            caller=caller,
            requests=[Request("GET", f"{_DOCUMENTS}?limit={_PAGE}&filter={name}", token(person)) for person in people],
            sql=(sql, page) if near is None else (near, (*page, service.REACH)),
        )


def _searches(caller: str, people: Sequence[UUID], world: World, token: Token, *, many: bool) -> Iterator[Case]:
    known = world.words.known
    rare, common = known[len(known) * 6 // 10], known[20]
    asked = {
        "a rare word": f'"{rare}"',
        "a common word": f'"{common}"',
        "the most common word": f'"{known[0]}"',
        "two words": f"{known[200]} {known[60]}",
        "a phrase": f'"{known[3]} {known[8]}"',
        "the beginning of a word": known[40][:3],
        "no hit": "xqxqxq",
    }
    for name, text in asked.items():
        parsed = parse_query(text)
        path = f"{_DOCUMENTS}/search?q={quote(text)}&limit={_HITS}"
        words = (people[0], parsed.text, parsed.before, parsed.prefix, FIRST_HITS.rank, FIRST_HITS.id, _HITS + 1)
        yield Case(
            what=f"search: {name}",
            caller=caller,
            requests=[Request("GET", path, token(person)) for person in people],
            sql=(SEARCH_SQL.search_many, (*words, RANKED, REACH)) if many else (SEARCH_SQL.search, words),
        )


def _opening(callers: dict[str, Sequence[UUID]], world: World, token: Token) -> Iterator[Case]:
    trashed = {document.id for document in world.documents if document.trashed_at}
    for caller, people in callers.items():
        several = 200 // len(people)
        seen = {
            person: [document for document in world.seen_by[person] if document not in trashed] for person in people
        }
        pairs = [(person, document) for person in people for document in seen[person][:several]]
        for what, method, more in (("open: the document", "GET", ""), ("open: a ticket", "POST", "/ticket")):
            yield Case(
                what=what,
                caller=caller,
                requests=[
                    Request(method, f"{_DOCUMENTS}/{document}{more}", token(person)) for person, document in pairs
                ],
            )


def _talk(callers: dict[str, Sequence[UUID]], world: World, token: Token) -> Iterator[Case]:
    yield Case(
        what="comments of the document that has the most",
        caller="thousands",
        requests=[Request("GET", f"{_DOCUMENTS}/{world.busiest}/comments?limit={_PAGE}", token(world.owner_of_most))],
        sql=(COMMENTS.list_threads, (world.busiest, UUID(int=0), None, _PAGE + 1)),
    )
    for caller, people in callers.items():
        for what, path in (
            ("notifications", f"/notifications?limit={_PAGE}"),
            ("notifications: unread", f"/notifications?unread=true&limit={_PAGE}"),
            ("notifications: how many", "/notifications/count"),
        ):
            requests = [Request("GET", f"{_DOCUMENTS}{path}", token(person)) for person in people]
            yield Case(what=what, caller=caller, requests=requests)


def _people(callers: dict[str, Sequence[UUID]], world: World, token: Token) -> Iterator[Case]:
    name = world.names[5]
    asked = {
        "a letter": name[:1],
        "the beginning of a name": name[:4],
        "a whole name": name,
        "an address": email_of(world.people[77]),
        "no hit": "xqxqxq",
    }
    for what, text in asked.items():
        path = f"/api/users/search?q={quote(text)}"
        for caller in ("tens", "thousands"):
            requests = [Request("GET", path, token(person)) for person in callers[caller]]
            yield Case(what=f"people: {what}", caller=caller, requests=requests, service="user")
