"""Objects in a bucket: put, got and deleted in bounded time, and the errors that say what went wrong."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct

from collab_kit.errors import StoreUnavailable
from collab_kit.s3 import cause, open_bucket
from collab_kit.settings import Secret

if TYPE_CHECKING:
    from obstore.store import S3Store

__all__ = ["Bucket", "BucketSettings", "ObjectMissing"]

AnswerT = TypeVar("AnswerT")


class BucketSettings(Struct, frozen=True, kw_only=True):
    """As `collab_kit.s3.open_bucket` takes them."""

    endpoint: str
    bucket: str
    region: str
    access_key: str | None
    secret_key: Secret | None
    ca_file: str | None


class ObjectMissing(Exception):  # noqa: N818  # named for what was found
    """The object store answers that it has no such object."""


class Bucket:
    """Every call ends within `deadline`, tries again included.

    The client library is loaded when it is first needed: most processes never do, and it takes 5 MB.
    """

    def __init__(self, settings: BucketSettings, *, deadline: timedelta) -> None:
        self._settings = settings
        self._deadline = deadline
        self._store: S3Store | None = None

    async def put(self, key: str, content: bytes) -> None:
        """Raises `StoreUnavailable`."""
        await self.use(lambda store: store.put_async(key, content))

    async def get(self, key: str) -> bytes:
        """Raises `ObjectMissing` or `StoreUnavailable`."""

        async def read(store: "S3Store") -> bytes:
            return bytes(await (await store.get_async(key)).bytes_async())

        return await self.use_object(key, read)

    async def delete(self, key: str) -> None:
        """Raises `StoreUnavailable`; an object that is not there counts as deleted."""
        try:
            await self.use(lambda store: store.delete_async(key))
        except FileNotFoundError:
            return

    async def use_object(self, key: str, use: "Callable[[S3Store], Awaitable[AnswerT]]") -> AnswerT:
        """As `use`, where that object has to be there. Raises `ObjectMissing` or `StoreUnavailable`."""
        try:
            return await self.use(use)
        except FileNotFoundError as error:
            raise ObjectMissing(key) from error

    async def use(self, use: "Callable[[S3Store], Awaitable[AnswerT]]") -> AnswerT:
        """Whatever else the client library can do. Raises `FileNotFoundError` or `StoreUnavailable`."""
        from obstore.exceptions import BaseError  # noqa: PLC0415  # see the class

        try:
            return await use(self._open())
        except BaseError as error:
            raise StoreUnavailable(f"The object store does not answer as it should ({cause(error)}).") from None

    def _open(self) -> "S3Store":
        if self._store is None:
            settings = self._settings
            self._store = open_bucket(
                settings.bucket,
                endpoint=settings.endpoint,
                region=settings.region,
                access_key=settings.access_key,
                secret_key=settings.secret_key,
                ca_file=settings.ca_file,
                deadline=self._deadline,
            )
        return self._store
