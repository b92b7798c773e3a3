"""What the comments' interface refuses, and by which name; beside what the document itself does.

NotFound    NoSuchThread, NoSuchComment
Forbidden   NotYourComment
Conflict    TooManyThreads, ThreadFull
"""

from collab_kit.errors import Conflict, Forbidden, NotFound

__all__ = ["NoSuchComment", "NoSuchThread", "NotYourComment", "ThreadFull", "TooManyThreads"]


class NoSuchThread(NotFound):
    slug = "no-such-thread"
    title = "The document has no such thread of comments"


class NoSuchComment(NotFound):
    slug = "no-such-comment"
    title = "The document has no such comment"


class NotYourComment(Forbidden):
    slug = "not-your-comment"
    title = "Somebody else wrote this comment"


class TooManyThreads(Conflict):
    slug = "too-many-threads"
    title = "The document has as many threads of comments as it can"


class ThreadFull(Conflict):
    slug = "thread-full"
    title = "The thread has as many comments as it can"
