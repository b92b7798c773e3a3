"""Templates that everybody has: Markdown files of this package."""

from importlib import resources
from typing import Final

import msgspec

from collab_document.convert.converter import Converter

__all__ = ["BUILT_IN", "Shipped"]

BUILT_IN: Final[dict[str, str]] = {
    "meeting-notes": "Meeting notes",
    "project-brief": "Project brief",
    "decision-record": "Decision record",
    "weekly-report": "Weekly report",
}
"""Names by id, in the order in which they are listed."""


class Shipped:
    """Each file is converted once, when it is first asked for."""

    def __init__(self, converter: Converter) -> None:
        self._converter = converter
        self._contents: dict[str, bytes] = {}

    async def content(self, template: str) -> bytes:
        """The editor's JSON of one of `BUILT_IN`. Raises `ConverterBusy` or `TooComplex`."""
        found = self._contents.get(template)
        if found is None:
            source = resources.files(__package__ or "collab_document.templates") / "builtin" / f"{template}.md"
            read = await self._converter.read(source.read_bytes(), "markdown", "text/markdown")
            found = self._contents[template] = msgspec.json.encode(read.content)
        return found
