"""What the user service refuses, and by which name.

NotFound      NoSuchPerson
Conflict      EmailTaken
Unavailable   ProfilePending
"""

from collab_kit.errors import Conflict, NotFound, Unavailable

__all__ = ["EmailTaken", "NoSuchPerson", "ProfilePending"]


class NoSuchPerson(NotFound):
    slug = "no-such-person"
    title = "There is no such person"


class EmailTaken(Conflict):
    slug = "email-taken"
    title = "Another person has this e-mail address"


class ProfilePending(Unavailable):
    slug = "profile-pending"
    title = "The profile of this new account is still being made"
