"""What happens to attachments: announced, uploaded past us, checked, fetched past us, and cleaned up after."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from msgspec import Struct, structs
from prometheus_client import Counter, Gauge

from collab_document.access import Access
from collab_document.attachments.objects import ObjectMissing, Objects, Stored
from collab_document.attachments.problems import AttachmentsOff, NoSuchAttachment, UploadDiffers, UploadMissing
from collab_document.attachments.rules import (
    UPLOAD_LIFE,
    disposition,
    object_key,
    parse_media_type,
    parse_name,
    parse_sha256,
    parse_size,
    upload_key,
)
from collab_document.attachments.schemas import Download, NewAttachment, Upload, UploadTarget
from collab_document.attachments.store import AttachmentStore, StoredAttachment
from collab_document.rules import parse_key
from collab_kit.errors import Problem
from collab_kit.events import DocumentNews, Publisher
from collab_kit.guard import Principal
from collab_kit.logging import get_logger

__all__ = ["Attachments", "Picture"]

_DOWNLOAD_LIFE: Final = timedelta(seconds=60)
_SWEPT_AT_ONCE: Final = 100
_MAX_PICTURES_BYTES: Final = 16 * 1024 * 1024
_MAX_ROUNDS: Final = 20

_log = get_logger()
_completed = Counter("collab_document_uploads_total", "Uploads that were completed", ["outcome"])
_swept = Counter("collab_document_swept_total", "Removed by the clean-up of attachments", ["what"])
_due = Gauge("collab_document_object_deletions_due", "Objects that are to be deleted and are still there")


class Picture(Struct, frozen=True):
    media_type: str
    file: bytes


class Attachments:
    def __init__(
        self, store: AttachmentStore, access: Access, events: Publisher, objects: Objects | None, *, max_bytes: int
    ) -> None:
        """Without `objects` there is no object store, and everything is refused with `AttachmentsOff`."""
        self._store = store
        self._access = access
        self._events = events
        self._objects_or_none = objects
        self._max_bytes = max_bytes
        # Each reads up to the largest attachment from the store.
        self._hashing = asyncio.Semaphore(2)

    async def begin(self, caller: Principal, document: UUID, new: NewAttachment, *, key: str | None) -> Upload:
        """Where to upload it to. Raises `InvalidRequest`, `NoSuchDocument`, `RoleTooLow`, `QuotaReached`."""
        key = parse_key(key)
        new = structs.replace(
            new,
            name=parse_name(new.name),
            size=parse_size(new.size, max_bytes=self._max_bytes),
            type=parse_media_type(new.type),
        )
        sha256 = parse_sha256(new.sha256)
        await self._access.require(caller, document, "owner", "editor")
        objects = self._objects
        row = await self._store.reserve(caller, document, new, sha256=sha256, key=key)
        expires_at = datetime.now(UTC) + UPLOAD_LIFE
        url = await objects.sign("PUT", upload_key(row.id), life=UPLOAD_LIFE)
        headers = {"Content-Type": row.media_type, "Content-Disposition": disposition(row.name)}
        return Upload(id=row.id, upload=UploadTarget(url=url, headers=headers, expires_at=expires_at))

    async def complete(self, caller: Principal, document: UUID, attachment: UUID) -> StoredAttachment:
        """What was uploaded becomes the attachment, if it is what was announced.

        It is copied to where no URL that we gave out can write, and the copy is what is checked: an upload that is
        replaced in the same moment is found out. Again for one that is complete, nothing happens.

        Raises:
            NoSuchDocument, RoleTooLow, NoSuchAttachment: as the caller's role and the document say.
            UploadMissing: it may still come.
            UploadDiffers: in size, headers or digest; it is gone now.
        """
        await self._access.require(caller, document, "owner", "editor")
        objects = self._objects
        row = await self._store.find(document, attachment)
        if row.completed_at is not None:
            return row
        source, target = upload_key(attachment), object_key(document, attachment)
        try:
            # Before the copy as well: it may be large beyond all measure.
            wrong = _difference(await objects.stat(source), row)
            if wrong is None:
                await objects.copy(source, target)
                wrong = _difference(await objects.stat(target), row)
            if wrong is None and row.sha256 is not None:
                async with self._hashing:
                    wrong = None if await objects.sha256(target) == row.sha256 else "its SHA-256"
        except ObjectMissing:
            if (row := await self._store.find(document, attachment)).completed_at is not None:
                return row  # by another request, meanwhile
            raise UploadMissing("Upload it to the URL you were given, then complete it.") from None
        if wrong is not None:
            await self._reject(document, row)
            raise UploadDiffers(f"It differs in {wrong}. Begin again.")
        await self._store.complete(attachment)
        _completed.labels("complete").inc()
        done = await self._store.find(document, attachment)
        await self._events.publish(DocumentNews(document, "attachments"))
        return done

    async def page(self, caller: Principal, document: UUID, *, before: UUID, limit: int) -> list[StoredAttachment]:
        """Raises `NoSuchDocument`."""
        await self._access.require(caller, document)
        return await self._store.page(document, before=before, limit=limit)

    async def download(self, caller: Principal, document: UUID, attachment: UUID) -> Download:
        """Raises `NoSuchDocument`, `NoSuchAttachment`."""
        await self._access.require(caller, document)
        objects = self._objects
        row = await self._store.find(document, attachment)
        if row.completed_at is None:
            raise NoSuchAttachment
        expires_at = datetime.now(UTC) + _DOWNLOAD_LIFE
        url = await objects.sign("GET", object_key(document, attachment), life=_DOWNLOAD_LIFE)
        return Download(url=url, expires_at=expires_at)

    async def pictures(self, document: UUID, ids: list[UUID]) -> dict[UUID, Picture]:
        """The content of those that are there, in their order, up to a bound for all of them together.

        For who has shown a role in the document. Raises `StoreUnavailable`.
        """
        if not ids or self._objects_or_none is None:
            return {}
        rows = await self._store.pictures(document, ids)
        found: dict[UUID, Picture] = {}
        room = _MAX_PICTURES_BYTES
        for each in ids:
            row = rows.get(each)
            if row is None or row.size_bytes > room:
                continue
            try:
                found[each] = Picture(row.media_type, await self._objects.get(object_key(document, each)))
            except ObjectMissing:
                _log.warning("attachment without its object", attachment=str(each))
                continue
            room -= row.size_bytes
        return found

    async def delete(self, caller: Principal, document: UUID, attachment: UUID) -> None:
        """Raises `NoSuchDocument`, `RoleTooLow`, `NoSuchAttachment`."""
        await self._store.delete(caller, document, attachment)
        await self._events.publish(DocumentNews(document, "attachments"))

    async def sweep(self) -> None:
        """Remove what nothing refers to, up to a bound; other replicas may be doing the same."""
        if self._objects_or_none is None:
            return
        abandoned = await self._store.abandon_old(limit=_SWEPT_AT_ONCE)
        _swept.labels("uploads").inc(abandoned)
        for _ in range(_MAX_ROUNDS):
            keys = await self._store.claim_deletions(limit=_SWEPT_AT_ONCE)
            for key in keys:
                await self._objects.delete(key)
                await self._store.finish_deletion(key)
                _swept.labels("objects").inc()
            if len(keys) < _SWEPT_AT_ONCE:
                break
        _due.set(await self._store.count_deletions())

    async def _reject(self, document: UUID, row: StoredAttachment) -> None:
        _completed.labels("rejected").inc()
        # Deleting the row is what has the objects deleted for certain, once the URL has expired; this is sooner.
        await self._store.abandon(document, row.id)
        try:
            await self._objects.delete(upload_key(row.id))
            await self._objects.delete(object_key(document, row.id))
        except Problem as error:
            _log.warning("rejected upload not deleted yet", attachment=str(row.id), reason=error.detail)

    @property
    def _objects(self) -> Objects:
        if self._objects_or_none is None:
            raise AttachmentsOff("Ask whoever runs it.")
        return self._objects_or_none


def _difference(stored: Stored, row: StoredAttachment) -> str | None:
    """What is not as announced."""
    if stored.size_bytes != row.size_bytes:
        return f"size: {stored.size_bytes} bytes instead of {row.size_bytes}"
    if stored.media_type != row.media_type:
        return "its header Content-Type"
    if stored.disposition != disposition(row.name):
        return "its header Content-Disposition"
    return None
