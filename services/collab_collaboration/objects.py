"""The object store: one bucket, with a folder of its own for each document."""

from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from collab_collaboration.settings import CollaborationSettings
from collab_kit.objects import Bucket, BucketSettings, ObjectMissing

if TYPE_CHECKING:
    from obstore.store import S3Store

__all__ = ["ObjectMissing", "Objects", "folder_of"]

_DEADLINE: Final = timedelta(seconds=10)
_LISTED_AT_ONCE: Final = 100


def folder_of(document: UUID) -> str:
    """What the key of every object of a document begins with."""
    return f"documents/{document}/"


class Objects(Bucket):
    def __init__(self, settings: CollaborationSettings) -> None:
        bucket = BucketSettings(
            endpoint=settings.s3_endpoint,
            bucket=settings.s3_bucket,
            region=settings.s3_region,
            access_key=settings.s3_access_key,
            secret_key=settings.s3_secret_key,
            ca_file=settings.ca_file,
        )
        super().__init__(bucket, deadline=_DEADLINE)

    async def some_below(self, folder: str) -> list[str]:
        """The keys of a bounded number of the objects whose keys begin with `folder`. Raises `StoreUnavailable`."""

        async def read(store: "S3Store") -> list[str]:
            pages = store.list(folder, chunk_size=_LISTED_AT_ONCE)  # pyright: ignore[reportUnknownMemberType]  # an overload of it
            async for found in pages:
                return [each["path"] for each in found]
            return []

        return await self.use(read)
