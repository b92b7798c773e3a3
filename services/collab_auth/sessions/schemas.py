"""What is answered about sessions."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

__all__ = ["SessionInfo", "SessionPage"]


class SessionInfo(Struct, frozen=True, kw_only=True):
    """Somewhere one is signed in; `current` is where the request came from."""

    id: UUID
    current: bool
    created_at: datetime
    last_used_at: datetime
    address: str | None
    user_agent: str | None


class SessionPage(Struct, frozen=True):
    items: list[SessionInfo]
    next_cursor: str | None
