"""What is refused about pictures, and by which name.

InvalidRequest   NotAnImage
NotFound         NoSuchAvatar
"""

from collab_kit.errors import InvalidRequest, NotFound

__all__ = ["NoSuchAvatar", "NotAnImage"]


class NotAnImage(InvalidRequest):
    slug = "not-an-image"
    title = "This is no picture that can be used"


class NoSuchAvatar(NotFound):
    slug = "no-such-avatar"
    title = "There is no such picture"
