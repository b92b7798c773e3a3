"""What the HTTP interface for API tokens reads and answers."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

__all__ = ["ApiToken", "ApiTokens", "CreatedToken", "NewToken"]

Name = Annotated[str, Meta(description="What it is for, 1 to 80 characters.", examples=["Nightly backup"])]
Scopes = Annotated[
    list[str],
    Meta(
        description="`documents:read`, `documents:write`, `profile:read`, `profile:write`, `admin`. "
        "Writing does not include reading.",
        examples=[["documents:read"]],
    ),
]
ExpiresInDays = Annotated[int | None, Meta(description="1 to 3660; without it the token never expires.")]
LastUsedAt = Annotated[datetime | None, Meta(description="To the minute.")]


class NewToken(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Name
    scopes: Scopes
    expires_in_days: ExpiresInDays = None


class ApiToken(Struct, frozen=True, kw_only=True):
    id: UUID
    name: Name
    scopes: Scopes
    created_at: datetime
    expires_at: datetime | None
    last_used_at: LastUsedAt


class CreatedToken(ApiToken, frozen=True, kw_only=True):
    token: Annotated[str, Meta(description="Told this once: only a hash of it is kept.")]


class ApiTokens(Struct, frozen=True):
    """All of a person's tokens, the latest first: 50 at most."""

    items: list[ApiToken]
