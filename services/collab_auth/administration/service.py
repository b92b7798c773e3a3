"""Accounts promoted, demoted, disabled, enabled and erased, with one administrator always left."""

from uuid import UUID

from collab_auth.administration.problems import LastAdmin, NoSuchAccount
from collab_auth.administration.rules import Change, events_of, takes_admin
from collab_auth.administration.store import AccountExport, AccountState, AccountStore
from collab_auth.audit.store import Audit, AuditEntry
from collab_auth.device import NO_DEVICE, Device
from collab_auth.queries import SQL
from collab_auth.rules import is_email, normalise_email
from collab_auth.sessions.service import Sessions
from collab_kit.database import Connection, Database, execute
from collab_kit.events import AccountEnded, Publisher

__all__ = ["Administration"]

EXPORT_MAX = 5000
"""Sessions, and entries of the audit log, that an export has of each: an answer has to have an end."""


class Administration:
    """Every method raises `StoreUnavailable`. `by` is who does it: `None` is an operator."""

    def __init__(
        self, *, database: Database, store: AccountStore, sessions: Sessions, audit: Audit, publisher: Publisher
    ) -> None:
        self._database = database
        self._store = store
        self._sessions = sessions
        self._audit = audit
        self._publisher = publisher

    async def change(
        self, account: UUID, change: Change, *, by: UUID | None, device: Device = NO_DEVICE
    ) -> AccountState:
        """Raises `NoSuchAccount`, or `LastAdmin`. Disabling ends every session; what changes nothing is fine."""
        async with self._database.transaction() as connection:
            if change.may_take_admin:
                await self._require_another_admin(connection, account, change)
            before = await self._store.lock(connection, account)
            if before is None:
                raise NoSuchAccount
            events = events_of(before, change)
            if not events:
                return before
            after = await self._store.change(
                connection,
                account,
                is_admin=before.is_admin if change.is_admin is None else change.is_admin,
                disabled=before.disabled if change.disabled is None else change.disabled,
            )
            await execute(connection, SQL.insert_outbox, account)
            ends = after.disabled and not before.disabled
            if ends:
                await self._sessions.end_all(connection, account, reason="disabled")
            for event in events:
                entry = AuditEntry(event=event, account=account, actor=by, device=device)
                await self._audit.record(entry, connection)
        self._sessions.forget()
        if ends:
            await self._publisher.publish(AccountEnded(account))
        return after

    async def grant_admin(self, email: str) -> AccountState:
        """Make somebody an administrator, and one who may act. Raises `NoSuchAccount`."""
        normalised = normalise_email(email)
        found = await self._store.find(normalised) if is_email(normalised) else None
        if found is None:
            raise NoSuchAccount
        return await self.change(found.id, Change(is_admin=True, disabled=False), by=None)

    async def erase(self, account: UUID, *, by: UUID | None, device: Device = NO_DEVICE) -> None:
        """Delete an account with its sessions; one that is not there is fine. Raises `LastAdmin`."""
        async with self._database.transaction() as connection:
            await self._require_another_admin(connection, account, Change(disabled=True))
            if await self._store.lock(connection, account) is None:
                return
            await self._store.delete(connection, account)
            entry = AuditEntry(event="account.erased", account=account, actor=by, device=device)
            await self._audit.record(entry, connection)
        self._sessions.forget()
        await self._publisher.publish(AccountEnded(account))

    async def export(self, account: UUID) -> AccountExport:
        """Raises `NoSuchAccount`."""
        exported = await self._store.export(account, most=EXPORT_MAX)
        if exported is None:
            raise NoSuchAccount
        await self._audit.record(AuditEntry(event="account.exported", account=account))
        return exported

    async def _require_another_admin(self, connection: Connection, account: UUID, change: Change) -> None:
        """Locks the administrators before the account, always in that order, so that nobody waits in a circle."""
        if takes_admin(account, await self._store.lock_administrators(connection), change):
            raise LastAdmin("Make somebody else an administrator first.")
