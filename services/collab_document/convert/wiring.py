"""Puts import, export and templates together, for `app.create` to take into the service."""

from contextlib import AbstractAsyncContextManager
from typing import Final

from litestar.types import ControllerRouterHandler
from msgspec import Struct

from collab_document.access import Access
from collab_document.attachments.service import Attachments
from collab_document.convert.contents import Contents
from collab_document.convert.controllers import FilesController
from collab_document.convert.converter import Converter
from collab_document.convert.filling import Filling
from collab_document.convert.service import Files
from collab_document.deletion import Deletion
from collab_document.idempotency import Idempotency
from collab_document.service import Documents
from collab_document.settings import DocumentSettings
from collab_document.templates.controllers import TemplatesController
from collab_document.templates.service import Templates
from collab_document.templates.shipped import Shipped
from collab_document.templates.store import TemplateStore
from collab_kit.database import Database
from collab_kit.http import Peer
from collab_kit.tasks import background, periodically

__all__ = ["Wiring", "wire_files"]

_SWEEP_INTERVAL_S: Final = 60.0
_CONTENT_DEADLINE_S: Final = 20.0
"""Giving a large text takes collaboration longer than most calls may."""


class Wiring(Struct, frozen=True):
    """What `create_app` is to be given beside the rest."""

    route_handlers: list[ControllerRouterHandler]
    dependencies: dict[str, object]
    lifespan: list[AbstractAsyncContextManager[object]]


def wire_files(
    settings: DocumentSettings,
    *,
    database: Database,
    access: Access,
    documents: Documents,
    idempotency: Idempotency,
    deletion: Deletion,
    attachments: Attachments,
) -> Wiring:
    peer = _collaboration(settings)
    contents = Contents(peer)
    converter = Converter(
        at_once=settings.conversions_at_once,
        deadline_s=settings.conversion_deadline_s,
        memory_mib=settings.conversion_memory_mib,
    )
    filling = Filling(
        database=database, documents=documents, contents=contents, idempotency=idempotency, deletion=deletion
    )
    files = Files(
        access=access,
        documents=documents,
        contents=contents,
        converter=converter,
        filling=filling,
        attachments=attachments,
    )
    templates = Templates(
        store=TemplateStore(database, idempotency),
        access=access,
        contents=contents,
        filling=filling,
        shipped=Shipped(converter),
    )
    sweep = periodically(filling.sweep, interval_s=_SWEEP_INTERVAL_S, name="unfilled")
    return Wiring(
        route_handlers=[FilesController, TemplatesController],
        dependencies={"files": files, "templates": templates},
        lifespan=[*([peer] if peer else []), background(sweep, name="unfilled")],
    )


def _collaboration(settings: DocumentSettings) -> Peer | None:
    if settings.collaboration_url is None:
        return None
    return Peer(
        "collaboration",
        settings.collaboration_url,
        settings.internal_token,
        deadline_s=_CONTENT_DEADLINE_S,
        attempts=2,
        ca_file=settings.ca_file,
    )
