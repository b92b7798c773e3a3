"""Which files are taken and given: their types, the endings of their names, and the names themselves."""

import re
from typing import Final
from urllib.parse import quote

from collab_document.convert.problems import UnsupportedFormat
from collab_document.convert.rules import ExportFormat, ImportFormat

__all__ = ["EXPORT_TYPES", "IMPORT_TYPES", "MAX_IMPORT_BYTES", "content_disposition", "import_format"]

MAX_IMPORT_BYTES: Final = 10 * 1024 * 1024

_DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
IMPORT_TYPES: Final[dict[str, ImportFormat]] = {
    "text/markdown": "markdown",
    "text/x-markdown": "markdown",
    "text/html": "html",
    "application/xhtml+xml": "html",
    _DOCX: "docx",
    "text/plain": "text",
}
_IMPORT_ENDINGS: Final[dict[str, ImportFormat]] = {
    "md": "markdown", "markdown": "markdown", "html": "html", "htm": "html", "docx": "docx", "txt": "text",
}  # fmt: skip
_UNTOLD: Final = frozenset({"", "application/octet-stream"})
"""What a program says of a file that it does not know."""
EXPORT_TYPES: Final[dict[ExportFormat, str]] = {
    "md": "text/markdown",
    "html": "text/html",
    "docx": _DOCX,
    "pdf": "application/pdf",
    "txt": "text/plain",
    "json": "application/json",
}
"""The answer names the charset of text."""


def import_format(content_type: str, filename: str) -> ImportFormat:
    """By the type, or by the name's ending where the type says nothing. Raises `UnsupportedFormat`."""
    kind = content_type.partition(";")[0].strip().lower()
    ending = filename.rpartition(".")[2].lower() if "." in filename else ""
    # A file of Markdown is sent as plain text by those who do not know better.
    if kind in _UNTOLD or (kind == "text/plain" and ending in {"md", "markdown"}):
        found = _IMPORT_ENDINGS.get(ending)
    else:
        found = IMPORT_TYPES.get(kind)
    if found is None:
        raise UnsupportedFormat(
            "Expected text/markdown, text/html, text/plain or a DOCX file, by Content-Type or by the name's ending."
        )
    return found


def content_disposition(title: str, ending: str) -> str:
    """An attachment by the title's name: in ASCII for old programs (RFC 6266), and as it is (RFC 8187)."""
    name = re.sub(r'[\\/:*?"<>|\x00-\x1f\x7f]+', " ", title)
    name = (" ".join(name.split()).strip(". ") or "document")[:150].strip(". ")
    plain = re.sub(r"[^\x20-\x7e]+|[%;]", "_", name)
    return f"attachment; filename=\"{plain}.{ending}\"; filename*=UTF-8''{quote(name, safe='')}.{ending}"
