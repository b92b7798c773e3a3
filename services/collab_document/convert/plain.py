"""What is read without pandoc: plain text, and the boxes of task lists in HTML, which pandoc does not see."""

import re
from typing import Any, Final

from collab_document.convert.rules import printable

__all__ = ["mark_checkboxes", "paragraphs"]

_CHECKBOX: Final = re.compile(
    r"<input\b(?=[^>]{0,500}\btype\s*=\s*[\"']?checkbox)(?P<rest>[^>]{0,500})>", re.IGNORECASE
)
_IS_CHECKED: Final = re.compile(r"(?:^|\s)checked\b", re.IGNORECASE)


def mark_checkboxes(html: str) -> str:
    """Boxes as the signs that pandoc has for them."""
    return _CHECKBOX.sub(lambda found: "☒ " if _IS_CHECKED.search(found["rest"]) else "☐ ", html)


def paragraphs(text: str) -> dict[str, Any]:
    """A document: what blank lines part are paragraphs, other line ends are breaks."""
    content: list[dict[str, Any]] = []
    for part in re.split(r"\n[ \t\f\v]*(?:\n[ \t\f\v]*)+", printable(text.replace("\f", "\n\n")).strip("\n")):
        lines: list[dict[str, Any]] = []
        for at, line in enumerate(part.split("\n")):
            lines += [{"type": "hardBreak"}] if at else []
            lines += [{"type": "text", "text": line.rstrip()}] if line.rstrip() else []
        content.append({"type": "paragraph", **({"content": lines} if lines else {})})
    return {"type": "doc", "content": content}
