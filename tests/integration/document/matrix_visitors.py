"""Who is answered what on the routes for visitors: an access token is no pass, whoever's it is.

What passes open is in `test_visitors.py`.
"""

from uuid import uuid4

from tests.integration.document.matrix import CALLERS, Expected, Line

_NOBODY: Expected = dict.fromkeys(CALLERS, (401, "unauthenticated"))


def _line() -> Line:
    return Line(_NOBODY, prepare=lambda _: {"comment_id": str(uuid4()), "attachment_id": str(uuid4())})


LINES: dict[str, Line] = {
    f"{name}ByLink": _line()
    for name in (
        "listThreads", "createThread", "getThread", "listComments", "createReply", "updateComment", "deleteComment",
        "resolveThread", "reopenThread", "listAttachments", "createAttachment", "completeAttachment", "getAttachment",
        "getAttachmentUrl", "deleteAttachment",
    )
}  # fmt: skip
