"""Who people are, asked of the user service and remembered for a moment."""

import time
from collections import OrderedDict
from collections.abc import Iterable
from uuid import UUID

from msgspec import Struct
from prometheus_client import Counter

from collab_document.profiles import MAX_ASKED, ask_profiles
from collab_kit.errors import PeerUnavailable
from collab_kit.http import Peer

__all__ = ["UNKNOWN_COLOR", "People", "Profile"]

TTL_S = 30.0
MAX_REMEMBERED = 10_000

UNKNOWN_COLOR = "#6b7280"

_lookups = Counter("collab_document_people_total", "People looked up", ["outcome"])


class Profile(Struct, frozen=True):
    id: UUID
    email: str
    name: str
    color: str
    avatar_url: str | None = None


class People:
    def __init__(self, users: Peer) -> None:
        self._users = users
        self._remembered: OrderedDict[UUID, tuple[float, Profile]] = OrderedDict()

    async def find(self, ids: Iterable[UUID]) -> dict[UUID, Profile]:
        """Profiles by id. While the user service is away, what is remembered of them, however old; the rest is absent.

        A list of documents without names is of more use than no list.
        """
        wanted = set(ids)
        known = {person: profile for person in wanted if (profile := self._recall(person, TTL_S)) is not None}
        missing = sorted(wanted - known.keys())
        _lookups.labels("remembered").inc(len(known))
        for start in range(0, len(missing), MAX_ASKED):
            batch = missing[start : start + MAX_ASKED]
            try:
                found = await self._ask({"id": [str(person) for person in batch]})
            except PeerUnavailable:
                # The next batches would wait for the same deadline again.
                return known | self._recall_all(missing[start:])
            known |= {profile.id: profile for profile in found}
        _lookups.labels("asked").inc(len(missing))
        return known

    async def find_by_email(self, email: str) -> Profile | None:
        """Raises `PeerUnavailable`."""
        found = await self._ask({"email": email})
        return found[0] if found else None

    async def find_by_id(self, person: UUID) -> Profile | None:
        """Raises `PeerUnavailable`: who is to be given something has to be known for certain."""
        found = await self._ask({"id": str(person)})
        return found[0] if found else None

    async def _ask(self, query: dict[str, str | list[str]]) -> list[Profile]:
        found = await ask_profiles(self._users, Profile, query)
        for profile in found:
            self._remembered[profile.id] = (time.monotonic(), profile)
            self._remembered.move_to_end(profile.id)
        while len(self._remembered) > MAX_REMEMBERED:
            self._remembered.popitem(last=False)
        return found

    def _recall(self, person: UUID, ttl_s: float) -> Profile | None:
        at, profile = self._remembered.get(person, (0.0, None))
        return profile if time.monotonic() - at < ttl_s else None

    def _recall_all(self, people: Iterable[UUID]) -> dict[UUID, Profile]:
        _lookups.labels("unavailable").inc()
        return {person: self._remembered[person][1] for person in people if person in self._remembered}
