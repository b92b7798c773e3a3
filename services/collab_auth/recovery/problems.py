"""What recovery refuses, and by which name.

NotFound   LinkNotValid
"""

from collab_kit.errors import NotFound

__all__ = ["LinkNotValid"]


class LinkNotValid(NotFound):
    """The same for one that never was, was used, has expired, or was replaced by a newer one."""

    slug = "link-not-valid"
    title = "The link is not valid, or not any more"
