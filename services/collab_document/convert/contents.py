"""The text of documents, which collaboration has: asked for, and given to a new document to begin with."""

from uuid import UUID

import msgspec
from msgspec import Raw, Struct

from collab_document.convert.problems import TooComplex
from collab_kit.errors import PeerUnavailable
from collab_kit.http import Peer
from collab_kit.logging import get_logger

__all__ = ["Contents", "Stored"]

_EMPTY = Raw(b'{"type":"doc","content":[{"type":"paragraph"}]}')

_log = get_logger()


class Stored(Struct, frozen=True):
    """`content` is the editor's JSON, with everything that was acknowledged; `sequence` the number of its last edit."""

    sequence: int
    content: Raw


class Contents:
    """Every method raises `PeerUnavailable`, also where this environment has no collaboration service."""

    def __init__(self, collaboration: Peer | None) -> None:
        self._collaboration = collaboration

    async def read(self, document: UUID) -> Stored:
        answer = await self._peer().call("GET", _path(document))
        if answer.status_code == 404:
            return Stored(0, _EMPTY)
        if answer.status_code != 200:
            raise _unexpected(answer.status_code)
        return msgspec.json.decode(answer.content, type=Stored)

    async def begin(self, document: UUID, content: bytes, *, by: UUID) -> None:
        """Let a document begin with this. Once more does no harm. Raises `TooComplex` when it is not taken."""
        body = msgspec.json.encode({"user": by, "content": Raw(content)})
        answer = await self._peer().call("POST", _path(document), body=body)
        # 409: there is something in it, which for a document that is being made is this, from an attempt before.
        if answer.status_code in {200, 201, 204, 409}:
            return
        _log.error("content not taken", document=str(document), status=answer.status_code, answer=answer.text[:500])
        if answer.status_code in {400, 413, 422}:
            raise TooComplex("It is larger than a document may be.")
        raise _unexpected(answer.status_code)

    def _peer(self) -> Peer:
        if self._collaboration is None:
            raise PeerUnavailable("There is no collaboration service.")
        return self._collaboration


def _unexpected(status: int) -> PeerUnavailable:
    return PeerUnavailable(f"The collaboration service answered {status}. Try again.")


def _path(document: UUID) -> str:
    return f"/internal/documents/{document}/content"
