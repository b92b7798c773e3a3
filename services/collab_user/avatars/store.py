"""Where pictures are kept: the object in object storage, its key in the profile.

No order of two writes in two stores survives a crash in between, so the object's deletion is written down before the
object is, due when its upload has long ended one way or the other; the statement that puts the key into the profile
takes that note away. No key is used twice: the deletion of an old picture cannot hit a new one of the same content.
"""

import hashlib
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from msgspec import Struct

from collab_kit.database import Database, execute, fetch_one, load_queries
from collab_kit.errors import StoreUnavailable
from collab_user.avatars.problems import NoSuchAvatar
from collab_user.objects import ObjectMissing, Objects
from collab_user.outbox import Waiting, enqueue
from collab_user.problems import ProfilePending
from collab_user.schemas import ProfileRow

__all__ = ["Avatars"]

UPLOAD_ENDS_WITHIN: Final = timedelta(minutes=10)


class Queries(Struct, frozen=True):
    find_avatar: str
    claim_key: str
    lock_avatar: str
    set_avatar: str


class AvatarKey(Struct, frozen=True):
    key: str | None


SQL: Final = load_queries(Queries, "collab_user.avatars")


class Avatars:
    def __init__(self, database: Database, objects: Objects) -> None:
        self._database = database
        self._objects = objects

    async def put(self, person: UUID, content: bytes) -> ProfileRow:
        """Store the picture and make it that of `person`. Raises `StoreUnavailable`, `ProfilePending`.

        Whatever fails, the picture before stays, and nothing of this one is left for ever.
        """
        content_hash = hashlib.sha256(content).hexdigest()
        key = f"avatars/{content_hash}/{uuid4()}.webp"
        async with self._database.transaction() as connection:
            await enqueue(connection, "avatar", key, after=UPLOAD_ENDS_WITHIN)
        await self._objects.put(key, content)
        return await self._replace(person, key, content_hash)

    async def remove(self, person: UUID) -> ProfileRow:
        """Raises `ProfilePending`."""
        return await self._replace(person, None, None)

    async def read(self, person: UUID, content_hash: str) -> bytes:
        """Raises `NoSuchAvatar`, `StoreUnavailable`."""
        found = await self._database.fetch_one(AvatarKey, SQL.find_avatar, person, content_hash)
        if found is None or found.key is None:
            raise NoSuchAvatar
        try:
            return await self._objects.get(found.key)
        except ObjectMissing:
            # It was replaced between the two reads, or somebody removed the object behind our back.
            raise NoSuchAvatar from None

    async def delete_object(self, waiting: Waiting) -> None:
        """The outbox's handler. Raises `StoreUnavailable`."""
        await self._objects.delete(waiting.subject)

    async def _replace(self, person: UUID, key: str | None, content_hash: str | None) -> ProfileRow:
        async with self._database.transaction() as connection:
            before = await fetch_one(connection, AvatarKey, SQL.lock_avatar, person)
            if before is None:
                raise ProfilePending("Try again in a moment.", retry_after_s=2)
            if key is not None and not await execute(connection, SQL.claim_key, key):
                raise StoreUnavailable("Storing the picture took too long. Try again.")
            if before.key is not None:
                await enqueue(connection, "avatar", before.key)
            row = await fetch_one(connection, ProfileRow, SQL.set_avatar, person, key, content_hash)
        if row is None:
            raise ProfilePending("Try again in a moment.", retry_after_s=2)
        return row
