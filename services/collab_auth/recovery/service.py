"""Passwords changed and reset, e-mail addresses verified and changed."""

from uuid import UUID

import asyncpg

from collab_auth.attempts import Attempts
from collab_auth.audit.events import AuditEvent
from collab_auth.audit.store import Audit, AuditEntry
from collab_auth.device import Device
from collab_auth.passwords import Passwords
from collab_auth.problems import EmailTaken, WrongCredentials
from collab_auth.queries import SQL
from collab_auth.recovery.postman import Postman
from collab_auth.recovery.problems import LinkNotValid
from collab_auth.recovery.rules import MailKind
from collab_auth.recovery.store import AccountDescription, RecoveryStore
from collab_auth.rules import parse_email, parse_password
from collab_auth.second_factor import FactorSummary, SecondFactors
from collab_auth.service import Accounts
from collab_auth.sessions.service import Sessions
from collab_kit.database import Connection, Database, execute
from collab_kit.guard import Principal
from collab_kit.mail import MailNotConfigured

__all__ = ["Recovery"]

MAX_TOKEN_CHARS = 200
FORGOTTEN_PER_EMAIL = 5
FORGOTTEN_PER_ADDRESS = 30
LINKS_PER_ADDRESS = 60


class Recovery:
    """Every method raises `StoreUnavailable`, and those that take what a stranger may guess `TooManyAttempts`."""

    def __init__(
        self,
        *,
        database: Database,
        store: RecoveryStore,
        accounts: Accounts,
        sessions: Sessions,
        passwords: Passwords,
        attempts: Attempts,
        second_factors: SecondFactors,
        postman: Postman,
        audit: Audit,
    ) -> None:
        self._database = database
        self._store = store
        self._accounts = accounts
        self._sessions = sessions
        self._passwords = passwords
        self._attempts = attempts
        self._second_factors = second_factors
        self._postman = postman
        self._audit = audit

    async def describe(self, account: UUID) -> AccountDescription | None:
        return await self._store.describe(account)

    async def factors(self, account: UUID) -> FactorSummary:
        return await self._second_factors.summary(account)

    async def send_verification(self, principal: Principal) -> None:
        """Raises `MailNotConfigured`. For an address that is verified no mail comes."""
        self._require_mail()
        await self._attempts.spend("verify", str(principal.id), limit=FORGOTTEN_PER_EMAIL)
        await self._queue("verify-email", principal.email, principal.id)

    async def resend_verification(self, email: str, device: Device) -> None:
        """The same for who is not signed in, and may not be before; here too nothing tells who has an account.

        Raises:
            MailNotConfigured: whatever the address.
        """
        self._require_mail()
        email = parse_email(email)
        await self._attempts.spend_from("resend-from", device.address, limit=FORGOTTEN_PER_ADDRESS)
        await self._attempts.spend("resend", email, limit=FORGOTTEN_PER_EMAIL)
        await self._queue("verify-email", email, None)

    async def verify_email(self, token: str, device: Device) -> None:
        """Raises `LinkNotValid`."""
        await self._limit_links(device)
        async with self._database.transaction() as connection:
            proof = await self._store.consume(connection, token[:MAX_TOKEN_CHARS], "verify-email")
            if proof is None or await self._store.verify_email(connection, proof) is None:
                raise LinkNotValid
            await execute(connection, SQL.insert_outbox, proof.account_id)
            await self._record(connection, "email.verified", proof.account_id, device)

    async def forgot_password(self, email: str, device: Device) -> None:
        """Queue a mail for that address; whether anybody has it is found out when it is sent, so nothing here tells.

        Raises:
            MailNotConfigured: whatever the address.
        """
        self._require_mail()
        email = parse_email(email)
        await self._attempts.spend_from("forgot-from", device.address, limit=FORGOTTEN_PER_ADDRESS)
        await self._attempts.spend("forgot", email, limit=FORGOTTEN_PER_EMAIL)
        await self._queue("reset-password", email, None)

    async def reset_password(self, token: str, password: str, device: Device) -> None:
        """Set another password and end all sessions. Raises `LinkNotValid`, or `InvalidRequest`."""
        await self._limit_links(device)
        parse_password(password)
        # Before it is known whether the token is one: not within the transaction, which is not to wait for Argon2.
        password_hash = await self._passwords.hash(password)
        async with self._database.transaction() as connection:
            proof = await self._store.consume(connection, token[:MAX_TOKEN_CHARS], "reset-password")
            if proof is None or await self._store.reset_password(connection, proof, password_hash) is None:
                raise LinkNotValid
            await self._store.forget_email_changes(connection, proof.account_id)
            await self._sessions.end_all(connection, proof.account_id, reason="password-reset")
            await execute(connection, SQL.insert_outbox, proof.account_id)
            await self._queue("password-changed", proof.email, proof.account_id, connection)
            await self._record(connection, "password.reset", proof.account_id, device)
        self._sessions.forget()
        self._postman.call()

    async def change_password(self, principal: Principal, *, current: str, new: str, device: Device) -> None:
        """Set another password and end all other sessions. Raises `WrongCredentials`, or `InvalidRequest`."""
        parse_password(new, field="new")
        account = await self._accounts.prove_password(principal.id, current, device=device)
        password_hash = await self._passwords.hash(new)
        async with self._database.transaction() as connection:
            changed = await self._store.change_password(
                connection, principal.id, proved=account.password_hash, password_hash=password_hash
            )
            if changed is None:
                raise WrongCredentials("The password has been changed meanwhile.")
            await self._sessions.end_all(connection, principal.id, reason="password-changed", but=principal.session_id)
            # A link to reset it that lies in some mailbox was for the password of before, and so was whoever asked with
            # that password to change the address.
            await self._store.delete_tokens(connection, principal.id, "reset-password")
            await self._store.forget_email_changes(connection, principal.id)
            await self._queue("password-changed", changed.email, principal.id, connection)
            await self._record(connection, "password.changed", principal.id, device)
        self._sessions.forget()
        self._postman.call()

    async def request_email_change(self, principal: Principal, *, email: str, password: str, device: Device) -> None:
        """Queue a mail to the new address. The same for one that is somebody else's: no mail comes then.

        Raises:
            MailNotConfigured: nobody could confirm it.
            InvalidRequest: it is no e-mail address.
            WrongCredentials: the password is not the account's.
        """
        self._require_mail()
        email = parse_email(email)
        await self._accounts.prove_password(principal.id, password, device=device)
        await self._attempts.spend("change-email", str(principal.id), limit=FORGOTTEN_PER_EMAIL)
        # Whoever asks: accounts cost nothing, and the mails go to somebody who may not want them.
        await self._attempts.spend("change-email-to", email, limit=FORGOTTEN_PER_EMAIL)
        await self._queue("change-email", email, principal.id)
        await self._audit.record(
            AuditEntry(event="email.change-requested", account=principal.id, actor=principal.id, device=device)
        )

    async def confirm_email_change(self, token: str, device: Device) -> None:
        """Raises `LinkNotValid`, or `EmailTaken` to who has proved to read that address's mail."""
        await self._limit_links(device)
        try:
            async with self._database.transaction() as connection:
                proof = await self._store.consume(connection, token[:MAX_TOKEN_CHARS], "change-email")
                before = await self._store.lock_email(connection, proof.account_id) if proof else None
                if proof is None or before is None or await self._store.change_email(connection, proof) is None:
                    raise LinkNotValid
                # What was sent to the old address proves nothing about the account any more.
                await self._store.delete_tokens(connection, proof.account_id, "reset-password")
                await self._store.delete_tokens(connection, proof.account_id, "verify-email")
                await execute(connection, SQL.insert_outbox, proof.account_id)
                await self._queue("email-changed", before.email, proof.account_id, connection)
                await self._record(connection, "email.changed", proof.account_id, device)
        except asyncpg.UniqueViolationError:
            raise EmailTaken("Somebody has registered with it meanwhile.") from None
        self._postman.call()

    def _require_mail(self) -> None:
        if not self._postman.is_there:
            raise MailNotConfigured

    async def _queue(
        self, kind: MailKind, recipient: str, account: UUID | None, connection: "Connection | None" = None
    ) -> None:
        if not self._postman.is_there:
            return
        await self._store.queue(kind, recipient, account, connection)
        if connection is None:
            self._postman.call()

    async def _limit_links(self, device: Device) -> None:
        await self._attempts.spend_from("link-from", device.address, limit=LINKS_PER_ADDRESS)

    async def _record(self, connection: Connection, event: AuditEvent, account: UUID, device: Device) -> None:
        await self._audit.record(AuditEntry(event=event, account=account, actor=account, device=device), connection)
