"""Puts a world into the tables of the two services, past their interfaces, as COPY does it."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from bench.services.world import World, uuid_at

if TYPE_CHECKING:
    from asyncpg import Connection, Record

__all__ = ["fill_documents", "fill_people"]

_FOLDER_SHARE = 50
"""Of a person's documents, one in so many is in each of their folders."""
_TIMEOUT_S = 1800.0


async def fill_people(connection: "Connection[Record]", world: World) -> None:
    """Into the user service's schema, which has to be empty."""
    names = zip(world.people, world.names, strict=True)
    await _copy(
        connection,
        "profile",
        ("id", "email", "name", "color"),
        ((person, email_of(person), name, "#3b82f6") for person, name in names),
    )
    await _copy(
        connection, "team", ("id", "name"), ((team, f"Team {number}") for number, (team, _) in enumerate(world.teams))
    )
    members = ((team, person, "member", False) for team, people in world.teams for person in people)
    await _copy(connection, "team_member", ("team", "person", "role", "email_open"), members)
    await connection.execute("vacuum analyze", timeout=_TIMEOUT_S)


def email_of(person: UUID) -> str:
    return f"{person.hex[:12]}@example.org"


async def fill_documents(connection: "Connection[Record]", world: World) -> None:
    """Into the document service's schema, which has to be empty."""
    await _copy(
        connection,
        "document",
        ("id", "title", "created_at", "edited_at", "trashed_at"),
        ((each.id, "", each.created_at, each.edited_at, each.trashed_at) for each in world.documents),
    )
    texts = zip(world.documents, world.texts(), strict=True)
    await _copy(
        connection,
        "document_text",
        ("document_id", "title", "body", "sequence"),
        ((document.id, title, body, 1) for document, (title, body) in texts),
    )
    await connection.execute(
        "update document set title = document_text.title from document_text where document_id = document.id",
        timeout=_TIMEOUT_S,
    )
    owners = ((document.id, document.owner, "owner") for document in world.documents)
    await _copy(connection, "member", ("document_id", "user_id", "role"), owners)
    await _copy(connection, "member", ("document_id", "user_id", "role"), world.members)
    teams = ((team, f"Team {number}", 1) for number, (team, _) in enumerate(world.teams))
    await _copy(connection, "team", ("id", "name", "version"), teams)
    belonging = ((team, person) for team, people in world.teams for person in people)
    await _copy(connection, "team_member", ("team_id", "user_id"), belonging)
    await _copy(connection, "document_team", ("document_id", "team_id", "role"), world.grants)
    await _personal(connection, world)
    await _links(connection, world)
    await _talk(connection, world)
    await connection.execute("vacuum analyze", timeout=_TIMEOUT_S)


async def _personal(connection: "Connection[Record]", world: World) -> None:
    folders = list(world.folders())
    names = ((folder, person, f"Folder {number}") for number, (folder, person) in enumerate(folders))
    await _copy(connection, "folder", ("id", "user_id", "name"), names)
    by_person: dict[UUID, list[UUID]] = {}
    for folder, person in folders:
        by_person.setdefault(person, []).append(folder)

    def rows() -> Iterator[tuple[object, ...]]:
        for person, documents in world.seen_by.items():
            mine = by_person.get(person, [])
            for place, document in enumerate(documents):
                opened = world.some_day(60) if place % 3 else None
                favourite = world.some_day(300) if place % 10 == 0 else None
                # The first folder has as much in it as all others together.
                number = 0 if place % 3 == 0 else place % _FOLDER_SHARE
                folder = mine[number] if number < len(mine) else None
                if opened or favourite or folder:
                    yield person, document, opened, favourite, folder

    columns = ("user_id", "document_id", "opened_at", "favourite_at", "folder_id")
    await _copy(connection, "personal", columns, rows())


async def _links(connection: "Connection[Record]", world: World) -> None:
    await _copy(
        connection,
        "link",
        ("document_id", "token_hash", "token_sealed", "role"),
        ((document.id, world.rng.randbytes(32), b"", "viewer") for document in world.documents[::20]),
    )


async def _talk(connection: "Connection[Record]", world: World) -> None:
    threads: list[tuple[object, ...]] = []
    comments: list[tuple[object, ...]] = []
    told: list[tuple[object, ...]] = []
    present = world.seers
    for document, count in world.comments():
        ids = sorted(uuid_at(world.some_day(100), world.rng) for _ in range(count))
        authors = world.rng.choices(present[document], k=count)
        threads.append((ids[0], document, "", "", "a passage", authors[0], count))
        for comment, author in zip(ids, authors, strict=True):
            comments.append((comment, ids[0], author, " ".join(world.words.some(12)), []))
            # Some cannot see the document any more, and so not what they were told.
            person = world.rng.choice(world.people if world.rng.random() < 1 / 10 else present[document])
            if person != author:
                at = world.some_day(30)
                read_at = None if world.rng.random() < 1 / 5 else at + timedelta(hours=1)
                told.append((uuid_at(at, world.rng), person, "reply", author, document, ids[0], comment, at, read_at))
    columns = ("id", "document_id", "anchor_start", "anchor_end", "quote", "created_by", "comments")
    await _copy(connection, "comment_thread", columns, threads)
    await _copy(connection, "comment", ("id", "thread_id", "author", "body", "mentions"), comments)
    columns = ("id", "person", "kind", "actor", "document_id", "thread_id", "comment_id", "created_at", "read_at")
    await _copy(connection, "notification", columns, told)


async def _copy(
    connection: "Connection[Record]", table: str, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]
) -> None:
    await connection.copy_records_to_table(table, records=rows, columns=columns, timeout=_TIMEOUT_S)
