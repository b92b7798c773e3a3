"""What the document service refuses, and by which name.

NotFound      NoSuchDocument, NoSuchPerson, NoSuchTeam, NoSuchMember, NoSuchFolder, NoSuchLink
Forbidden     RoleTooLow, LinkPasswordWrong
Conflict      OwnerRoleFixed, TooManyMembers, TooManyDocuments, TooManyFolders, TooManyLinks, FolderCycle,
              FoldersTooDeep, NotInTrash
Problem 401   LinkPasswordNeeded
Problem 412   PreconditionFailed
Problem 429   TooManyAttempts, TooManyWrites
Problem 422   IdempotencyKeyReused
"""

from collab_kit.errors import Conflict, Forbidden, NotFound, Problem, TooManyRequests

__all__ = [
    "FolderCycle",
    "FoldersTooDeep",
    "IdempotencyKeyReused",
    "LinkPasswordNeeded",
    "LinkPasswordWrong",
    "NoSuchDocument",
    "NoSuchFolder",
    "NoSuchLink",
    "NoSuchMember",
    "NoSuchPerson",
    "NoSuchTeam",
    "NotInTrash",
    "OwnerRoleFixed",
    "PreconditionFailed",
    "RoleTooLow",
    "TooManyAttempts",
    "TooManyDocuments",
    "TooManyFolders",
    "TooManyLinks",
    "TooManyMembers",
    "TooManyWrites",
]


class NoSuchDocument(NotFound):
    """Also where the caller has no role: that a document exists is nobody else's business."""

    slug = "no-such-document"
    title = "There is no such document, or it is not shared with you"


class NoSuchPerson(NotFound):
    slug = "no-such-person"
    title = "Nobody has an account with this e-mail address"


class NoSuchTeam(NotFound):
    slug = "no-such-team"
    title = "There is no such team, or you are not in it"


class NoSuchMember(NotFound):
    slug = "no-such-member"
    title = "That person is not a member of this document"


class NoSuchFolder(NotFound):
    slug = "no-such-folder"
    title = "You have no such folder"


class NoSuchLink(NotFound):
    """Also one that has expired, or whose document is gone."""

    slug = "no-such-link"
    title = "There is no such link, or it is no longer valid"


class RoleTooLow(Forbidden):
    slug = "role-too-low"
    title = "Your role in this document does not allow this"


class LinkPasswordNeeded(Problem):
    """Without the challenge that other answers with 401 carry: signing in would not help."""

    status = 401
    slug = "link-password-needed"
    title = "This link asks for a password"


class LinkPasswordWrong(Forbidden):
    slug = "link-password-wrong"
    title = "That is not the password of this link"


class TooManyAttempts(TooManyRequests):
    slug = "too-many-attempts"
    title = "Too many wrong passwords for this link"


class TooManyWrites(TooManyRequests):
    slug = "too-many-writes"
    title = "Too much is written through this link"


class OwnerRoleFixed(Conflict):
    slug = "owner-role-fixed"
    title = "The owner of a document keeps that role"


class TooManyMembers(Conflict):
    slug = "too-many-members"
    title = "The document has as many members as it can"


class TooManyDocuments(Conflict):
    slug = "too-many-documents"
    title = "You own as many documents as one person can"


class TooManyFolders(Conflict):
    slug = "too-many-folders"
    title = "You have as many folders as one person can"


class TooManyLinks(Conflict):
    slug = "too-many-links"
    title = "The document has as many links as it can"


class FolderCycle(Conflict):
    slug = "folder-cycle"
    title = "A folder cannot be inside itself"


class FoldersTooDeep(Conflict):
    slug = "folders-too-deep"
    title = "Folders cannot be nested as deep as that"


class NotInTrash(Conflict):
    slug = "not-in-trash"
    title = "Only what is in the trash can be deleted for good"


class PreconditionFailed(Problem):
    status = 412
    slug = "precondition-failed"
    title = "It has been changed since you read it"


class IdempotencyKeyReused(Problem):
    status = 422
    slug = "idempotency-key-reused"
    title = "This Idempotency-Key came with another request before"
