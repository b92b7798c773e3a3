"""Settings of the document service."""

from typing import Annotated

from msgspec import Meta

from collab_kit.settings import HttpUrl, Secret, ServiceSettings

__all__ = ["DocumentSettings"]

TicketTtl = Annotated[int, Meta(ge=10, le=3600, description="whole seconds from 10 to 3600", examples=[300])]


class DocumentSettings(ServiceSettings, frozen=True, kw_only=True):
    auth_url: HttpUrl
    user_url: HttpUrl
    signing_key: Secret
    ticket_ttl_s: TicketTtl = 300
