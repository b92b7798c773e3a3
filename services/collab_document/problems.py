"""What the document service refuses, and by which name.

NotFound      NoSuchDocument, NoSuchPerson, NoSuchMember
Forbidden     RoleTooLow
Conflict      OwnerRoleFixed, TooManyMembers
"""

from collab_kit.errors import Conflict, Forbidden, NotFound

__all__ = ["NoSuchDocument", "NoSuchMember", "NoSuchPerson", "OwnerRoleFixed", "RoleTooLow", "TooManyMembers"]


class NoSuchDocument(NotFound):
    """Also where the caller has no role: that a document exists is nobody else's business."""

    slug = "no-such-document"
    title = "There is no such document, or it is not shared with you"


class NoSuchPerson(NotFound):
    slug = "no-such-person"
    title = "Nobody has an account with this e-mail address"


class NoSuchMember(NotFound):
    slug = "no-such-member"
    title = "That person is not a member of this document"


class RoleTooLow(Forbidden):
    slug = "role-too-low"
    title = "Your role in this document does not allow this"


class OwnerRoleFixed(Conflict):
    slug = "owner-role-fixed"
    title = "The owner of a document keeps that role"


class TooManyMembers(Conflict):
    slug = "too-many-members"
    title = "The document has as many members as it can"
