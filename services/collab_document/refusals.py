"""What any route of this service for people may be answered with."""

from collab_kit.errors import PeerUnavailable, StoreUnavailable, Unauthenticated
from collab_kit.guard import ScopeMissing

__all__ = ["ALWAYS"]

ALWAYS = (Unauthenticated, ScopeMissing, StoreUnavailable, PeerUnavailable)
"""`PeerUnavailable` while the keys of access tokens cannot be had."""
