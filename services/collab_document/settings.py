"""Settings of the document service."""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta

from collab_kit.s3 import key_problems
from collab_kit.settings import HttpUrl, Secret, ServiceSettings

__all__ = ["DocumentSettings"]

TicketTtl = Annotated[int, Meta(ge=10, le=3600, description="whole seconds from 10 to 3600", examples=[300])]
Days = Annotated[int, Meta(ge=1, le=3650, description="a whole number of days from 1 to 3650", examples=[30])]
Documents = Annotated[int, Meta(ge=1, le=1_000_000, description="a whole number from 1 to 1000000", examples=[10_000])]
Attempts = Annotated[int, Meta(ge=1, le=1000, description="a whole number from 1 to 1000", examples=[10])]
Window = Annotated[int, Meta(ge=1, le=86_400, description="whole seconds from 1 to 86400", examples=[900])]
Delay = Annotated[float, Meta(ge=0, le=600, description="a number of seconds from 0 to 600", examples=[2])]
Name = Annotated[str, Meta(min_length=1, max_length=255, description="a name", examples=["collab"])]
Bytes = Annotated[
    int, Meta(ge=1024, le=2**50, description="a number of bytes from 1024 to 2^50", examples=[52_428_800])
]
AtOnce = Annotated[int, Meta(ge=1, le=64, description="a whole number from 1 to 64", examples=[2])]
Deadline = Annotated[float, Meta(ge=1, le=300, description="a number of seconds from 1 to 300", examples=[30])]
Mebibytes = Annotated[int, Meta(ge=256, le=65_536, description="a whole number from 256 to 65536", examples=[1024])]
Flag = Annotated[bool, Meta(description="true or false", examples=["false"])]


class DocumentSettings(ServiceSettings, frozen=True, kw_only=True):
    auth_url: HttpUrl
    user_url: HttpUrl
    collaboration_url: HttpUrl | None = None
    """Without it documents are found by their titles only, and what collaboration has to be told waits."""
    signing_key: Secret
    ticket_ttl_s: TicketTtl = 300
    trash_days: Days = 30
    max_owned_documents: Documents = 10_000
    link_attempts: Attempts = 10
    link_window_s: Window = 900
    search_delay_s: Delay = 2.0

    notification_mail_delay_s: Delay = 120.0
    """For how long a notification has to be unread before a mail tells of it."""

    webhook_http: Flag = False
    """Whether webhooks may have an address without TLS: for development."""
    webhook_private_networks: Flag = False
    """Whether they may lead into this machine and its networks: for development, and where people are all trusted."""
    webhook_edit_quiet_s: Delay = 60.0
    """How long a document has to be left alone before its edits are told."""
    webhook_disable_days: Days = 5

    s3_endpoint: HttpUrl | None = None
    """Without it, or the bucket, there are no attachments."""
    s3_bucket: Name | None = None
    s3_region: Name = "us-east-1"
    s3_access_key: Name | None = None
    s3_secret_key: Secret | None = None
    """Without keys, credentials come from the environment: see `collab_kit.s3`."""
    s3_public_url: HttpUrl | None = None
    """What a browser reaches the bucket by; without it, the public URL."""
    attachment_max_bytes: Bytes = 50 * 1024 * 1024
    attachment_document_bytes: Bytes = 1024**3
    """Of one document together."""
    attachment_owner_bytes: Bytes = 10 * 1024**3
    """Of all documents of one owner together."""

    conversions_at_once: AtOnce = 2
    conversion_deadline_s: Deadline = 30.0
    conversion_memory_mib: Mebibytes = 1024
    """Address space of each of the two processes of one conversion."""

    def problems(self) -> Iterator[str]:
        yield from super().problems()
        yield from key_problems(self.s3_access_key, self.s3_secret_key)
