"""Sends the mails that wait, at least once, however long the mail server is away."""

import asyncio
import random

from prometheus_client import Gauge

from collab_auth.recovery.mails import compose
from collab_auth.recovery.rules import Purpose, new_token
from collab_auth.recovery.store import RecoveryStore, WaitingMail
from collab_auth.sending import send
from collab_kit.errors import Problem
from collab_kit.logging import get_logger
from collab_kit.mail import Mail, Mailer

__all__ = ["Postman"]

INTERVAL_S = 5.0
_BATCH = 10

_log = get_logger()
_waiting = Gauge("collab_auth_mails_waiting", "Mails not yet handed to the mail server")


class Postman:
    def __init__(self, *, store: RecoveryStore, mailer: Mailer | None, public_url: str) -> None:
        self._store = store
        self._mailer = mailer
        self._public_url = public_url
        self._called = asyncio.Event()

    @property
    def is_there(self) -> bool:
        """Whether mail is set up."""
        return self._mailer is not None

    def call(self) -> None:
        """There is something to send now."""
        self._called.set()

    async def run(self) -> None:
        """Send what is due, when called and every few seconds; never returns."""
        while True:
            self._called.clear()
            try:
                await self.deliver_due()
            except Problem as error:
                _log.warning("mails not sent", reason=error.detail)
            try:
                async with asyncio.timeout(INTERVAL_S * random.uniform(0.75, 1.25)):  # noqa: S311  # jitter
                    await self._called.wait()
            except TimeoutError:
                continue

    async def deliver_due(self) -> None:
        """Send a batch; another replica may be doing the same, each mail is only claimed by one."""
        if self._mailer is None:
            return
        for waiting in await self._store.claim_due(_BATCH):
            await send(self._mailer, self._store, waiting.id, waiting.kind, await self._compose(waiting))
        _waiting.set(await self._store.count())

    async def _compose(self, waiting: WaitingMail) -> Mail | None:
        """The mail with a token made for it now; `None` when there is nobody, or no more reason, to send it to."""
        purpose: Purpose
        match waiting.kind:
            case "already-registered" | "password-changed" | "email-changed":
                return compose(waiting.kind, waiting.recipient, public_url=self._public_url, token=None)
            case "verify-email" | "reset-password" | "change-email":
                purpose = waiting.kind
        account = await self._store.recipient(account=waiting.account_id, email=waiting.recipient)
        if account is None or account.disabled:
            return None
        if purpose == "verify-email" and (account.verified or account.email != waiting.recipient):
            return None
        if purpose == "change-email" and await self._store.recipient(account=None, email=waiting.recipient):
            # Somebody else's: they get no mail, and who asked is not told.
            return None
        token = new_token()
        await self._store.store_token(token, account.id, purpose, waiting.recipient)
        return compose(waiting.kind, waiting.recipient, public_url=self._public_url, token=token)
