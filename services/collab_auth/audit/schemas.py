"""What is answered about the audit log."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

__all__ = ["AuditItem", "AuditPage"]


class AuditItem(Struct, frozen=True, kw_only=True):
    """`account` is whose account it is about, `actor` who did it: null is a stranger, or an operator."""

    id: UUID
    event: str
    account: UUID | None
    actor: UUID | None
    address: str | None
    user_agent: str | None
    at: datetime
    detail: dict[str, Any]


class AuditPage(Struct, frozen=True):
    items: list[AuditItem]
    next_cursor: str | None
