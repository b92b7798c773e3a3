"""What is done with versions beyond making them: comparing, and finding the edit that restores one.

It decodes whole documents: for a process in which nobody waits for anything else (`worker.py`).
"""

import secrets
from typing import Final
from uuid import UUID

from collab_collaboration.content.reading import Content, read_content, to_json
from collab_collaboration.crdt import Unmergeable, clocks_of, new_doc
from collab_collaboration.history.comparing import compare
from collab_collaboration.history.making import VersionMaker
from collab_collaboration.history.problems import DocumentDamaged, DocumentTooLarge
from collab_collaboration.history.restoring import restoring_update
from collab_collaboration.history.rules import name_before_restoring
from collab_collaboration.history.schemas import Difference
from collab_collaboration.history.store import StoredVersion
from collab_collaboration.history.versions import Versions
from collab_collaboration.snapshots import Loaded
from collab_collaboration.work import RestorePlan
from collab_kit.errors import StoreUnavailable
from collab_kit.logging import get_logger

__all__ = ["Reviewer"]

_ATTEMPTS: Final = 3

_log = get_logger()


class Reviewer:
    def __init__(self, versions: Versions, maker: VersionMaker, *, max_document_bytes: int) -> None:
        self._versions = versions
        self._maker = maker
        self._max_document_bytes = max_document_bytes

    async def compare(self, document: UUID, before: UUID, after: UUID | None, *, context: int | None) -> Difference:
        """What makes the text of version `before` into that of `after`, or into the present one.

        Raises:
            NoSuchVersion, NoSuchDocument, TooLargeToCompare, DocumentDamaged, StoreUnavailable
        """
        old = await self._text(document, before)
        if after is None:
            loaded = await self._maker.load(document)
            new, sequence = to_json(loaded.doc), loaded.head
        else:
            sequence = (await self._versions.get(document, after)).seq
            new = await self._text(document, after)
        found = compare(old, new, context=context)
        return Difference(
            before=before,
            after=after,
            sequence=sequence,
            same=old == new,
            inserted_chars=found.inserted_chars,
            deleted_chars=found.deleted_chars,
            blocks=found.blocks,
        )

    async def plan_restore(self, document: UUID, version: UUID, *, user: UUID) -> RestorePlan | None:
        """The edit that makes the text what it was in `version`, of which nothing is stored yet, and what was before
        it, which is: as a version. `None` where the text is that already.

        Raises:
            NoSuchVersion, NoSuchDocument, TooManyVersions, DocumentTooLarge, DocumentDamaged, StoreUnavailable
        """
        wanted = await self._versions.get(document, version)
        content = await self._versions.state(document, version)
        for _ in range(_ATTEMPTS):
            loaded = await self._maker.load(document)
            update = self._restoring(document, loaded, content)
            if update is None:
                return None
            await self._maker.require_space(document)
            before = await self._maker.keep(document, loaded, name=name_before_restoring(wanted.name), user=user)
            if before is not None:
                return RestorePlan(loaded.epoch, update, before)
        await self._maker.require_space(document)
        raise StoreUnavailable("The document was being replaced.")

    async def catch_up(self, document: UUID, version: UUID, *, until: bytes) -> StoredVersion:
        """As `VersionMaker.catch_up`. Raises `NoSuchVersion`, `DocumentDamaged`, `StoreUnavailable`."""
        found = await self._versions.get(document, version)
        content = await self._versions.state(document, version)
        return await self._maker.catch_up(document, found, content, until=until)

    def _restoring(self, document: UUID, loaded: Loaded, wanted: bytes) -> bytes | None:
        present = loaded.doc.get_update()
        try:
            update = restoring_update(present, wanted, client=_new_client(loaded))
            if update is not None and len(new_doc(present, update).get_update()) > self._max_document_bytes:
                raise DocumentTooLarge(f"Expected at most {self._max_document_bytes} bytes.")
        except Unmergeable as error:
            _log.error("version not restored", document=str(document), reason=str(error))
            raise DocumentDamaged("The version cannot be restored.") from error
        return update

    async def _text(self, document: UUID, version: UUID) -> Content:
        try:
            return read_content(await self._versions.state(document, version))
        except Unmergeable as error:
            _log.error("a version cannot be read", document=str(document), version=str(version), reason=str(error))
            raise DocumentDamaged from error


def _new_client(loaded: Loaded) -> int:
    """As many bits as Yjs has: the highest ids that `yrs` would draw stand for epochs."""
    known = clocks_of(loaded.doc)
    while (client := secrets.randbits(32)) in known:
        pass
    return client
