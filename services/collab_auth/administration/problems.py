"""What administration refuses, and by which name.

NotFound   NoSuchAccount
Conflict   LastAdmin
"""

from collab_kit.errors import Conflict, NotFound

__all__ = ["LastAdmin", "NoSuchAccount"]


class NoSuchAccount(NotFound):
    slug = "no-such-account"
    title = "There is no such account"


class LastAdmin(Conflict):
    slug = "last-admin"
    title = "This is the last administrator"
