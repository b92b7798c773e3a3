"""Templates made of documents, and documents of templates."""

from typing import Final
from uuid import UUID

from collab_document.access import Access
from collab_document.convert.contents import Contents
from collab_document.convert.embeds import without_embeds
from collab_document.convert.filling import Filling
from collab_document.id_pages import BEFORE_ALL, decode_id_cursor, encode_id_cursor
from collab_document.rules import parse_key, parse_name, parse_title
from collab_document.service import Tagged
from collab_document.templates.problems import NoSuchTemplate, TemplateTooLarge
from collab_document.templates.queries import TemplateRow
from collab_document.templates.schemas import NewFromTemplate, NewTemplate, Template, TemplatePage
from collab_document.templates.shipped import BUILT_IN, Shipped
from collab_document.templates.store import MAX_CONTENT_BYTES, TemplateStore
from collab_kit.guard import Principal

__all__ = ["Templates"]

_CURSOR: Final = "templates"


class Templates:
    """Every method raises `StoreUnavailable`."""

    def __init__(
        self, *, store: TemplateStore, access: Access, contents: Contents, filling: Filling, shipped: Shipped
    ) -> None:
        self._store = store
        self._access = access
        self._contents = contents
        self._filling = filling
        self._shipped = shipped

    async def page(self, caller: Principal, *, cursor: str | None, limit: int) -> TemplatePage:
        """Those built in come first, beside the first page of one's own. Raises `InvalidRequest`."""
        after = decode_id_cursor(_CURSOR, cursor, first=BEFORE_ALL)
        rows = await self._store.page(caller.id, after=after, limit=limit + 1)
        shipped = [
            Template(id=template, name=name, kind="built-in", created_at=None) for template, name in BUILT_IN.items()
        ]
        own = [_present(row) for row in rows[:limit]]
        following = encode_id_cursor(_CURSOR, rows[limit - 1].id) if len(rows) > limit else None
        return TemplatePage(own if cursor else [*shipped, *own], following)

    async def create(self, caller: Principal, new: NewTemplate, *, key: str | None) -> Template:
        """Of what the document holds now.

        Raises `InvalidRequest`, `NoSuchDocument`, `TooManyTemplates`, `TemplateTooLarge`, `IdempotencyKeyReused` or
        `PeerUnavailable`; `NoSuchTemplate` when what a key made before is gone.
        """
        name, key = parse_name(new.name), parse_key(key)
        await self._access.require(caller, new.document)
        content = without_embeds(bytes((await self._contents.read(new.document)).content))
        if len(content) > MAX_CONTENT_BYTES:
            raise TemplateTooLarge(f"Its text takes {len(content)} bytes; a template has at most {MAX_CONTENT_BYTES}.")
        return _present(await self._store.create(caller.id, name, content, key=key, body=new))

    async def delete(self, caller: Principal, template: str) -> None:
        """One's own. Raises `NoSuchTemplate`."""
        await self._store.delete(caller.id, _own(template))

    async def use(self, caller: Principal, template: str, new: NewFromTemplate, *, key: str | None) -> Tagged:
        """A new document that begins with it. Raises `NoSuchTemplate`, and what `Filling.create` raises."""
        title = None if new.title is None else parse_title(new.title)
        if template in BUILT_IN:
            name, content = BUILT_IN[template], await self._shipped.content(template)
        else:
            row = await self._store.content(caller.id, _own(template))
            name, content = row.name, row.content
        return await self._filling.create(
            caller,
            content,
            title=name if title is None else title,
            folder=new.folder,
            key=key,
            operation=f"useTemplate {template}",
            body=new,
        )


def _own(template: str) -> UUID:
    try:
        return UUID(template)
    except ValueError:
        raise NoSuchTemplate from None


def _present(row: TemplateRow) -> Template:
    return Template(id=str(row.id), name=row.name, kind="own", created_at=row.created_at)
