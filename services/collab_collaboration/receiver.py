"""What a room needs of those who listen to its document."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from collab_collaboration.wire import Close
from collab_kit.tokens import Role

__all__ = ["Receiver"]


class Receiver(Protocol):
    """Who listens to a document: a session of a connection."""

    @property
    def address(self) -> bytes: ...

    @property
    def user(self) -> UUID: ...

    @property
    def link(self) -> UUID | None:
        """The share link that the person came with."""
        ...

    def write(self, frames: bytes, /) -> None:
        """Send encoded frames; neither blocks nor calls back into the room."""
        ...

    def write_state(self, frames: Sequence[bytes], /) -> None:
        """The same for the document's state, whose size does not make the receiver a slow one.

        The parts of `frames` are sent one behind another and not copied: receivers share the large ones.
        """
        ...

    def acknowledgement(self, messages: int) -> bytes:
        """The frames that say that as many messages are stored; empty where the protocol has none."""
        ...

    def refuse(self) -> None:
        """Say that the session's edits are not stored for now."""
        ...

    def hold(self, seconds: float) -> None:
        """Read nothing from the client for a moment, so that it sends more slowly."""
        ...

    def set_role(self, role: Role | None) -> None:
        """What this person may do from now on; `None`: nothing at all."""
        ...

    def end(self, close: Close) -> None: ...
