"""What the auth service does: accounts made and proved, sessions begun, refreshed and ended."""

import hashlib
import secrets
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Protocol
from uuid import UUID

import asyncpg
from msgspec import Struct
from prometheus_client import Counter

from collab_auth.attempts import Attempts
from collab_auth.audit.store import Audit, AuditEntry
from collab_auth.device import NO_DEVICE, Device
from collab_auth.passwords import Passwords
from collab_auth.problems import AccountDisabled, EmailNotVerified, EmailTaken, SessionEnded, WrongCredentials
from collab_auth.queries import SQL, Account, EndedSession, LockedSession, SessionRow
from collab_auth.rules import (
    MAX_PASSWORD_CHARS,
    RefreshDecision,
    decide_refresh,
    is_email,
    normalise_email,
    parse_registration,
)
from collab_auth.schemas import Credentials, Issued, Registration, Session, SessionUser
from collab_auth.second_factor import SecondFactorNeeded, SecondFactors
from collab_auth.settings import AuthSettings
from collab_kit.database import Connection, Database, execute, fetch_one, fetch_row
from collab_kit.errors import Unavailable
from collab_kit.logging import get_logger

__all__ = ["AccessSigner", "Accounts"]

TAKEN_PER_ADDRESS = 30
"""How many taken e-mail addresses one network finds in a window by registering."""
REGISTRATIONS_PER_ADDRESS = 30
REGISTRATIONS_PER_EMAIL = 5
"""Each sends a mail to whoever reads that address."""

_log = get_logger()
_refreshes = Counter("collab_auth_refreshes_total", "Refresh tokens used, by what was decided", ["decision"])
_sign_ins = Counter("collab_auth_sign_ins_total", "Sign-ins", ["outcome"])


class AccessSigner(Protocol):
    def sign(self, claims: dict[str, object], *, ttl_s: int) -> str: ...


class _NewAccount(Struct, frozen=True):
    email: str
    password_hash: str | None
    name: str
    verified: bool = False


class Accounts:
    """`begin_session` is the one door to a session: whoever has proved who they are ends up there."""

    def __init__(
        self,
        *,
        database: Database,
        passwords: Passwords,
        attempts: Attempts,
        signer: AccessSigner,
        second_factors: SecondFactors,
        audit: Audit,
        settings: AuthSettings,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._attempts = attempts
        self._signer = signer
        self._second_factors = second_factors
        self._audit = audit
        self._access_ttl_s = settings.access_token_ttl_s
        self._refresh_ttl = timedelta(seconds=settings.refresh_token_ttl_s)
        self._only_verified = settings.registration == "verified"
        self._sends_mail = settings.smtp_host is not None or settings.mail_folder is not None

    async def create(self, registration: Registration, *, is_admin: bool = False) -> Account:
        """Make an account that nobody is signed in to yet, as an operator. Raises `InvalidRequest` or `EmailTaken`."""
        new = await self._prepare(registration, verified=True)
        async with self._database.transaction() as connection:
            account = await _insert_account(connection, new)
            if is_admin:
                account = await fetch_row(connection, Account, SQL.promote_account, account.id)
            detail = {"is_admin": is_admin}
            await self._audit.record(AuditEntry(event="account.created", account=account.id, detail=detail), connection)
            return account

    async def create_external(self, *, email: str, name: str, device: Device) -> Account:
        """Make an account without a password, whose e-mail address somebody we trust has verified.

        Raises:
            InvalidRequest: the e-mail or the name is not one.
            EmailTaken: there is an account; whether it is the same person's is not known here.
        """
        parsed = parse_registration(email=email, password="x" * MAX_PASSWORD_CHARS, name=name)
        new = _NewAccount(parsed.email, None, parsed.name, verified=True)
        async with self._database.transaction() as connection:
            account = await _insert_account(connection, new)
            entry = AuditEntry(event="account.registered", account=account.id, actor=account.id, device=device)
            await self._audit.record(entry, connection)
            return account

    async def register(self, registration: Registration, device: Device = NO_DEVICE) -> Issued:
        """Make an account and sign in to it.

        Raises:
            InvalidRequest: some field is wrong.
            EmailTaken: which tells that there is an account, and so only so often.
            TooManyAttempts: this address has learnt that of too many.
        """
        new = await self._prepare(registration)
        await self._attempts.spend_from("taken-from", device.address, limit=TAKEN_PER_ADDRESS)
        issued = await self._register(new, device)
        await self._attempts.give_back_from("taken-from", device.address)
        return issued

    async def _register(self, new: _NewAccount, device: Device) -> Issued:
        async with self._database.transaction() as connection:
            account = await _insert_account(connection, new)
            entry = AuditEntry(event="account.registered", account=account.id, actor=account.id, device=device)
            await self._audit.record(entry, connection)
            if self._sends_mail:
                await execute(connection, SQL.queue_mail, "verify-email", account.email, account.id)
            return await self._begin_session(connection, account, device, method="registration")

    async def register_quietly(self, registration: Registration, device: Device) -> str:
        """Make an account if there is none, and mail what comes next; the answer is the address, and tells no more.

        Raises:
            InvalidRequest: some field is wrong.
            TooManyAttempts: from this address, or for this e-mail, whether there is an account or not.
        """
        new = await self._prepare(registration)
        await self._attempts.spend_from("register-from", device.address, limit=REGISTRATIONS_PER_ADDRESS)
        await self._attempts.spend("register", new.email, limit=REGISTRATIONS_PER_EMAIL)
        before = await self.find(new.email)
        # Compared whether there is an account or not: it takes its time.
        waits = before is not None and not before.verified
        compared = before.password_hash if before and waits else None
        is_same = await self._passwords.verify(compared, registration.password)
        async with self._database.transaction() as connection:
            values = (new.email, new.password_hash, new.name)
            account = await fetch_one(connection, Account, SQL.insert_account_once, *values)
            if account is not None:
                await execute(connection, SQL.insert_outbox, account.id)
                await execute(connection, SQL.queue_mail, "verify-email", account.email, account.id)
                entry = AuditEntry(event="account.registered", account=account.id, actor=account.id, device=device)
                await self._audit.record(entry, connection)
            elif before is None or (waits and not is_same):
                # Two want it, and which of them reads its mail is not known: neither one's password is the account's.
                await execute(connection, SQL.contest_password, new.email)
                await execute(connection, SQL.queue_mail, "reset-password", new.email, None)
            else:
                # To somebody who has not verified yet it is sent again; to who has, it is not.
                await execute(connection, SQL.queue_mail, "verify-email", new.email, None)
                await execute(connection, SQL.queue_mail, "already-registered", new.email, None)
        return new.email

    async def sign_in(self, credentials: Credentials, *, device: Device) -> Issued | SecondFactorNeeded:
        """Begin a session, or say what has to be shown beside the password.

        Raises:
            WrongCredentials: the same and as slowly for an unknown e-mail, or an account without a password.
            TooManyAttempts: with the seconds to wait.
            AccountDisabled: the password is right, and that does not help.
            EmailNotVerified: likewise.
        """
        email = normalise_email(credentials.email)
        address = device.address or "unknown"
        # Longer than any password can be: hashing it would only give work to who sends it.
        password = credentials.password[: MAX_PASSWORD_CHARS + 1]
        account, is_right = await self._prove(email, address, lambda: self.find(email), password)
        if account is None or not is_right:
            _sign_ins.labels("refused").inc()
            entry = AuditEntry(event="sign-in.refused", account=account.id if account else None, device=device)
            await self._audit.record(entry)
            raise WrongCredentials("Check both and try again.")
        self._require_usable(account)
        password_hash = await self._update_hash(account, password)
        if needed := await self._second_factors.needed(account.id):
            _sign_ins.labels("second-factor").inc()
            return needed
        async with self._database.transaction() as connection:
            now = await fetch_one(connection, Account, SQL.share_account, account.id)
            if now is None or now.password_hash != password_hash:
                # Changed, or erased, while it was verified: what was proved no longer counts.
                raise WrongCredentials("Check both and try again.")
            return await self.begin_session(account.id, device, method="password", connection=connection)

    async def begin_session(
        self, account_id: UUID, device: Device, *, method: str, connection: "Connection | None" = None
    ) -> Issued:
        """Begin a session of somebody who has proved all they have to; `method` says how, for the audit log.

        In the transaction of `connection` where there is one: what was spent to get here is then spent with it.

        Raises:
            SessionEnded: there is no such account any more.
            AccountDisabled: it may not be used.
            EmailNotVerified: not before its address is verified.
        """
        if connection is None:
            async with self._database.transaction() as own:
                return await self.begin_session(account_id, device, method=method, connection=own)
        account = await fetch_one(connection, Account, SQL.share_account, account_id)
        if account is None:
            raise SessionEnded
        self._require_usable(account)
        issued = await self._begin_session(connection, account, device, method=method)
        _sign_ins.labels("accepted").inc()
        return issued

    async def get(self, account_id: UUID) -> Account | None:
        return await self._database.fetch_one(Account, SQL.get_account, account_id)

    async def find(self, email: str) -> Account | None:
        """The account with that e-mail, in whatever case; for what is no e-mail address there is none."""
        if not is_email(normalised := normalise_email(email)):
            return None
        return await self._database.fetch_one(Account, SQL.find_account, normalised)

    async def prove_password(self, account_id: UUID, password: str, *, device: Device) -> Account:
        """The account, if that is its password: asked for again before what would let a thief of a session stay.

        Raises:
            WrongCredentials: it is not, or the account has none.
            TooManyAttempts: counted apart from sign-ins, and per account.
        """
        address = device.address or "unknown"
        subject = f"proof {account_id}"
        account, is_right = await self._prove(
            subject, address, lambda: self.get(account_id), password[: MAX_PASSWORD_CHARS + 1]
        )
        if account is None or not is_right:
            raise WrongCredentials("That is not the account's password.")
        return account

    def sign_scoped(self, account: Account, *, token_id: UUID, scopes: frozenset[str], ttl_s: int) -> str:
        """An access token that may do no more than `scopes`, in the name of the API token `token_id`."""
        claims: dict[str, object] = {"sub": str(account.id), "email": account.email, "sid": str(token_id)}
        claims |= {"scp": " ".join(sorted(scopes))}
        if account.is_admin:
            claims["adm"] = True
        return self._signer.sign(claims, ttl_s=ttl_s)

    async def refresh(self, refresh_token: str | None) -> Issued:
        """Trade a refresh token for the next. Raises `SessionEnded`; a token used twice ends its whole session."""
        if not refresh_token:
            raise SessionEnded("There is no refresh token.")
        async with self._database.transaction() as connection:
            session = await fetch_one(connection, LockedSession, SQL.lock_session_of_token, _hash(refresh_token))
            decision = decide_refresh(session) if session else RefreshDecision.OVER
            _refreshes.labels(decision.value).inc()
            if session is not None and decision in {RefreshDecision.ROTATE, RefreshDecision.SIBLING}:
                return await self._next_token(connection, session, decision)
            if session is not None and decision is RefreshDecision.REUSED:
                await execute(connection, SQL.end_session, session.id, "token-reused")
                detail = {"session": str(session.id)}
                entry = AuditEntry(event="session.reused", account=session.account_id, detail=detail)
                await self._audit.record(entry, connection)
                _log.warning("refresh token reused", session=str(session.id), account=str(session.account_id))
        # Raised outside the transaction: inside, it would roll the ending back.
        raise SessionEnded

    async def sign_out(self, refresh_token: str | None, device: Device = NO_DEVICE) -> None:
        """End the session of a token; a token that is not known, or none, is fine too."""
        if not refresh_token:
            return
        async with self._database.transaction() as connection:
            ended = await fetch_one(connection, EndedSession, SQL.end_session_of_token, _hash(refresh_token))
            if ended is None:
                return
            detail = {"session": str(ended.id), "reason": "signed-out"}
            entry = AuditEntry(
                event="session.ended", account=ended.account_id, actor=ended.account_id, device=device, detail=detail
            )
            await self._audit.record(entry, connection)

    async def purge(self) -> int:
        """Delete a batch of sessions that are long over; the answer is how many."""
        return await self._database.execute(SQL.purge_sessions)

    async def _prove(
        self, subject: str, address: str, find: Callable[[], Awaitable[Account | None]], password: str
    ) -> tuple[Account | None, bool]:
        """The account, and whether that is its password; as slow for none as for one. Counted as an attempt."""
        await self._attempts.begin(subject, address)
        try:
            account = await find()
            is_right = await self._passwords.verify(account.password_hash if account else None, password)
        except Unavailable:
            # Nobody has learnt anything about the password: that was no guess.
            await self._attempts.take_back(subject, address)
            raise
        if is_right:
            await self._attempts.forget(subject, address)
        return account, is_right

    def _require_usable(self, account: Account) -> None:
        if account.disabled:
            _sign_ins.labels("disabled").inc()
            raise AccountDisabled("An administrator has disabled it.")
        if self._only_verified and not account.verified:
            _sign_ins.labels("not-verified").inc()
            raise EmailNotVerified("Open the link in the mail that was sent to you.")

    async def _prepare(self, registration: Registration, *, verified: bool = False) -> _NewAccount:
        """Validate and hash: before the transaction, which is not to wait for Argon2."""
        parsed = parse_registration(email=registration.email, password=registration.password, name=registration.name)
        return _NewAccount(parsed.email, await self._passwords.hash(parsed.password), parsed.name, verified)

    async def _next_token(self, connection: Connection, session: LockedSession, decision: RefreshDecision) -> Issued:
        if decision is RefreshDecision.ROTATE:
            row = await fetch_row(connection, SessionRow, SQL.rotate_session, session.id, self._refresh_ttl)
        else:
            row = await fetch_row(connection, SessionRow, SQL.add_sibling, session.id)
        owner = _Owner(session.account_id, session.email, session.is_admin)
        return await self._issue(connection, row, owner)

    async def _begin_session(self, connection: Connection, account: Account, device: Device, *, method: str) -> Issued:
        values = (account.id, self._refresh_ttl, device.address, device.user_agent)
        row = await fetch_row(connection, SessionRow, SQL.insert_session, *values)
        detail = {"session": str(row.id), "method": method}
        entry = AuditEntry(event="session.began", account=account.id, actor=account.id, device=device, detail=detail)
        await self._audit.record(entry, connection)
        return await self._issue(connection, row, _Owner(account.id, account.email, account.is_admin))

    async def _issue(self, connection: Connection, row: SessionRow, owner: "_Owner") -> Issued:
        refresh_token = secrets.token_urlsafe(32)
        await execute(connection, SQL.insert_token, _hash(refresh_token), row.id, row.generation)
        claims: dict[str, object] = {"sub": str(owner.id), "email": owner.email, "sid": str(row.id)}
        if owner.is_admin:
            claims["adm"] = True
        session = Session(
            access_token=self._signer.sign(claims, ttl_s=self._access_ttl_s),
            expires_in_s=self._access_ttl_s,
            user=SessionUser(id=owner.id, email=owner.email),
        )
        return Issued(session, refresh_token)

    async def _update_hash(self, account: Account, password: str) -> str | None:
        """Hash anew when the parameters have changed since; only now is the password at hand. Answers the hash."""
        if account.password_hash is None or not self._passwords.is_outdated(account.password_hash):
            return account.password_hash
        renewed = await self._passwords.hash(password)
        updated = await self._database.execute(SQL.update_password_hash, account.id, account.password_hash, renewed)
        if updated:
            return renewed
        # Two sign-ins at once: the other one has renewed it.
        now = await self.get(account.id)
        if now is None or now.password_hash is None or not await self._passwords.verify(now.password_hash, password):
            raise WrongCredentials("Check both and try again.")
        return now.password_hash


class _Owner(Struct, frozen=True):
    id: UUID
    email: str
    is_admin: bool


async def _insert_account(connection: Connection, new: _NewAccount) -> Account:
    values = (new.email, new.password_hash, new.name, new.verified)
    try:
        account = await fetch_row(connection, Account, SQL.insert_account, *values)
    except asyncpg.UniqueViolationError:
        raise EmailTaken("Sign in, or use another address.") from None
    await execute(connection, SQL.insert_outbox, account.id)
    return account


def _hash(refresh_token: str) -> bytes:
    return hashlib.sha256(refresh_token.encode()).digest()
