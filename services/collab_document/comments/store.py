"""Threads of comments. Roles are checked in the transactions that write; every method raises `StoreUnavailable`."""

from typing import Final
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct

from collab_document.access import Access, role_in
from collab_document.comments.problems import (
    NoSuchComment,
    NoSuchThread,
    NotYourComment,
    ThreadFull,
    TooManyThreads,
)
from collab_document.comments.queries import SQL, CommentRow, ExportRow, IdRow, PersonRow, ThreadRow
from collab_document.comments.rules import (
    MAX_COMMENTS,
    MAX_THREADS,
    SHOWN_COMMENTS,
    parse_body,
    parse_mentions,
    parse_position,
    parse_quote,
)
from collab_document.comments.schemas import Anchor, CommentChange, NewComment, NewThread, State
from collab_document.idempotency import Idempotency
from collab_document.notifications.store import notify
from collab_document.rules import expected_versions, parse_key, require_version
from collab_document.visitors import Visitor
from collab_document.webhooks.events import emit
from collab_kit.database import Connection, Database, execute, fetch_all, fetch_one, fetch_row
from collab_kit.errors import FieldError, InvalidRequest
from collab_kit.events import DocumentNews, Publisher
from collab_kit.guard import Principal
from collab_kit.tokens import Role

__all__ = ["Comments", "StoredThread", "export", "forget"]

_WRITERS: Final[tuple[Role, ...]] = ("owner", "editor", "commenter")
_RESOLVED: Final[dict[State, bool | None]] = {"all": None, "open": False, "resolved": True}


class StoredThread(Struct, frozen=True):
    """A thread with the first of its comments."""

    row: ThreadRow
    comments: list[CommentRow]


class Comments:
    def __init__(self, database: Database, events: Publisher, idempotency: Idempotency) -> None:
        self._database = database
        self._access = Access(database)
        self._events = events
        self._idempotency = idempotency

    async def begin(self, caller: Principal, document: UUID, new: NewThread, *, key: str | None) -> StoredThread:
        """Begin a thread. Raises `InvalidRequest`, `NoSuchDocument`, `RoleTooLow`, `TooManyThreads`."""
        key = parse_key(key)
        anchor = _parse_anchor(new.anchor)
        body, mentions = parse_body(new.body), parse_mentions(new.mentions)
        async with self._database.transaction() as connection:
            await role_in(connection, caller, document, *_WRITERS)
            operation = f"begin thread {document}"
            thread = await self._idempotency.begin(connection, caller.id, key, operation=operation, body=new)
            if thread is None:
                await execute(connection, SQL.lock_comments, document)
                await _require_sight(connection, caller, document, mentions)
                written = (anchor.start, anchor.end, anchor.quote, caller.id, body, mentions)
                made = await fetch_one(
                    connection, IdRow, SQL.insert_thread, document, *written, MAX_THREADS, *_way_in(caller)
                )
                if made is None:
                    raise TooManyThreads(f"At most {MAX_THREADS}.")
                thread = made.id
                await self._idempotency.finish(connection, caller.id, key, thread)
                await _announce(connection, caller, document, thread=thread, comment=thread, mentions=mentions)
            found = await self._thread(connection, document, thread)
        await self._publish(document)
        return found

    async def reply(
        self, caller: Principal, document: UUID, thread: UUID, new: NewComment, *, key: str | None
    ) -> CommentRow:
        """Raises `InvalidRequest`, `NoSuchDocument`, `RoleTooLow`, `NoSuchThread`, `ThreadFull`."""
        key = parse_key(key)
        body, mentions = parse_body(new.body), parse_mentions(new.mentions)
        async with self._database.transaction() as connection:
            await role_in(connection, caller, document, *_WRITERS)
            await _lock_thread(connection, document, thread)
            operation = f"reply {thread}"
            comment = await self._idempotency.begin(connection, caller.id, key, operation=operation, body=new)
            if comment is None:
                await _require_sight(connection, caller, document, mentions)
                participants = await fetch_all(connection, PersonRow, SQL.list_participants, thread)
                written = (thread, caller.id, body, mentions)
                made = await fetch_one(connection, IdRow, SQL.insert_reply, *written, MAX_COMMENTS, *_way_in(caller))
                if made is None:
                    raise ThreadFull(f"At most {MAX_COMMENTS}.")
                comment = made.id
                await self._idempotency.finish(connection, caller.id, key, comment)
                await _announce(connection, caller, document, thread=thread, comment=comment, mentions=mentions)
                # After the mentions: who is mentioned is told of that, and not of the reply too.
                people = [each.person for each in participants]
                await notify(
                    connection,
                    kind="reply",
                    people=people,
                    document=document,
                    actor=caller.id,
                    thread=thread,
                    comment=comment,
                )
            found = await fetch_one(connection, CommentRow, SQL.find_comment, document, comment)
            if found is None:  # made by an earlier request with this key, and deleted since
                raise NoSuchComment
        await self._publish(document)
        return found

    async def threads(
        self, caller: Principal, document: UUID, *, state: State, after: UUID, limit: int
    ) -> list[StoredThread]:
        """In the order they were begun. Raises `NoSuchDocument`."""
        await self._access.require(caller, document)
        async with self._database.connection() as connection:
            rows = await fetch_all(connection, ThreadRow, SQL.list_threads, document, after, _RESOLVED[state], limit)
            return await _with_comments(connection, rows)

    async def thread(self, caller: Principal, document: UUID, thread: UUID) -> StoredThread:
        """Raises `NoSuchDocument`, `NoSuchThread`."""
        await self._access.require(caller, document)
        async with self._database.connection() as connection:
            return await self._thread(connection, document, thread)

    async def comments(
        self, caller: Principal, document: UUID, thread: UUID, *, after: UUID, limit: int
    ) -> list[CommentRow]:
        """Of one thread, in the order they were written. Raises `NoSuchDocument`, `NoSuchThread`."""
        await self._access.require(caller, document)
        async with self._database.connection() as connection:
            if await fetch_one(connection, ThreadRow, SQL.find_thread, document, thread) is None:
                raise NoSuchThread
            return await fetch_all(connection, CommentRow, SQL.list_comments, thread, after, limit)

    async def edit(
        self, caller: Principal, document: UUID, comment: UUID, change: CommentChange, *, if_match: str | None
    ) -> CommentRow:
        """Change one's own.

        Raises `InvalidRequest`, `NoSuchDocument`, `RoleTooLow`, `NoSuchComment`, `NotYourComment` or
        `PreconditionFailed`.
        """
        expected = expected_versions(if_match)
        async with self._database.transaction() as connection:
            await role_in(connection, caller, document, *_WRITERS)
            row = await _lock_comment(connection, document, comment)
            if row.author != caller.id:
                raise NotYourComment("Only who wrote it may change it.")
            require_version(expected, row.version)
            body = row.body if change.body is UNSET else parse_body(change.body)
            mentions = row.mentions if change.mentions is UNSET else parse_mentions(change.mentions)
            added = [person for person in mentions if person not in row.mentions]
            await _require_sight(connection, caller, document, added)
            changed = await fetch_row(connection, CommentRow, SQL.update_comment, comment, body, mentions)
            await notify(
                connection,
                kind="mention",
                people=added,
                document=document,
                actor=caller.id,
                thread=row.thread_id,
                comment=comment,
            )
        await self._publish(document)
        return changed

    async def delete(self, caller: Principal, document: UUID, comment: UUID, *, if_match: str | None) -> None:
        """A first comment with replies becomes empty; the last comment takes its thread along.

        Raises `NoSuchDocument`, `RoleTooLow`, `NoSuchComment`, `NotYourComment`, `PreconditionFailed`.
        """
        expected = expected_versions(if_match)
        async with self._database.transaction() as connection:
            role = await role_in(connection, caller, document, *_WRITERS)
            row = await _lock_comment(connection, document, comment)
            if row.author != caller.id and role != "owner":
                raise NotYourComment("Only who wrote it and the owner of the document may delete it.")
            require_version(expected, row.version)
            thread = await fetch_row(connection, ThreadRow, SQL.find_thread, document, row.thread_id)
            if thread.comments == 1:
                await execute(connection, SQL.delete_thread, row.thread_id)
            elif comment == row.thread_id:
                await execute(connection, SQL.empty_comment, comment)
            else:
                await execute(connection, SQL.delete_comment, comment)
                await execute(connection, SQL.delete_empty_thread, row.thread_id)
        await self._publish(document)

    async def resolve(self, caller: Principal, document: UUID, thread: UUID, *, resolved: bool) -> StoredThread:
        """Resolve or reopen; one that already is stays so. Raises `NoSuchDocument`, `RoleTooLow`, `NoSuchThread`."""
        async with self._database.transaction() as connection:
            await role_in(connection, caller, document, *_WRITERS)
            if resolved:
                changed = await execute(connection, SQL.resolve_thread, document, thread, caller.id, _way_in(caller)[0])
            else:
                changed = await execute(connection, SQL.reopen_thread, document, thread)
            found = await self._thread(connection, document, thread)
        if changed:
            await self._publish(document)
        return found

    async def _thread(self, connection: Connection, document: UUID, thread: UUID) -> StoredThread:
        row = await fetch_one(connection, ThreadRow, SQL.find_thread, document, thread)
        if row is None:
            raise NoSuchThread
        return (await _with_comments(connection, [row]))[0]

    async def _publish(self, document: UUID) -> None:
        await self._events.publish(DocumentNews(document, "comments"))


async def forget(connection: Connection, person: UUID) -> None:
    """What a person wrote becomes empty, in the caller's transaction."""
    await execute(connection, SQL.forget_person, person)


async def export(connection: Connection, person: UUID) -> list[dict[str, object]]:
    """The latest of what a person wrote."""
    return [msgspec.to_builtins(row) for row in await fetch_all(connection, ExportRow, SQL.export_person, person)]


def _parse_anchor(anchor: Anchor) -> Anchor:
    return Anchor(
        start=parse_position("anchor.start", anchor.start),
        end=parse_position("anchor.end", anchor.end),
        quote=parse_quote(anchor.quote),
    )


async def _with_comments(connection: Connection, rows: list[ThreadRow]) -> list[StoredThread]:
    ids = [row.id for row in rows]
    comments = await fetch_all(connection, CommentRow, SQL.list_first_comments, ids, SHOWN_COMMENTS)
    by_thread: dict[UUID, list[CommentRow]] = {thread: [] for thread in ids}
    for comment in comments:
        by_thread[comment.thread_id].append(comment)
    return [StoredThread(row, by_thread[row.id]) for row in rows]


async def _lock_thread(connection: Connection, document: UUID, thread: UUID) -> None:
    """Whatever changes a thread's comments holds its row."""
    if await fetch_one(connection, IdRow, SQL.lock_thread, document, thread) is None:
        raise NoSuchThread


async def _lock_comment(connection: Connection, document: UUID, comment: UUID) -> CommentRow:
    """The comment as it is once its thread is locked."""
    found = await fetch_one(connection, CommentRow, SQL.find_comment, document, comment)
    if found is not None:
        try:
            await _lock_thread(connection, document, found.thread_id)
        except NoSuchThread:
            raise NoSuchComment from None
        found = await fetch_one(connection, CommentRow, SQL.find_comment, document, comment)
    if found is None or found.deleted_at is not None:
        raise NoSuchComment
    return found


def _way_in(caller: Principal) -> tuple[str | None, UUID | None]:
    """The name of a guest, and the link that somebody came by."""
    return (caller.guest_name, caller.link) if isinstance(caller, Visitor) else (None, None)


async def _require_sight(connection: Connection, caller: Principal, document: UUID, people: list[UUID]) -> None:
    """Only who can see the document can be mentioned in it. Raises `InvalidRequest`."""
    if not people:
        return
    if isinstance(caller, Visitor):
        # The answer would tell anybody who has the link, of anybody's id, whether that person can see the document.
        error = FieldError("mentions", "Expected nobody: who comes by a link cannot mention people.")
        raise InvalidRequest("Who comes by a link cannot mention people.", errors=[error])
    strangers = await fetch_all(connection, PersonRow, SQL.list_strangers, document, people)
    if strangers:
        names = ", ".join(str(each.person) for each in strangers)
        error = FieldError("mentions", f"Expected people who can see the document; these cannot: {names}.")
        raise InvalidRequest("Somebody who is mentioned cannot see the document.", errors=[error])


async def _announce(
    connection: Connection, caller: Principal, document: UUID, *, thread: UUID, comment: UUID, mentions: list[UUID]
) -> None:
    await notify(
        connection,
        kind="mention",
        people=mentions,
        document=document,
        actor=caller.id,
        thread=thread,
        comment=comment,
    )
    await emit(
        connection,
        "comment.created",
        document=document,
        by=caller.id,
        data={"thread": thread, "comment": comment, "mentions": mentions, **_described(caller)},
    )


def _described(caller: Principal) -> dict[str, object]:
    """What a message says of somebody whose id may be nobody's."""
    return {"link": caller.link, "guest": caller.guest_name} if isinstance(caller, Visitor) else {}
