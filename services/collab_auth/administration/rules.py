"""The rules of administration, as functions of their input alone."""

from uuid import UUID

from msgspec import Struct

from collab_auth.administration.store import AccountState
from collab_auth.audit.events import AuditEvent

__all__ = ["Change", "events_of", "takes_admin"]


class Change(Struct, frozen=True, kw_only=True):
    """`None` leaves it as it is."""

    is_admin: bool | None = None
    disabled: bool | None = None

    @property
    def may_take_admin(self) -> bool:
        return self.is_admin is False or self.disabled is True


def takes_admin(account: UUID, administrators: frozenset[UUID], change: Change) -> bool:
    """Whether `change` of `account` would leave nobody of those who act as `administrators` now."""
    return change.may_take_admin and administrators == frozenset({account})


def events_of(before: AccountState, change: Change) -> list[AuditEvent]:
    """What `change` means for the audit log; empty when it changes nothing."""
    events: list[AuditEvent] = []
    if change.is_admin is not None and change.is_admin != before.is_admin:
        events.append("account.promoted" if change.is_admin else "account.demoted")
    if change.disabled is not None and change.disabled != before.disabled:
        events.append("account.disabled" if change.disabled else "account.enabled")
    return events
