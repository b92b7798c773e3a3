"""What the user service refuses, and by which name; sub-packages add their own.

NotFound      NoSuchPerson
Conflict      EmailTaken
Problem 412   PreconditionFailed
Unavailable   ProfilePending, Busy
"""

from collab_kit.errors import Conflict, NotFound, Problem, Unavailable

__all__ = ["Busy", "EmailTaken", "NoSuchPerson", "PreconditionFailed", "ProfilePending"]


class NoSuchPerson(NotFound):
    slug = "no-such-person"
    title = "There is no such person"


class EmailTaken(Conflict):
    slug = "email-taken"
    title = "Another person has this e-mail address"


class PreconditionFailed(Problem):
    status = 412
    slug = "precondition-failed"
    title = "It has changed since you read it"


class ProfilePending(Unavailable):
    slug = "profile-pending"
    title = "The profile of this new account is still being made"


class Busy(Unavailable):
    slug = "busy"
    title = "Too many others ask for this at the moment"
