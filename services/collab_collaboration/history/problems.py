"""What the HTTP interface refuses, and by which name.

NotFound      NoSuchDocument, NoSuchVersion
Forbidden     RoleTooLow, NoLongerAllowed
Conflict      TooManyVersions
Problem 413   DocumentTooLarge, TooLargeToCompare
Problem 500   DocumentDamaged
"""

from collab_kit.errors import Conflict, Forbidden, NotFound, Problem

__all__ = [
    "DocumentDamaged",
    "DocumentTooLarge",
    "NoLongerAllowed",
    "NoSuchDocument",
    "NoSuchVersion",
    "RoleTooLow",
    "TooLargeToCompare",
    "TooManyVersions",
]


class NoSuchDocument(NotFound):
    slug = "no-such-document"
    title = "There is no such document"


class NoSuchVersion(NotFound):
    slug = "no-such-version"
    title = "The document has no such version"


class RoleTooLow(Forbidden):
    slug = "role-too-low"
    title = "Your role in this document does not allow this"


class NoLongerAllowed(Forbidden):
    slug = "no-longer-allowed"
    title = "The document is no longer shared with you"


class TooManyVersions(Conflict):
    slug = "too-many-versions"
    title = "The document has as many versions as it can"


class DocumentTooLarge(Problem):
    status = 413
    slug = "document-too-large"
    title = "The document would be larger than documents may be"


class TooLargeToCompare(Problem):
    status = 413
    slug = "too-large-to-compare"
    title = "There is too much in the document to be compared"


class DocumentDamaged(Problem):
    """An operator has to look: `collab doc inspect`."""

    status = 500
    slug = "document-damaged"
    title = "What is stored of this document is damaged"
