"""The rules of folders, as functions of their input alone."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from collab_document.problems import FolderCycle, FoldersTooDeep
from collab_document.rules import Cursor, decode
from collab_kit import cursors

__all__ = ["FIRST_FOLDERS", "MAX_DEPTH", "MAX_FOLDERS", "check_move", "decode_cursor", "encode_cursor"]

MAX_DEPTH: Final = 8
MAX_FOLDERS: Final = 1000


class FolderCursor(Cursor, frozen=True, array_like=True, forbid_unknown_fields=True, tag="folders"):
    id: UUID


FIRST_FOLDERS: Final = FolderCursor(1, UUID(int=0))


def encode_cursor(folder: UUID) -> str:
    return cursors.encode_cursor(FolderCursor(1, folder))


def decode_cursor(text: str | None) -> FolderCursor:
    """Raises `InvalidRequest`."""
    return FIRST_FOLDERS if text is None else decode(text, FolderCursor, version=1)


def check_move(parents: Mapping[UUID, UUID | None], folder: UUID | None, parent: UUID | None) -> None:
    """Whether `folder` (or a new one) can be put into `parent`, given every folder's parent, which form no cycle yet.

    Raises:
        FolderCycle: it would be inside itself.
        FoldersTooDeep: it, or a folder in it, would be deeper than `MAX_DEPTH`.
    """
    above = 0
    at = parent
    while at is not None:
        if at == folder:
            raise FolderCycle("Choose a folder that is not inside this one.")
        above += 1
        at = parents[at]
    if above + _height(parents, folder) > MAX_DEPTH:
        raise FoldersTooDeep(f"At most {MAX_DEPTH} folders inside each other.")


def _height(parents: Mapping[UUID, UUID | None], folder: UUID | None) -> int:
    """How many levels a folder and what is in it take."""
    if folder is None:
        return 1
    children: dict[UUID, list[UUID]] = {}
    for child, parent in parents.items():
        if parent is not None:
            children.setdefault(parent, []).append(child)
    height = 0
    level = [folder]
    while level:
        height += 1
        level = [child for each in level for child in children.get(each, [])]
    return height
