"""Stand-ins for what is tested elsewhere, for tests of one part alone."""

from collections.abc import Collection
from uuid import UUID

from collab_collaboration.roles import CurrentRoles
from collab_kit.errors import PeerUnavailable

__all__ = ["FakeRoles"]


class FakeRoles:
    """Answers as told, and `None` is that the document service is away."""

    def __init__(self) -> None:
        self.answer: CurrentRoles | None = CurrentRoles()
        self.asked: list[tuple[UUID, set[UUID], set[UUID]]] = []

    async def ask(self, document: UUID, people: Collection[UUID], links: Collection[UUID]) -> CurrentRoles:
        self.asked.append((document, set(people), set(links)))
        if self.answer is None:
            raise PeerUnavailable("away")
        return self.answer
