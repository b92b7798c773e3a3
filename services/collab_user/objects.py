"""The object store: one bucket, reached through `obstore`."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from collab_kit.errors import StoreUnavailable, Unavailable
from collab_kit.s3 import cause, open_bucket
from collab_user.settings import UserSettings

if TYPE_CHECKING:
    from obstore.store import S3Store

__all__ = ["ObjectMissing", "Objects", "StorageNotConfigured"]

DEADLINE: Final = timedelta(seconds=5)
AnswerT = TypeVar("AnswerT")


class StorageNotConfigured(Unavailable):
    """For an operator to change: nothing that waiting helps against."""

    slug = "storage-not-configured"
    title = "This environment has no object storage"

    def __init__(self) -> None:
        super().__init__("Ask an operator to set COLLAB_S3_ENDPOINT.", retry_after_s=3600)


class ObjectMissing(Exception):  # noqa: N818  # named for what was found
    """The object store answers that it has no such object."""


class Objects:
    """Every call ends within a few seconds, tries again included.

    The client library is loaded when it is first needed: it takes 5 MB.
    """

    def __init__(self, settings: UserSettings) -> None:
        self._settings = settings
        self._store: S3Store | None = None

    def require_storage(self) -> None:
        """Raises `StorageNotConfigured`."""
        if self._settings.s3_endpoint is None:
            raise StorageNotConfigured

    async def put(self, key: str, content: bytes) -> None:
        """Raises `StoreUnavailable`, `StorageNotConfigured`."""
        await self._call(lambda store: store.put_async(key, content))

    async def get(self, key: str) -> bytes:
        """Raises `ObjectMissing`, `StoreUnavailable`, `StorageNotConfigured`."""

        async def read(store: "S3Store") -> bytes:
            return bytes(await (await store.get_async(key)).bytes_async())

        try:
            return await self._call(read)
        except FileNotFoundError as error:
            raise ObjectMissing(key) from error

    async def delete(self, key: str) -> None:
        """Raises `StoreUnavailable`, `StorageNotConfigured`; an object that is not there counts as deleted."""
        try:
            await self._call(lambda store: store.delete_async(key))
        except FileNotFoundError:
            return

    async def _call(self, use: "Callable[[S3Store], Awaitable[AnswerT]]") -> AnswerT:
        store = self._open()

        from obstore.exceptions import BaseError  # noqa: PLC0415  # see the class

        try:
            return await use(store)
        except BaseError as error:
            raise StoreUnavailable(f"The object store does not answer as it should ({cause(error)}).") from None

    def _open(self) -> "S3Store":
        settings = self._settings
        if settings.s3_endpoint is None:
            raise StorageNotConfigured
        if self._store is None:
            self._store = open_bucket(
                settings.s3_bucket,
                endpoint=settings.s3_endpoint,
                region=settings.s3_region,
                access_key=settings.s3_access_key,
                secret_key=settings.s3_secret_key,
                ca_file=settings.ca_file,
                deadline=DEADLINE,
            )
        return self._store
