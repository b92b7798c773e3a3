"""Tells the user service of every account and what changes of it, at least once, however long it is away."""

from uuid import UUID

import msgspec
from prometheus_client import Gauge

from collab_auth.queries import SQL, OutboxCount, ToldProfile, WaitingProfile
from collab_kit.database import Database
from collab_kit.errors import Problem
from collab_kit.http import Peer
from collab_kit.logging import get_logger

__all__ = ["Outbox"]

MAX_ATTEMPTS = 1000
"""About a week at the longest wait between two; then the row stays, counted as given up, for a person to look at."""
_BATCH = 20

_log = get_logger()
_rows = Gauge("collab_auth_outbox_rows", "Profiles not yet delivered to the user service", ["state"])


class Outbox:
    def __init__(self, database: Database, users: Peer) -> None:
        self._database = database
        self._users = users

    async def deliver_now(self, account_id: UUID) -> bool:
        """Try once, at registration; whatever fails is left to `deliver_due`, and is no error here."""
        try:
            profile = await self._database.fetch_one(WaitingProfile, SQL.claim_profile, account_id)
            return profile is None or await self._deliver(profile)
        except Problem as error:
            _log.warning("profile not delivered yet", account=str(account_id), reason=error.detail)
            return False

    async def deliver_due(self) -> None:
        """Deliver a batch of what is due; another replica may be doing the same, each row is only claimed by one."""
        for profile in await self._database.fetch_all(WaitingProfile, SQL.claim_due_profiles, MAX_ATTEMPTS, _BATCH):
            await self._deliver(profile)
        count = await self._database.fetch_one(OutboxCount, SQL.count_waiting, MAX_ATTEMPTS)
        if count is not None:
            _rows.labels("waiting").set(count.waiting)
            _rows.labels("given-up").set(count.given_up)

    async def _deliver(self, profile: WaitingProfile) -> bool:
        told = await self._database.fetch_one(ToldProfile, SQL.get_told, profile.account_id)
        if told is None:
            return True  # erased since, and its row of the outbox with it
        body = msgspec.json.encode(told if told.has_news else {"email": told.email, "name": told.name})
        try:
            response = await self._users.call("PUT", f"/internal/profiles/{profile.account_id}", body=body)
            reason = None if response.status_code == 204 else f"status {response.status_code}: {response.text[:300]}"
        except Problem as error:
            reason = error.detail
        if reason is None:
            await self._database.execute(SQL.delete_delivered, profile.account_id, told.version)
            return True
        _log.warning("profile not delivered", account=str(profile.account_id), attempts=profile.attempts, reason=reason)
        await self._database.execute(SQL.note_failure, profile.account_id, reason)
        return False
