"""The object store: one bucket, and the URLs by which others reach its objects."""

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct, structs

from collab_kit import objects
from collab_kit.objects import Bucket, ObjectMissing

if TYPE_CHECKING:
    from obstore.store import S3Store

__all__ = ["BucketSettings", "ObjectMissing", "Objects", "Stored"]

_DEADLINE: Final = timedelta(seconds=10)
_CHUNK_BYTES: Final = 1024 * 1024


class BucketSettings(objects.BucketSettings, frozen=True, kw_only=True):
    public_url: str
    """Where a browser reaches the same bucket, as path `/<bucket>/`; what is signed for it names that host."""


class Stored(Struct, frozen=True):
    """What the store says of an object."""

    size_bytes: int
    media_type: str
    disposition: str


class Objects(Bucket):
    def __init__(self, settings: BucketSettings) -> None:
        super().__init__(settings, deadline=_DEADLINE)
        self._outside = Bucket(structs.replace(settings, endpoint=settings.public_url), deadline=_DEADLINE)

    async def sign(self, method: Literal["GET", "PUT"], key: str, *, life: timedelta) -> str:
        """A URL by which whoever has it may do that, for so long. Raises `StoreUnavailable`."""
        from obstore import sign_async  # noqa: PLC0415  # see `Bucket`

        return await self._outside.use(lambda store: sign_async(store, method, key, life))

    async def stat(self, key: str) -> Stored:
        """Raises `ObjectMissing`, `StoreUnavailable`."""
        found = await self.use_object(key, lambda store: store.get_async(key, options={"head": True}))
        attributes = found.attributes
        return Stored(found.meta["size"], attributes.get("Content-Type", ""), attributes.get("Content-Disposition", ""))

    async def copy(self, source: str, target: str) -> None:
        """With its headers, inside of the store. Raises `ObjectMissing`, `StoreUnavailable`."""
        await self.use_object(source, lambda store: store.copy_async(source, target))

    async def sha256(self, key: str) -> bytes:
        """Read piece by piece. Raises `ObjectMissing`, `StoreUnavailable`."""

        async def read(store: "S3Store") -> bytes:
            digest = hashlib.sha256()
            async for piece in (await store.get_async(key)).stream(min_chunk_size=_CHUNK_BYTES):
                digest.update(piece)
            return digest.digest()

        return await self.use_object(key, read)
