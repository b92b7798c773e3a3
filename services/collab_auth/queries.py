"""The queries of `queries.sql` by name, and the rows they answer with."""

from uuid import UUID

from msgspec import Struct

from collab_auth.rules import TokenUse
from collab_kit.database import load_queries

__all__ = ["SQL", "Account", "LockedSession", "OutboxCount", "SessionRow", "WaitingProfile"]


class Queries(Struct, frozen=True, kw_only=True):
    insert_account: str
    find_account: str
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
    delete_delivered: str
    note_failure: str
    count_waiting: str


class Account(Struct, frozen=True):
    id: UUID
    email: str
    password_hash: str


class SessionRow(Struct, frozen=True):
    id: UUID
    generation: int


class LockedSession(TokenUse, frozen=True, kw_only=True):
    id: UUID
    account_id: UUID
    email: str


class WaitingProfile(Struct, frozen=True):
    account_id: UUID
    email: str
    name: str
    attempts: int


class OutboxCount(Struct, frozen=True):
    waiting: int
    given_up: int


SQL = load_queries(Queries, "collab_auth")
