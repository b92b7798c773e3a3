"""Roles as PostgreSQL has them."""

from uuid import UUID

from msgspec import Struct

from collab_document.schemas import SharingRole
from collab_kit.database import load_queries
from collab_kit.tokens import Role

__all__ = ["SHARING_SQL", "MaybeRoleRow", "MemberRow", "TeamRow", "TeamShareRow"]


class Queries(Struct, frozen=True, kw_only=True):
    list_members: str
    list_teams: str
    count_other_members: str
    count_other_teams: str
    put_member: str
    set_role: str
    delete_member: str
    find_team: str
    put_team: str
    delete_team: str
    store_team: str
    remove_from_team: str
    add_to_team: str
    end_team: str
    documents_of_team: str
    clear_team: str
    clear_grants: str
    find_live_document: str
    roles_of_people: str
    roles_of_links: str


class MemberRow(Struct, frozen=True):
    user_id: UUID
    role: Role


class TeamRow(Struct, frozen=True):
    id: UUID
    name: str
    member_count: int


class TeamShareRow(Struct, frozen=True):
    id: UUID
    name: str
    role: SharingRole
    member_count: int


class MaybeRoleRow(Struct, frozen=True):
    id: UUID
    role: Role | None


SHARING_SQL = load_queries(Queries, "collab_document.sharing")
