"""Sends the notices that wait, at least once, for as long as they are news."""

from uuid import UUID

from prometheus_client import Gauge

from collab_auth.notices.schemas import Notice
from collab_auth.notices.store import NoticeStore, WaitingNotice
from collab_auth.sending import send
from collab_kit.mail import Mail, Mailer

__all__ = ["Courier"]

_BATCH = 10

_waiting = Gauge("collab_auth_notices_waiting", "Mails about what others did, not yet handed to the mail server")


class Courier:
    def __init__(self, *, store: NoticeStore, mailer: Mailer | None, public_url: str) -> None:
        self._store = store
        self._mailer = mailer
        self._public_url = public_url

    async def take(self, notice_id: UUID, notice: Notice) -> None:
        """Send it later; never where no mail is set up, or to an address that was not proved.

        Raises `StoreUnavailable`.
        """
        if self._mailer is not None:
            await self._store.queue(notice_id, notice)

    async def deliver_due(self) -> None:
        """Send a batch; of several replicas one claims each. Raises `StoreUnavailable`."""
        if self._mailer is None:
            return
        for waiting in await self._store.claim_due(_BATCH):
            mail = None if waiting.recipient is None else self._compose(waiting, waiting.recipient)
            await send(self._mailer, self._store, waiting.id, "notice", mail)
        _waiting.set(await self._store.count())

    def _compose(self, waiting: WaitingNotice, recipient: str) -> Mail:
        return Mail(
            recipient=recipient,
            subject=waiting.subject,
            paragraphs=tuple(waiting.paragraphs),
            link=waiting.link,
            link_text=waiting.link_text,
            footer=f"Sent by collab at {self._public_url}. Which mails you get: {self._public_url}/settings",
        )
