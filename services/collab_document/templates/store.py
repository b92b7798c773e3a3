"""People's own templates, as PostgreSQL has them. Everything raises `StoreUnavailable`."""

from typing import Final
from uuid import UUID

from msgspec import Raw

from collab_document.idempotency import Idempotency
from collab_document.templates.problems import NoSuchTemplate, TooManyTemplates
from collab_document.templates.queries import SQL, ContentRow, ExportRow, TemplateRow
from collab_kit.database import Connection, Database, execute, fetch_all, fetch_one

__all__ = ["MAX_CONTENT_BYTES", "MAX_TEMPLATES", "TemplateStore", "export", "forget"]

MAX_TEMPLATES: Final = 100
"""Of one person."""
MAX_CONTENT_BYTES: Final = 1024 * 1024


class TemplateStore:
    def __init__(self, database: Database, idempotency: Idempotency) -> None:
        self._database = database
        self._idempotency = idempotency

    async def create(self, person: UUID, name: str, content: bytes, *, key: str | None, body: object) -> TemplateRow:
        """Raises `TooManyTemplates`, `IdempotencyKeyReused`; `NoSuchTemplate` when what a key made is gone."""
        async with self._database.transaction() as connection:
            made = await self._idempotency.begin(connection, person, key, operation="createTemplate", body=body)
            if made is not None:
                row = await fetch_one(connection, TemplateRow, SQL.find_template, person, made)
                if row is None:
                    raise NoSuchTemplate
                return row
            await connection.fetchval(SQL.lock_templates, person)
            row = await fetch_one(connection, TemplateRow, SQL.insert_template, person, name, content, MAX_TEMPLATES)
            if row is None:
                raise TooManyTemplates(f"At most {MAX_TEMPLATES}.")
            await self._idempotency.finish(connection, person, key, row.id)
            return row

    async def page(self, person: UUID, *, after: UUID, limit: int) -> list[TemplateRow]:
        """In the order in which they were made."""
        return await self._database.fetch_all(TemplateRow, SQL.list_templates, person, after, limit)

    async def content(self, person: UUID, template: UUID) -> ContentRow:
        """Raises `NoSuchTemplate`."""
        row = await self._database.fetch_one(ContentRow, SQL.find_template_content, person, template)
        if row is None:
            raise NoSuchTemplate
        return row

    async def delete(self, person: UUID, template: UUID) -> None:
        """Raises `NoSuchTemplate`."""
        if not await self._database.execute(SQL.delete_template, person, template):
            raise NoSuchTemplate


async def forget(connection: Connection, person: UUID) -> None:
    """Remove what is left of a person."""
    await execute(connection, SQL.forget_templates, person)


async def export(connection: Connection, person: UUID) -> list[dict[str, object]]:
    """What is held of a person."""
    rows = await fetch_all(connection, ExportRow, SQL.export_templates, person, MAX_TEMPLATES)
    return [{"id": row.id, "name": row.name, "created_at": row.created_at, "content": Raw(row.content)} for row in rows]
