"""The rules of what is in files, as functions of their input alone."""

import codecs
import re
from typing import Final, Literal

from collab_document.convert.refusals import Unreadable

__all__ = [
    "ExportFormat",
    "ImportFormat",
    "as_title",
    "decode_text",
    "is_safe_href",
    "printable",
    "title_of_file",
]

MAX_TITLE_CHARS: Final = 200

ImportFormat = Literal["markdown", "html", "docx", "text"]
ExportFormat = Literal["md", "html", "docx", "pdf", "txt", "json"]

_CHARSETS: Final = frozenset({"utf-8", "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252", "utf-16"})
_CODECS: Final = {codecs.lookup(name).name for name in _CHARSETS}

_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
# As TipTap's Link has it: no `javascript:`, `data:` and the like, also not with whitespace hidden in them.
_INVISIBLE: Final = re.compile(r"[\u0000-\u0020\u00a0\u1680\u180e\u2000-\u2029\u205f\u3000]")
_SAFE_HREF: Final = re.compile(
    r"(?:(?:http|https|ftp|ftps|mailto|tel|callto|sms|cid|xmpp):|[^a-z]|[a-z0-9+.\-]+(?:[^a-z+.\-:]|$))", re.IGNORECASE
)


def is_safe_href(href: str) -> bool:
    """Whether the editor makes a link of it."""
    bare = _INVISIBLE.sub("", href)
    return not bare or _SAFE_HREF.match(bare) is not None


def printable(text: str) -> str:
    """Without what no file may hold: control characters other than tabs and line ends, and halves of characters."""
    return _CONTROLS.sub("", text)


def decode_text(body: bytes, content_type: str) -> str:
    """By byte order mark, else by the type's charset, else UTF-8; lines end with a newline. Raises `Unreadable`."""
    found = re.search(r'charset\s*=\s*"?([\w.:-]{1,40})', content_type, re.IGNORECASE)
    charset = found[1].lower() if found else "utf-8"
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if body.startswith(mark):
            charset = name
    try:
        if codecs.lookup(charset).name not in _CODECS | {"utf-8-sig"}:
            raise LookupError(charset)
        text = body.decode(charset)
    except (UnicodeDecodeError, LookupError):
        raise Unreadable("Expected text in UTF-8, or with its charset named in Content-Type.") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def title_of_file(filename: str) -> str:
    """The name without its folder and ending, as a title may be."""
    name = re.split(r"[/\\]", filename)[-1]
    stem = name.rpartition(".")[0] or name
    return as_title(stem)


def as_title(text: str) -> str:
    folded = " ".join(text.split())
    return "".join(character for character in folded if character.isprintable())[:MAX_TITLE_CHARS].strip()
