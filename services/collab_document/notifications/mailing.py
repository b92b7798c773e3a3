"""Mails about what somebody has not read after a while: one for all that gathered, to those who want any.

Who they are and which mails they want the user service knows; where a mail goes, and how, auth.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from itertools import groupby
from typing import Final, Literal
from uuid import UUID, uuid5

import msgspec
from msgspec import Struct
from prometheus_client import Counter

from collab_document.notifications.schemas import Kind
from collab_document.notifications.store import Notifications, Unmailed
from collab_document.notifications.wording import word
from collab_document.profiles import MAX_ASKED, ask_profiles
from collab_kit.errors import PeerUnavailable
from collab_kit.http import Peer
from collab_kit.logging import get_logger

__all__ = ["Mailing", "Wanted", "is_wanted"]

_PEOPLE: Final = 50
"""Who are told at once."""
_LEASE: Final = timedelta(minutes=5)
_KEYS: Final = UUID("6f1d1c0e-0f0e-4a55-9a57-7d1d6f0b8a55")
"""Of the ids by which auth knows a mail that it has got already."""

Wanted = Literal["all", "mentions", "none"]

_log = get_logger()
_mails = Counter(
    "collab_document_notification_mails_total", "Mails about notifications, by what became of them", ["outcome"]
)


class _Person(Struct, frozen=True):
    id: UUID
    name: str
    disabled: bool
    email_notifications: Wanted


class Mailing:
    def __init__(
        self, notifications: Notifications, *, users: Peer, auth: Peer, public_url: str, delay: timedelta
    ) -> None:
        """`delay`: for how long something has to be unread."""
        self._notifications = notifications
        self._users = users
        self._auth = auth
        self._public_url = public_url
        self._delay = delay

    async def send_due(self) -> None:
        """Hand a batch over. What a peer that is away should have got is tried again in some minutes.

        Raises `StoreUnavailable`.
        """
        due = await self._notifications.claim_mails(people=_PEOPLE, delay=self._delay, lease=_LEASE)
        if not due:
            return
        try:
            people = await self._ask(due)
            names = {person.id: person.name for person in people.values()}
            for person, group in groupby(sorted(due, key=lambda each: each.person), key=lambda each: each.person):
                theirs = list(group)
                news = _wanted_by(people.get(person), theirs)
                outcome = await self._hand_over(person, news, names) if news else "unwanted"
                _mails.labels(outcome).inc()
                await self._notifications.finish_mails([each.id for each in theirs])
        except PeerUnavailable as error:
            _mails.labels("put off").inc()
            _log.warning("notification mails put off", reason=error.detail)

    async def _hand_over(self, person: UUID, news: list[Unmailed], names: Mapping[UUID, str]) -> str:
        """The answer is what became of it. Raises `PeerUnavailable`."""
        wording = word(news, names, public_url=self._public_url)
        key = uuid5(_KEYS, f"{person}/{news[0].id}/{news[-1].id}")
        body = msgspec.json.encode({"account": person, **msgspec.to_builtins(wording)})
        answer = await self._auth.call("PUT", f"/internal/notices/{key}", body=body)
        match answer.status_code:
            case 204:
                return "handed over"
            case 400:
                # It would be refused again, and everybody's behind it would wait.
                _log.error("notification mail refused", notifications=len(news))
                return "refused"
            case status:  # 403, 404: auth is of another release, or about to be
                raise PeerUnavailable(f"The auth service answered with status {status}.")

    async def _ask(self, due: Iterable[Unmailed]) -> dict[UUID, _Person]:
        """Those who are to be told, and those who did it. Raises `PeerUnavailable`."""
        wanted = sorted({each.person for each in due} | {each.actor for each in due if each.actor is not None})
        found: dict[UUID, _Person] = {}
        for start in range(0, len(wanted), MAX_ASKED):
            query = {"id": [str(person) for person in wanted[start : start + MAX_ASKED]]}
            people = await ask_profiles(self._users, _Person, query)
            found |= {person.id: person for person in people}
        return found


def _wanted_by(recipient: _Person | None, theirs: list[Unmailed]) -> list[Unmailed]:
    if recipient is None or recipient.disabled:
        return []
    return [each for each in theirs if each.is_news and is_wanted(recipient.email_notifications, each.kind)]


def is_wanted(preference: Wanted, kind: Kind) -> bool:
    """Whether somebody with that preference wants a mail about that."""
    match preference:
        case "all":
            return True
        case "mentions":
            return kind == "mention"
        case "none":
            return False
