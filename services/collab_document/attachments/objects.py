"""The object store: one bucket, reached through `obstore`, and the URLs by which others reach its objects."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal, TypeVar

from msgspec import Struct

from collab_kit.errors import StoreUnavailable
from collab_kit.s3 import cause, open_bucket
from collab_kit.settings import Secret

if TYPE_CHECKING:
    from obstore.store import S3Store

__all__ = ["BucketSettings", "ObjectMissing", "Objects", "Stored"]

_DEADLINE: Final = timedelta(seconds=10)
_CHUNK_BYTES: Final = 1024 * 1024
AnswerT = TypeVar("AnswerT")


class BucketSettings(Struct, frozen=True, kw_only=True):
    endpoint: str
    public_url: str
    """Where a browser reaches the same bucket, as path `/<bucket>/`; what is signed for it names that host."""
    bucket: str
    region: str
    access_key: str | None
    secret_key: Secret | None
    ca_file: str | None


class Stored(Struct, frozen=True):
    """What the store says of an object."""

    size_bytes: int
    media_type: str
    disposition: str


class ObjectMissing(Exception):  # noqa: N818  # named for what was found
    """The object store answers that it has no such object."""


class Objects:
    """Every call ends within ten seconds, tries again included.

    The client library is loaded when it is first needed: most processes never do, and it takes 5 MB.
    """

    def __init__(self, settings: BucketSettings) -> None:
        self._settings = settings
        self._inside: S3Store | None = None
        self._outside: S3Store | None = None

    async def sign(self, method: Literal["GET", "PUT"], key: str, *, life: timedelta) -> str:
        """A URL by which whoever has it may do that, for so long. Raises `StoreUnavailable`."""
        from obstore import sign_async  # noqa: PLC0415  # see the class

        if self._outside is None:
            self._outside = self._open(self._settings.public_url)
        outside = self._outside
        return await self._call(lambda: sign_async(outside, method, key, life))

    async def stat(self, key: str) -> Stored:
        """Raises `ObjectMissing`, `StoreUnavailable`."""
        store = self._store()
        try:
            found = await self._call(lambda: store.get_async(key, options={"head": True}))
        except FileNotFoundError as error:
            raise ObjectMissing(key) from error
        attributes = found.attributes
        return Stored(found.meta["size"], attributes.get("Content-Type", ""), attributes.get("Content-Disposition", ""))

    async def copy(self, source: str, target: str) -> None:
        """With its headers, inside of the store. Raises `ObjectMissing`, `StoreUnavailable`."""
        store = self._store()
        try:
            await self._call(lambda: store.copy_async(source, target))
        except FileNotFoundError as error:
            raise ObjectMissing(source) from error

    async def sha256(self, key: str) -> bytes:
        """Read piece by piece. Raises `ObjectMissing`, `StoreUnavailable`."""
        store = self._store()

        async def read() -> bytes:
            digest = hashlib.sha256()
            async for piece in (await store.get_async(key)).stream(min_chunk_size=_CHUNK_BYTES):
                digest.update(piece)
            return digest.digest()

        try:
            return await self._call(read)
        except FileNotFoundError as error:
            raise ObjectMissing(key) from error

    async def delete(self, key: str) -> None:
        """Raises `StoreUnavailable`; an object that is not there counts as deleted."""
        store = self._store()
        try:
            await self._call(lambda: store.delete_async(key))
        except FileNotFoundError:
            return

    async def _call(self, use: Callable[[], Awaitable[AnswerT]]) -> AnswerT:
        from obstore.exceptions import BaseError  # noqa: PLC0415  # see the class

        try:
            return await use()
        except BaseError as error:
            raise StoreUnavailable(f"The object store does not answer as it should ({cause(error)}).") from None

    def _store(self) -> "S3Store":
        if self._inside is None:
            self._inside = self._open(self._settings.endpoint)
        return self._inside

    def _open(self, endpoint: str) -> "S3Store":
        settings = self._settings
        return open_bucket(
            settings.bucket,
            endpoint=endpoint,
            region=settings.region,
            access_key=settings.access_key,
            secret_key=settings.secret_key,
            ca_file=settings.ca_file,
            deadline=_DEADLINE,
        )
