"""What the comments' interface reads and answers."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from collab_document.authors import Author

__all__ = [
    "Anchor",
    "Comment",
    "CommentChange",
    "CommentPage",
    "NewComment",
    "NewThread",
    "State",
    "Thread",
    "ThreadPage",
]

Position = Annotated[str, Meta(max_length=1024, description="An encoded relative position of Yjs, in base64.")]
Body = Annotated[str, Meta(description="1 to 4000 characters.", examples=["Is this still so?"])]
Mentions = Annotated[list[UUID], Meta(max_length=100, description="At most 20 people, who can see the document.")]
NextCursor = Annotated[str | None, Meta(description="What to ask for the next page with; `null` on the last.")]
State = Literal["open", "resolved", "all"]


class Anchor(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The passage that a thread is about, and its text as it was then."""

    start: Position
    end: Position
    quote: Annotated[str, Meta(description="At most 500 characters; may be empty.")] = ""


class NewThread(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    anchor: Anchor
    body: Body
    mentions: Mentions = []


class NewComment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    body: Body
    mentions: Mentions = []


class CommentChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    body: Body | UnsetType = UNSET
    mentions: Mentions | UnsetType = UNSET


class Comment(Struct, frozen=True, kw_only=True):
    """`version` is its ETag. One that was deleted and still has replies has no body."""

    id: UUID
    thread: UUID
    author: Author
    body: str
    mentions: list[UUID]
    version: int
    created_at: datetime
    edited_at: datetime | None
    deleted: bool


class Thread(Struct, frozen=True, kw_only=True):
    """`comments` are the first ones of `comment_count`; a thread has the id of its first comment."""

    id: UUID
    anchor: Anchor
    created_at: datetime
    resolved_at: datetime | None
    resolved_by: Author | None
    comment_count: int
    comments: list[Comment]


class ThreadPage(Struct, frozen=True):
    items: list[Thread]
    next_cursor: NextCursor


class CommentPage(Struct, frozen=True):
    items: list[Comment]
    next_cursor: NextCursor
