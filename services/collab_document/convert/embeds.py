"""What a text shows of its document's attachments."""

from collections.abc import Iterator
from typing import Final, cast
from uuid import UUID

import msgspec

from collab_document.convert.from_pandoc import Json
from collab_document.convert.nodes import Node

__all__ = ["EMBEDDED", "ENDINGS", "is_what_it_says", "picture_ids", "without_embeds"]

EMBEDDED: Final = {
    "html": frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"}),
    "docx": frozenset({"image/png", "image/jpeg", "image/gif"}),
    "pdf": frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"}),
}
"""Pictures that go into files of a form; of others, and in other forms, there are words."""
ENDINGS: Final = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/avif": "avif",
}
_MAX_PICTURES: Final = 200
_EMBEDS: Final = frozenset({"image", "file"})


def picture_ids(content: bytes) -> list[UUID]:
    """Of the editor's JSON, each once, in the order of the text; a bounded number."""
    found: dict[UUID, None] = {}
    for node in _walk(msgspec.json.decode(content, type=Node)):
        if node.type == "image" and len(found) < _MAX_PICTURES:
            try:
                found[UUID(node.word("attachment"))] = None
            except ValueError:
                continue
    return list(found)


def _walk(root: Node) -> Iterator[Node]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(node.children)


def without_embeds(content: bytes) -> bytes:
    """For another document, which has no such attachments: an empty paragraph for each."""
    if not any(f'"{kind}"'.encode() in content for kind in _EMBEDS):
        return content
    root = msgspec.json.decode(content)
    waiting: list[Json] = [root]
    while waiting:
        node = waiting.pop()
        if node.get("type") in _EMBEDS:
            node.clear()
            node["type"] = "paragraph"
        waiting += cast("list[Json]", node.get("content", []))
    return msgspec.json.encode(root)


def is_what_it_says(media_type: str, file: bytes) -> bool:
    """By its first bytes: what uploads say of themselves nobody has looked into."""
    match media_type:
        case "image/png":
            return file.startswith(b"\x89PNG\r\n\x1a\n")
        case "image/jpeg":
            return file.startswith(b"\xff\xd8\xff")
        case "image/gif":
            return file.startswith((b"GIF87a", b"GIF89a"))
        case "image/webp":
            return file[:4] == b"RIFF" and file[8:12] == b"WEBP"
        case "image/avif":
            return file[4:12] in {b"ftypavif", b"ftypavis"}
        case _:
            return False
