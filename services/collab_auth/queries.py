"""The queries of `queries.sql` by name, and the rows they answer with."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from collab_auth.rules import TokenUse
from collab_kit.database import load_queries

__all__ = [
    "SQL",
    "Account",
    "EndedSession",
    "LockedSession",
    "OutboxCount",
    "SessionRow",
    "ToldProfile",
    "WaitingProfile",
]


class Queries(Struct, frozen=True, kw_only=True):
    insert_account: str
    insert_account_once: str
    contest_password: str
    queue_mail: str
    find_account: str
    get_account: str
    share_account: str
    promote_account: str
    update_password_hash: str
    insert_session: str
    insert_token: str
    lock_session_of_token: str
    rotate_session: str
    add_sibling: str
    end_session: str
    end_session_of_token: str
    purge_sessions: str
    insert_outbox: str
    claim_due_profiles: str
    claim_profile: str
    get_told: str
    delete_delivered: str
    note_failure: str
    count_waiting: str


class Account(Struct, frozen=True, kw_only=True):
    """`password_hash` is `None` for who signs in elsewhere."""

    id: UUID
    email: str
    password_hash: str | None
    is_admin: bool
    disabled: bool
    verified: bool


class SessionRow(Struct, frozen=True):
    id: UUID
    generation: int


class LockedSession(TokenUse, frozen=True, kw_only=True):
    id: UUID
    account_id: UUID
    email: str
    is_admin: bool


class EndedSession(Struct, frozen=True):
    id: UUID
    account_id: UUID


class WaitingProfile(Struct, frozen=True):
    account_id: UUID
    attempts: int


class ToldProfile(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the user service is told of an account; a `version` lower than one it knows is old news."""

    email: str
    name: str
    version: int
    is_admin: bool
    disabled: bool
    verified: bool
    claimed_at: datetime | None = None
    """Since when it is of who has its address, where it may have been another's before."""

    @property
    def has_news(self) -> bool:
        """False while there is nothing beside e-mail and name: that, user services of before understand too."""
        return self.version > 1 or self.is_admin or self.disabled or self.verified


class OutboxCount(Struct, frozen=True):
    waiting: int
    given_up: int


SQL = load_queries(Queries, "collab_auth")
