"""Tells the document service of teams as they are now."""

from uuid import UUID

import msgspec

from collab_kit.http import Peer
from collab_user.outbox import Undelivered, Waiting
from collab_user.teams.store import Teams

__all__ = ["TeamDelivery"]


class TeamDelivery:
    def __init__(self, teams: Teams, documents: Peer) -> None:
        self._teams = teams
        self._documents = documents

    async def tell(self, waiting: Waiting) -> None:
        """The outbox's handler. Raises `Undelivered`, `PeerUnavailable`, `StoreUnavailable`."""
        path = f"/internal/teams/{waiting.subject}"
        news = await self._teams.news(UUID(waiting.subject))
        if news is None:
            answer = await self._documents.call("DELETE", path, query={"version": str(waiting.version)})
        else:
            answer = await self._documents.call("PUT", path, body=msgspec.json.encode(news))
        if not answer.is_success:
            raise Undelivered(f"status {answer.status_code}: {answer.text[:300]}")
