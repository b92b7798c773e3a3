"""What the rooms around documents have to hear of, in the transaction in which it happens."""

from uuid import UUID

from collab_document.attachments import store as attachments
from collab_document.comments import store as comments
from collab_document.notifications import store as notifications
from collab_document.notifications.store import notify
from collab_document.templates import store as templates
from collab_document.webhooks import store as webhooks
from collab_document.webhooks.events import emit
from collab_kit.database import Connection

__all__ = ["emit", "export", "forget", "notify"]

_ROOMS = {
    "attachments": attachments,
    "comments": comments,
    "notifications": notifications,
    "templates": templates,
    "webhooks": webhooks,
}


async def forget(connection: Connection, person: UUID) -> None:
    """Remove what is left of a person in all of them."""
    for room in _ROOMS.values():
        await room.forget(connection, person)


async def export(connection: Connection, person: UUID) -> dict[str, list[dict[str, object]]]:
    """What all of them hold of a person."""
    return {name: await room.export(connection, person) for name, room in _ROOMS.items()}
