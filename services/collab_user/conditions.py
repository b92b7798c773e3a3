"""Conditional updates: the ETag of a resource is the number of its version."""

import re
from typing import Annotated, Final

from litestar.datastructures import ResponseHeader
from litestar.params import HeaderParameter

__all__ = ["ETAG_HEADER", "IfMatch", "etag", "parse_if_match"]

IfMatch = Annotated[
    str | None,
    HeaderParameter(name="If-Match", description="Change it only if its ETag is still this one; else 412."),
]
ETAG_HEADER: Final = ResponseHeader(name="ETag", value='"7"', description="Of this version.", documentation_only=True)

_MAX_TAGS: Final = 20
# Weak tags count too, although RFC 9110 compares strongly here: a gateway that compresses an answer makes its tag weak.
_TAG = re.compile(r'(?:W/)?"(?P<version>\d{1,18})"')


def etag(version: int) -> dict[str, str]:
    """The header of an answer that shows this version."""
    return {"ETag": f'"{version}"'}


def parse_if_match(header: str | None) -> list[int] | None:
    """The versions that are accepted; `None` accepts any. A tag that is none of ours accepts nothing."""
    if header is None or header.strip() == "*":
        return None
    found = (_TAG.fullmatch(tag.strip()) for tag in header.split(",", _MAX_TAGS)[:_MAX_TAGS])
    return [int(tag["version"]) for tag in found if tag is not None]
