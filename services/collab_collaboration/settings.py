"""Settings of the collaboration service."""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta

from collab_kit.s3 import key_problems
from collab_kit.settings import HttpUrl, Port, Secret, ServiceSettings

__all__ = ["CollaborationSettings"]

Name = Annotated[str, Meta(min_length=1, max_length=255, description="a name", examples=["collab"])]
Bytes = Annotated[
    int, Meta(ge=1024, le=2**30, description="a number of bytes from 1024 to 1073741824", examples=[1_048_576])
]
Count = Annotated[int, Meta(ge=1, le=1_000_000, description="a whole number from 1 to 1000000", examples=[1000])]
Days = Annotated[int, Meta(ge=0, le=3650, description="a whole number of days from 0 to 3650", examples=[30])]
Delay = Annotated[float, Meta(ge=0, le=86_400, description="a number of seconds from 0 to 86400", examples=[60])]
Seconds = Annotated[float, Meta(gt=0, le=600, description="a number of seconds above 0, at most 600", examples=[10])]


class CollaborationSettings(ServiceSettings, frozen=True, kw_only=True):
    websocket_port: Port
    document_url: HttpUrl
    s3_endpoint: HttpUrl
    s3_bucket: Name
    s3_region: Name
    s3_access_key: Name | None = None
    s3_secret_key: Secret | None = None
    """Without keys, credentials come from the environment: see `collab_kit.s3`."""

    max_message_bytes: Bytes = 1024 * 1024
    max_connections: Count = 5000
    max_messages_per_s: Count = 200
    """Per connection, with a burst of five seconds' worth."""
    max_user_connections: Count = 100
    """Of one person, over all documents."""
    max_document_connections: Count = 2000
    max_document_messages_per_s: Count = 10_000
    """Edits of one document, over all connections, on the average; beyond, its writers are read more slowly."""
    max_document_bytes: Bytes = 16 * 1024 * 1024
    """Size of a document's state, which takes up to twenty times as much memory; beyond, only deletions are taken."""
    max_receiver_bytes: Bytes = 4 * 1024 * 1024
    """What may wait for one slow receiver, beyond the document's state it asked for."""
    max_pending_bytes: Bytes = 64 * 1024 * 1024
    """Edits received and not yet committed, over all documents."""
    store_patience_s: Seconds = 10.0
    """How long edits wait for PostgreSQL to come back before their clients are sent away to try again."""
    idle_document_s: Seconds = 30.0
    """How long a document stays in memory after its last connection."""
    compact_after: Count = 1000
    """Operations beyond the last snapshot at which a new one is made."""
    snapshot_settle_s: Delay = 60.0
    """How old a snapshot is before the log loses what it holds: longer than an object store's machine keeps in memory
    what it said it has (Linux: about 35 s)."""

    keep_deleted_days: Days = 30
    """How long a deleted document stays stored before its content is removed for good."""

    def problems(self) -> Iterator[str]:
        yield from super().problems()
        yield from key_problems(self.s3_access_key, self.s3_secret_key)
