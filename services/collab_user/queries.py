"""The queries of `queries.sql` by name."""

from msgspec import Struct

from collab_kit.database import load_queries

__all__ = ["SQL"]


class Queries(Struct, frozen=True, kw_only=True):
    lock_person: str
    upsert_profile: str
    find_profile: str
    find_profiles_by_id: str
    find_profile_by_email: str
    update_profile: str
    note_seen: str
    enqueue: str
    claim_due: str
    claim_one: str
    delete_delivered: str
    note_failure: str
    count_waiting: str


SQL = load_queries(Queries, "collab_user")
