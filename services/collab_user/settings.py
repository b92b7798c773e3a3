"""Settings of the user service."""

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta

from collab_kit.s3 import key_problems
from collab_kit.settings import HttpUrl, Secret, ServiceSettings

__all__ = ["PeopleSearch", "UserSettings"]

Name = Annotated[str, Meta(min_length=1, max_length=255, description="a name", examples=["collab"])]
PeopleSearch = Literal["everyone", "teams", "exact-email"]
"""Whom a person finds: everyone by name; those they share a team with; or nobody whose e-mail they do not know.

Each finds what the next one finds, too.
"""


class UserSettings(ServiceSettings, frozen=True, kw_only=True):
    auth_url: HttpUrl
    document_url: HttpUrl | None = None
    """Without it, what the document service has to hear of waits."""

    people_search: PeopleSearch = "everyone"

    s3_endpoint: HttpUrl | None = None
    """Without it there is nowhere to keep pictures of people."""
    s3_bucket: Name = "collab"
    s3_region: Name = "us-east-1"
    s3_access_key: Name | None = None
    s3_secret_key: Secret | None = None
    """Without keys, credentials come from the environment: see `collab_kit.s3`."""

    def problems(self) -> Iterator[str]:
        yield from super().problems()
        yield from key_problems(self.s3_access_key, self.s3_secret_key)
