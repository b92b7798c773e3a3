"""Files made into documents, and documents into files."""

import hashlib
from uuid import UUID

import msgspec
from msgspec import Struct, structs

from collab_document.access import Access
from collab_document.attachments.service import Attachments
from collab_document.convert.contents import Contents
from collab_document.convert.converter import Converter
from collab_document.convert.embeds import EMBEDDED, picture_ids
from collab_document.convert.filling import Filling
from collab_document.convert.formats import import_format
from collab_document.convert.rules import ExportFormat, title_of_file
from collab_document.convert.schemas import ImportedDocument
from collab_document.service import Documents
from collab_kit.guard import Principal

__all__ = ["Exported", "Files"]


class Exported(Struct, frozen=True):
    """A file, or `None` where the reader has it already."""

    file: bytes | None
    title: str
    etag: str


class Files:
    """Every method raises `StoreUnavailable`, `PeerUnavailable`, `TooComplex` or `ConverterBusy`."""

    def __init__(
        self,
        *,
        access: Access,
        documents: Documents,
        contents: Contents,
        converter: Converter,
        filling: Filling,
        attachments: Attachments,
    ) -> None:
        self._access = access
        self._documents = documents
        self._contents = contents
        self._converter = converter
        self._filling = filling
        self._attachments = attachments

    async def read(
        self,
        caller: Principal,
        file: bytes,
        *,
        content_type: str,
        filename: str,
        folder: UUID | None,
        key: str | None,
    ) -> tuple[ImportedDocument, int]:
        """A new document with what is in the file, named as the file is, or by what its text begins with.

        Raises `UnsupportedFormat`, `UnreadableFile`, and what `Filling.create` raises.
        """
        found = await self._converter.read(file, import_format(content_type, filename), content_type)
        document, version = await self._filling.create(
            caller,
            msgspec.json.encode(found.content),
            title=title_of_file(filename) or found.title,
            folder=folder,
            key=key,
            operation="importDocument",
            body=[hashlib.sha256(file).hexdigest(), content_type, filename, folder],
        )
        return ImportedDocument(**structs.asdict(document), warnings=found.warnings), version

    async def write(self, caller: Principal, document: UUID, form: ExportFormat, *, known: frozenset[str]) -> Exported:
        """A file of what was acknowledged so far; `known` are the ETags the reader has. Raises `NoSuchDocument`."""
        await self._access.require(caller, document)
        described, version = await self._documents.get(caller, document)
        stored = await self._contents.read(document)
        # Of the title too, which is in the file and its name.
        etag = f'"{stored.sequence}.{version}.{form}"'
        if etag in known or "*" in known:
            return Exported(None, described.title, etag)
        if form == "json":
            return Exported(bytes(stored.content), described.title, etag)
        content = bytes(stored.content)
        pictures = await self._attachments.pictures(document, picture_ids(content)) if form in EMBEDDED else {}
        file = await self._converter.write(content, form, described.title, pictures)
        return Exported(file, described.title, etag)
