"""The rules of attachments, as functions of their input alone."""

import re
from datetime import timedelta
from typing import Final
from urllib.parse import quote
from uuid import UUID

from collab_kit.errors import FieldError, InvalidRequest

__all__ = [
    "MEDIA_TYPES",
    "PAGE_LIMIT_MAX",
    "UPLOAD_LIFE",
    "disposition",
    "object_key",
    "parse_media_type",
    "parse_name",
    "parse_sha256",
    "parse_size",
    "upload_key",
]

PAGE_LIMIT_MAX: Final = 100
MAX_NAME_CHARS: Final = 200
UPLOAD_LIFE: Final = timedelta(minutes=15)
"""How long an upload may begin; `object_deletion` in the migrations waits for longer than that."""

_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
_OPEN: Final = "application/vnd.oasis.opendocument."
MEDIA_TYPES: Final = frozenset(
    {
        "application/msword",
        "application/pdf",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
        "application/zip",
        "image/avif",
        "image/gif",
        "image/jpeg",
        "image/png",
        "image/webp",
        "text/csv",
        "text/markdown",
        "text/plain",
        f"{_OFFICE}presentationml.presentation",
        f"{_OFFICE}spreadsheetml.sheet",
        f"{_OFFICE}wordprocessingml.document",
        f"{_OPEN}presentation",
        f"{_OPEN}spreadsheet",
        f"{_OPEN}text",
    }
)
"""Nothing that a browser would run: neither HTML nor SVG."""


def parse_name(name: str) -> str:
    """A file's name without folders. Raises `InvalidRequest`."""
    name = " ".join(name.split())
    if not 0 < len(name) <= MAX_NAME_CHARS or not name.isprintable() or name in {".", ".."} or {*name} & {*"/\\"}:
        raise _wrong("name", f"Expected 1 to {MAX_NAME_CHARS} printable characters without slashes.")
    return name


def parse_media_type(media_type: str) -> str:
    """Raises `InvalidRequest`."""
    media_type = media_type.lower()
    if media_type not in MEDIA_TYPES:
        raise _wrong("type", f"Expected one of: {', '.join(sorted(MEDIA_TYPES))}.")
    return media_type


def parse_size(size: int, *, max_bytes: int) -> int:
    """Raises `InvalidRequest`."""
    if not 0 < size <= max_bytes:
        raise _wrong("size", f"Expected 1 to {max_bytes} bytes.")
    return size


def parse_sha256(digest: str | None) -> bytes | None:
    """In hexadecimal. Raises `InvalidRequest`."""
    if digest is None:
        return None
    if re.fullmatch("[0-9a-fA-F]{64}", digest) is None:
        raise _wrong("sha256", "Expected 64 hexadecimal digits.")
    return bytes.fromhex(digest)


def disposition(name: str) -> str:
    """The header `Content-Disposition`: to be saved under its name, never shown in place of a page."""
    return f"attachment; filename*=UTF-8''{quote(name, safe='')}"


def upload_key(attachment: UUID) -> str:
    """Where its upload goes: who has the URL can write there again for as long as it is valid."""
    return f"uploads/{attachment}"


def object_key(document: UUID, attachment: UUID) -> str:
    """Where it is once it is complete; no URL that we give out can write there."""
    return f"attachments/{document}/{attachment}"


def _wrong(field: str, message: str) -> InvalidRequest:
    return InvalidRequest("The attachment is not valid.", errors=[FieldError(field, message)])
