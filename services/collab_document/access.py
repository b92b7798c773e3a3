"""Who may do what with a document: the one question that everything in this service asks first."""

from uuid import UUID

from msgspec import Struct

from collab_document.problems import NoSuchDocument, RoleTooLow
from collab_document.queries import SQL
from collab_document.visitors import Visitor
from collab_kit.database import Connection, Database, fetch_one
from collab_kit.guard import Principal
from collab_kit.tokens import Role

__all__ = ["Access", "role_in"]


class _RoleRow(Struct, frozen=True):
    role: Role


class Access:
    """Every method raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def role(self, user: UUID, document: UUID) -> Role | None:
        """The strongest of what the person was given directly and through teams; none for what is in the trash."""
        row = await self._database.fetch_one(_RoleRow, SQL.find_role, document, user)
        return row.role if row else None

    async def require(self, principal: Principal, document: UUID, *roles: Role) -> Role:
        """The caller's role; with `roles`, it has to be one of them. Raises `NoSuchDocument` or `RoleTooLow`."""
        sql, arguments = _question(principal, document)
        row = await self._database.fetch_one(_RoleRow, sql, *arguments)
        return _judge(row.role if row else None, roles)


async def role_in(connection: Connection, principal: Principal, document: UUID, *roles: Role) -> Role:
    """As `Access.require`, within a transaction that has locked what it is about to change."""
    sql, arguments = _question(principal, document)
    row = await fetch_one(connection, _RoleRow, sql, *arguments)
    return _judge(row.role if row else None, roles)


def _question(caller: Principal, document: UUID) -> tuple[str, tuple[UUID, ...]]:
    if isinstance(caller, Visitor):
        # The link has to be this document's: a pass to another one gives nothing here.
        return SQL.find_visitor_role, (document, caller.link, caller.pass_key)
    return SQL.find_role, (document, caller.id)


def _judge(role: Role | None, allowed: tuple[Role, ...]) -> Role:
    if role is None:
        raise NoSuchDocument
    if allowed and role not in allowed:
        raise RoleTooLow(f"Expected the role {' or '.join(allowed)}; yours is {role}.")
    return role
