"""What a DOCX file has to be before a parser gets it: an archive of bounded size, with no entities in its XML."""

import zipfile
from io import BytesIO
from typing import Final

from collab_document.convert.refusals import TooDemanding, Unreadable

__all__ = ["check_docx"]

MAX_MEMBERS: Final = 3000
MAX_MEMBER_BYTES: Final = 64 * 1024 * 1024
MAX_TOTAL_BYTES: Final = 128 * 1024 * 1024
_CHUNK_BYTES: Final = 256 * 1024
_DOCUMENT: Final = "word/document.xml"
_XML: Final = (".xml", ".rels")
# Office Open XML has no document types: what declares one means to blow up, or to read other files.
_FORBIDDEN: Final = tuple(
    word.encode(encoding) for word in ("<!DOCTYPE", "<!ENTITY") for encoding in ("utf-8", "utf-16-le", "utf-16-be")
)
_OVERLAP_BYTES: Final = max(map(len, _FORBIDDEN)) - 1


def check_docx(body: bytes) -> None:
    """Reads all of it once, counting what it really holds. Raises `Unreadable` or `TooDemanding`."""
    try:
        with zipfile.ZipFile(BytesIO(body)) as archive:
            _check(archive)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError, RuntimeError, ValueError, LookupError) as error:
        raise Unreadable("Expected a DOCX file; this archive cannot be read.") from error


def _check(archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise TooDemanding(f"Expected at most {MAX_MEMBERS} parts in the file.")
    if not any(member.filename == _DOCUMENT for member in members):
        raise Unreadable("Expected a DOCX file; there is no text in this archive.")
    left = MAX_TOTAL_BYTES
    for member in members:
        if member.flag_bits & 1:
            raise Unreadable("The file is encrypted.")
        left -= _read(archive, member, min(left, MAX_MEMBER_BYTES))


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> int:
    """How many bytes it holds; never more than `most` are unpacked."""
    is_xml = member.filename.lower().endswith(_XML)
    read = 0
    end = b""
    with archive.open(member) as file:
        while chunk := file.read(_CHUNK_BYTES):
            read += len(chunk)
            if read > most:
                raise TooDemanding("What is packed in the file is too large.")
            if is_xml and any(word in end + chunk for word in _FORBIDDEN):
                raise Unreadable("The file declares entities, which no DOCX file does.")
            end = chunk[-_OVERLAP_BYTES:]
    return read
