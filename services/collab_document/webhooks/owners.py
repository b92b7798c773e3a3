"""Whether the owner of a webhook may still be told of anything.

Not while their account is disabled; and not of what was made by somebody else, who had registered with their address.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from collab_document.profiles import ask_profiles
from collab_kit.http import Peer

__all__ = ["Owner", "Owners"]


class Owner(Struct, frozen=True):
    id: UUID
    disabled: bool
    claimed_at: datetime | None = None
    """What was made with the account before then may be another's."""


class Owners:
    def __init__(self, users: Peer) -> None:
        self._users = users

    async def active(self, people: Iterable[UUID]) -> Mapping[UUID, Owner]:
        """Those of at most 100 people whose accounts may be used, asked of the user service each time.

        Raises `PeerUnavailable`: who cannot be asked after is not told.
        """
        query = {"id": [str(person) for person in sorted(set(people))]}
        found = await ask_profiles(self._users, Owner, query)
        return {owner.id: owner for owner in found if not owner.disabled}
