"""What the service stores, as a service sees it."""

from uuid import UUID

from pycrdt import Doc, Text

from collab_collaboration.fanout import announce_replaced
from collab_collaboration.objects import Objects
from collab_collaboration.oplog import OperationLog
from collab_collaboration.settings import CollaborationSettings
from collab_collaboration.snapshots import Documents
from collab_kit.database import Database
from collab_kit.events import open_redis
from collab_kit.settings import load_settings
from tests.integration.collaboration.harness import Collaboration

__all__ = ["Store", "written"]


def written(text: str) -> bytes:
    """A document with `text`, by a client nobody has heard of."""
    doc: Doc[Text] = Doc()
    shared = doc.get("text", type=Text)
    shared += text
    return doc.get_update()


class Store:
    """What is stored, as a service sees it; and `documents`, to change it behind the services' backs."""

    def __init__(self, collaboration: Collaboration) -> None:
        environment = collaboration.environment() | {"COLLAB_PORT": "0", "COLLAB_WEBSOCKET_PORT": "0"}
        self.settings = load_settings(
            CollaborationSettings, collaboration.stage.environment("collaboration", **environment)
        )
        self.database = Database(self.settings)
        self.log = OperationLog(self.database)
        self.objects = Objects(self.settings)
        self.documents = Documents(self.log, self.objects, settle_s=self.settings.snapshot_settle_s)
        self.redis = open_redis(self.settings)

    async def replace(self, document: str, text: str, *, announced: bool = True) -> None:
        assert await self.documents.replace(UUID(document), written(text))
        if announced:
            await announce_replaced(self.redis, UUID(document))
