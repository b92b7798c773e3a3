"""The request headers that creations and changes take, and the answer that carries an ETag."""

from typing import Annotated, TypeVar

from litestar import Response
from litestar.datastructures import ResponseHeader
from litestar.params import HeaderParameter

from collab_document.rules import etag_of

__all__ = ["ETAG", "IdempotencyKey", "IfMatch", "tagged"]

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        description="The same key and body within 24 hours make nothing new: the answer is what they made first.",
    ),
]
IfMatch = Annotated[
    str | None,
    HeaderParameter(name="If-Match", description="Change it only if this is still its ETag; else 412."),
]
ETAG = ResponseHeader(
    name="ETag", value='"7"', description="For If-Match, when it is changed.", documentation_only=True
)

T = TypeVar("T")


def tagged(found: tuple[T, int], *, status_code: int | None = None) -> Response[T]:
    return Response(found[0], status_code=status_code, headers={"ETag": etag_of(found[1])})
