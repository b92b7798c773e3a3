"""The object store: one bucket, reached through `obstore`."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeVar
from uuid import UUID

from collab_collaboration.settings import CollaborationSettings
from collab_kit.errors import StoreUnavailable
from collab_kit.s3 import cause, open_bucket

if TYPE_CHECKING:
    from obstore.store import S3Store

__all__ = ["ObjectMissing", "Objects", "folder_of"]

_DEADLINE: Final = timedelta(seconds=10)
_LISTED_AT_ONCE: Final = 100
AnswerT = TypeVar("AnswerT")


def folder_of(document: UUID) -> str:
    """What the key of every object of a document begins with."""
    return f"documents/{document}/"


class ObjectMissing(Exception):  # noqa: N818  # named for what was found
    """The object store answers that it has no such object."""


class Objects:
    """Every call ends within ten seconds, tries again included.

    The client library is loaded when it is first needed: most processes never do, and it takes 5 MB.
    """

    def __init__(self, settings: CollaborationSettings) -> None:
        self._settings = settings
        self._store: S3Store | None = None

    async def put(self, key: str, content: bytes) -> None:
        """Raises `StoreUnavailable`."""
        await self._call(lambda store: store.put_async(key, content))

    async def get(self, key: str) -> bytes:
        """Raises `ObjectMissing`, `StoreUnavailable`."""

        async def read(store: "S3Store") -> bytes:
            return bytes(await (await store.get_async(key)).bytes_async())

        try:
            return await self._call(read)
        except FileNotFoundError as error:
            raise ObjectMissing(key) from error

    async def delete(self, key: str) -> None:
        """Raises `StoreUnavailable`; an object that is not there counts as deleted."""
        try:
            await self._call(lambda store: store.delete_async(key))
        except FileNotFoundError:
            return

    async def some_below(self, folder: str) -> list[str]:
        """The keys of a bounded number of the objects whose keys begin with `folder`. Raises `StoreUnavailable`."""

        async def read(store: "S3Store") -> list[str]:
            pages = store.list(folder, chunk_size=_LISTED_AT_ONCE)  # pyright: ignore[reportUnknownMemberType]  # an overload of it
            async for found in pages:
                return [each["path"] for each in found]
            return []

        return await self._call(read)

    async def _call(self, use: "Callable[[S3Store], Awaitable[AnswerT]]") -> AnswerT:
        from obstore.exceptions import BaseError  # noqa: PLC0415  # see the class

        try:
            return await use(self._open())
        except BaseError as error:
            raise StoreUnavailable(f"The object store does not answer as it should ({cause(error)}).") from None

    def _open(self) -> "S3Store":
        if self._store is None:
            settings = self._settings
            self._store = open_bucket(
                settings.s3_bucket,
                endpoint=settings.s3_endpoint,
                region=settings.s3_region,
                access_key=settings.s3_access_key,
                secret_key=settings.s3_secret_key,
                ca_file=settings.ca_file,
                deadline=_DEADLINE,
            )
        return self._store
