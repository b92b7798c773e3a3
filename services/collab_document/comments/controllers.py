"""Comments over HTTP."""

from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from collab_document.authors import present_author
from collab_document.comments.problems import (
    NoSuchComment,
    NoSuchThread,
    NotYourComment,
    ThreadFull,
    TooManyThreads,
)
from collab_document.comments.queries import CommentRow
from collab_document.comments.rules import PAGE_LIMIT_MAX
from collab_document.comments.schemas import (
    Anchor,
    Comment,
    CommentChange,
    CommentPage,
    NewComment,
    NewThread,
    State,
    Thread,
    ThreadPage,
)
from collab_document.comments.store import Comments, StoredThread
from collab_document.headers import ETAG, IdempotencyKey, IfMatch, tagged
from collab_document.id_pages import BEFORE_ALL, decode_id_cursor, encode_id_cursor
from collab_document.people import People, Profile
from collab_document.problems import (
    IdempotencyKeyReused,
    NoSuchDocument,
    PreconditionFailed,
    RoleTooLow,
    TooManyWrites,
)
from collab_document.visitors import BY_PASS, Anyone, operation
from collab_kit.errors import StoreUnavailable, Unauthenticated, problem_responses
from collab_kit.guard import BEARER_SECURITY, ScopeMissing

__all__ = ["CommentsController", "LinkedCommentsController"]

_READS = (NoSuchDocument, Unauthenticated, ScopeMissing, StoreUnavailable)
_WRITES = (RoleTooLow, TooManyWrites, *_READS)
_THREADS, _COMMENTS = "threads", "comments"
Which = Annotated[State, QueryParameter(name="state", description="Which threads.")]
Limit = Annotated[int, QueryParameter(ge=1, le=PAGE_LIMIT_MAX, description="Items on a page.")]


class CommentsController(Controller):
    path = "/api/documents/{document_id:uuid}/comments"
    tags = ("comments",)
    security = BEARER_SECURITY

    @get("/", operation_id=operation("listThreads"), responses=problem_responses(*_READS))
    async def page(
        self,
        document_id: FromPath[UUID],
        principal: Anyone,
        comments: NamedDependency[Comments],
        people: NamedDependency[People],
        *,
        cursor: FromQuery[str | None] = None,
        which: Which = "all",
        limit: Limit = 50,
    ) -> ThreadPage:
        """The threads of a document in the order they were begun; any role."""
        after = decode_id_cursor(_THREADS, cursor, first=BEFORE_ALL)
        found = await comments.threads(principal, document_id, state=which, after=after, limit=limit + 1)
        page = found[:limit]
        following = encode_id_cursor(_THREADS, page[-1].row.id) if len(found) > limit else None
        return ThreadPage(await _present_threads(page, people), following)

    @post(
        "/",
        operation_id=operation("createThread"),
        responses=problem_responses(TooManyThreads, IdempotencyKeyReused, NoSuchThread, *_WRITES),
    )
    async def begin(
        self,
        document_id: FromPath[UUID],
        data: JSONBody[NewThread],
        principal: Anyone,
        comments: NamedDependency[Comments],
        people: NamedDependency[People],
        *,
        idempotency_key: IdempotencyKey = None,
    ) -> Thread:
        """Comment on a passage; owners, editors and commenters."""
        made = await comments.begin(principal, document_id, data, key=idempotency_key)
        return (await _present_threads([made], people))[0]

    @get("/{comment_id:uuid}", operation_id=operation("getThread"), responses=problem_responses(NoSuchThread, *_READS))
    async def one(
        self,
        document_id: FromPath[UUID],
        comment_id: FromPath[UUID],
        principal: Anyone,
        comments: NamedDependency[Comments],
        people: NamedDependency[People],
    ) -> Thread:
        """One thread, by the id of its first comment; any role."""
        found = await comments.thread(principal, document_id, comment_id)
        return (await _present_threads([found], people))[0]

    @get(
        "/{comment_id:uuid}/replies",
        operation_id=operation("listComments"),
        responses=problem_responses(NoSuchThread, *_READS),
    )
    async def replies(
        self,
        document_id: FromPath[UUID],
        comment_id: FromPath[UUID],
        principal: Anyone,
        comments: NamedDependency[Comments],
        people: NamedDependency[People],
        *,
        cursor: FromQuery[str | None] = None,
        limit: Limit = 50,
    ) -> CommentPage:
        """The comments of a thread, the first one among them, in the order they were written; any role."""
        after = decode_id_cursor(_COMMENTS, cursor, first=BEFORE_ALL)
        found = await comments.comments(principal, document_id, comment_id, after=after, limit=limit + 1)
        page = found[:limit]
        following = encode_id_cursor(_COMMENTS, page[-1].id) if len(found) > limit else None
        return CommentPage(await _present_comments(page, people), following)

    @post(
        "/{comment_id:uuid}/replies",
        operation_id=operation("createReply"),
        responses=problem_responses(NoSuchThread, NoSuchComment, ThreadFull, IdempotencyKeyReused, *_WRITES),
    )
    async def reply(
        self,
        document_id: FromPath[UUID],
        comment_id: FromPath[UUID],
        data: JSONBody[NewComment],
        principal: Anyone,
        *,
        comments: NamedDependency[Comments],
        people: NamedDependency[People],
        idempotency_key: IdempotencyKey = None,
    ) -> Response[Comment]:
        """Reply in a thread; owners, editors and commenters."""
        made = await comments.reply(principal, document_id, comment_id, data, key=idempotency_key)
        return await _tagged(made, people)

    @patch(
        "/{comment_id:uuid}",
        operation_id=operation("updateComment"),
        response_headers=[ETAG],
        responses=problem_responses(NoSuchComment, NotYourComment, PreconditionFailed, *_WRITES),
    )
    async def edit(
        self,
        document_id: FromPath[UUID],
        comment_id: FromPath[UUID],
        data: JSONBody[CommentChange],
        principal: Anyone,
        *,
        comments: NamedDependency[Comments],
        people: NamedDependency[People],
        if_match: IfMatch = None,
    ) -> Response[Comment]:
        """Change a comment one wrote."""
        changed = await comments.edit(principal, document_id, comment_id, data, if_match=if_match)
        return await _tagged(changed, people)

    @delete(
        "/{comment_id:uuid}",
        operation_id=operation("deleteComment"),
        responses=problem_responses(NoSuchComment, NotYourComment, PreconditionFailed, *_WRITES),
    )
    async def remove(
        self,
        document_id: FromPath[UUID],
        comment_id: FromPath[UUID],
        principal: Anyone,
        comments: NamedDependency[Comments],
        if_match: IfMatch = None,
    ) -> None:
        """Delete a comment one wrote, or as the document's owner any. The last one takes its thread along."""
        await comments.delete(principal, document_id, comment_id, if_match=if_match)

    @post(
        "/{comment_id:uuid}/resolve",
        operation_id=operation("resolveThread"),
        status_code=200,
        responses=problem_responses(NoSuchThread, *_WRITES),
    )
    async def resolve(
        self,
        document_id: FromPath[UUID],
        comment_id: FromPath[UUID],
        principal: Anyone,
        comments: NamedDependency[Comments],
        people: NamedDependency[People],
    ) -> Thread:
        """Mark a thread as settled; owners, editors and commenters."""
        found = await comments.resolve(principal, document_id, comment_id, resolved=True)
        return (await _present_threads([found], people))[0]

    @post(
        "/{comment_id:uuid}/reopen",
        operation_id=operation("reopenThread"),
        status_code=200,
        responses=problem_responses(NoSuchThread, *_WRITES),
    )
    async def reopen(
        self,
        document_id: FromPath[UUID],
        comment_id: FromPath[UUID],
        principal: Anyone,
        comments: NamedDependency[Comments],
        people: NamedDependency[People],
    ) -> Thread:
        """Take up a settled thread again; owners, editors and commenters."""
        found = await comments.resolve(principal, document_id, comment_id, resolved=False)
        return (await _present_threads([found], people))[0]


class LinkedCommentsController(CommentsController):
    """For whoever came by a share link, with the pass that opening it gave as the access token."""

    path = "/api/documents/linked/{document_id:uuid}/comments"
    dependencies = BY_PASS


async def _tagged(row: CommentRow, people: People) -> Response[Comment]:
    return tagged(((await _present_comments([row], people))[0], row.version))


async def _present_comments(rows: Iterable[CommentRow], people: People) -> list[Comment]:
    rows = list(rows)
    profiles = await people.find(row.author for row in rows)
    return [_present_comment(row, profiles) for row in rows]


async def _present_threads(threads: list[StoredThread], people: People) -> list[Thread]:
    authors = {comment.author for thread in threads for comment in thread.comments}
    resolvers = {thread.row.resolved_by for thread in threads if thread.row.resolved_by is not None}
    profiles = await people.find(authors | resolvers)
    return [
        Thread(
            id=thread.row.id,
            anchor=Anchor(start=thread.row.anchor_start, end=thread.row.anchor_end, quote=thread.row.quote),
            created_at=thread.row.created_at,
            resolved_at=thread.row.resolved_at,
            resolved_by=None
            if thread.row.resolved_by is None
            else present_author(thread.row.resolved_by, profiles, guest_name=thread.row.resolved_guest),
            comment_count=thread.row.comments,
            comments=[_present_comment(comment, profiles) for comment in thread.comments],
        )
        for thread in threads
    ]


def _present_comment(row: CommentRow, profiles: dict[UUID, Profile]) -> Comment:
    return Comment(
        id=row.id,
        thread=row.thread_id,
        author=present_author(row.author, profiles, guest_name=row.guest_name),
        body=row.body,
        mentions=row.mentions,
        version=row.version,
        created_at=row.created_at,
        edited_at=row.edited_at,
        deleted=row.deleted_at is not None,
    )
