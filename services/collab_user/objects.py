"""The object store: one bucket, where there is one."""

from datetime import timedelta
from typing import Final

from collab_kit.errors import Unavailable
from collab_kit.objects import Bucket, BucketSettings, ObjectMissing
from collab_user.settings import UserSettings

__all__ = ["ObjectMissing", "Objects", "StorageNotConfigured"]

DEADLINE: Final = timedelta(seconds=5)


class StorageNotConfigured(Unavailable):
    """For an operator to change: nothing that waiting helps against."""

    slug = "storage-not-configured"
    title = "This environment has no object storage"

    def __init__(self) -> None:
        super().__init__("Ask an operator to set COLLAB_S3_ENDPOINT.", retry_after_s=3600)


class Objects:
    def __init__(self, settings: UserSettings) -> None:
        self._bucket = _bucket(settings)

    def require_storage(self) -> Bucket:
        """Raises `StorageNotConfigured`."""
        if self._bucket is None:
            raise StorageNotConfigured
        return self._bucket

    async def put(self, key: str, content: bytes) -> None:
        """Raises `StoreUnavailable`, `StorageNotConfigured`."""
        await self.require_storage().put(key, content)

    async def get(self, key: str) -> bytes:
        """Raises `ObjectMissing`, `StoreUnavailable`, `StorageNotConfigured`."""
        return await self.require_storage().get(key)

    async def delete(self, key: str) -> None:
        """Raises `StoreUnavailable`, `StorageNotConfigured`; an object that is not there counts as deleted."""
        await self.require_storage().delete(key)


def _bucket(settings: UserSettings) -> Bucket | None:
    if settings.s3_endpoint is None:
        return None
    bucket = BucketSettings(
        endpoint=settings.s3_endpoint,
        bucket=settings.s3_bucket,
        region=settings.s3_region,
        access_key=settings.s3_access_key,
        secret_key=settings.s3_secret_key,
        ca_file=settings.ca_file,
    )
    return Bucket(bucket, deadline=DEADLINE)
