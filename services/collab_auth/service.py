"""What the auth service does: accounts made and proved, sessions begun, refreshed and ended."""

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

import asyncpg
from msgspec import Struct
from prometheus_client import Counter

from collab_auth.attempts import Attempts
from collab_auth.passwords import Passwords
from collab_auth.problems import EmailTaken, SessionEnded, WrongCredentials
from collab_auth.queries import SQL, Account, LockedSession, SessionRow
from collab_auth.rules import MAX_PASSWORD_CHARS, RefreshDecision, decide_refresh, normalise_email, parse_registration
from collab_auth.schemas import Credentials, Registration, Session, SessionUser
from collab_auth.settings import AuthSettings
from collab_kit.database import Connection, Database, execute, fetch_one, fetch_row
from collab_kit.logging import get_logger
from collab_kit.tokens import Signer

__all__ = ["Accounts", "Issued"]

_log = get_logger()
_refreshes = Counter("collab_auth_refreshes_total", "Refresh tokens used, by what was decided", ["decision"])
_sign_ins = Counter("collab_auth_sign_ins_total", "Sign-ins", ["outcome"])


class Issued(Struct, frozen=True):
    """A session's two tokens: one for the body, one for the cookie."""

    session: Session
    refresh_token: str


class _NewAccount(Struct, frozen=True):
    email: str
    password_hash: str
    name: str


class Accounts:
    def __init__(
        self,
        *,
        database: Database,
        passwords: Passwords,
        attempts: Attempts,
        signer: Signer,
        settings: AuthSettings,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._attempts = attempts
        self._signer = signer
        self._access_ttl_s = settings.access_token_ttl_s
        self._refresh_ttl = timedelta(seconds=settings.refresh_token_ttl_s)

    async def create(self, registration: Registration) -> Account:
        """Make an account that nobody is signed in to yet. Raises `InvalidRequest` or `EmailTaken`."""
        new = await self._prepare(registration)
        async with self._database.transaction() as connection:
            return await _insert_account(connection, new)

    async def register(self, registration: Registration) -> Issued:
        """Make an account and sign in to it. Raises `InvalidRequest` or `EmailTaken`."""
        new = await self._prepare(registration)
        async with self._database.transaction() as connection:
            account = await _insert_account(connection, new)
            return await self._begin_session(connection, account)

    async def sign_in(self, credentials: Credentials, *, address: str) -> Issued:
        """Raises `WrongCredentials`, the same and as slowly for an unknown e-mail, or `TooManyAttempts`."""
        email = normalise_email(credentials.email)
        await self._attempts.begin(email, address)
        account = await self._database.fetch_one(Account, SQL.find_account, email)
        stored = account.password_hash if account else None
        # Longer than any password can be: hashing it would only give work to who sends it.
        password = credentials.password[: MAX_PASSWORD_CHARS + 1]
        if not await self._passwords.verify(stored, password) or account is None:
            _sign_ins.labels("refused").inc()
            raise WrongCredentials("Check both and try again.")
        await self._attempts.forget(email, address)
        await self._update_hash(account, password)
        async with self._database.transaction() as connection:
            issued = await self._begin_session(connection, account)
        _sign_ins.labels("accepted").inc()
        return issued

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
                _log.warning("refresh token reused", session=str(session.id), account=str(session.account_id))
        # Raised outside the transaction: inside, it would roll the ending back.
        raise SessionEnded

    async def sign_out(self, refresh_token: str | None) -> None:
        """End the session of a token; a token that is not known, or none, is fine too."""
        if refresh_token:
            await self._database.execute(SQL.end_session_of_token, _hash(refresh_token))

    async def purge(self) -> int:
        """Delete a batch of sessions that are long over; the answer is how many."""
        return await self._database.execute(SQL.purge_sessions)

    async def _prepare(self, registration: Registration) -> _NewAccount:
        """Validate and hash: before the transaction, which is not to wait for Argon2."""
        parsed = parse_registration(email=registration.email, password=registration.password, name=registration.name)
        return _NewAccount(parsed.email, await self._passwords.hash(parsed.password), parsed.name)

    async def _next_token(self, connection: Connection, session: LockedSession, decision: RefreshDecision) -> Issued:
        if decision is RefreshDecision.ROTATE:
            row = await fetch_row(connection, SessionRow, SQL.rotate_session, session.id, self._refresh_ttl)
        else:
            row = await fetch_row(connection, SessionRow, SQL.add_sibling, session.id)
        return await self._issue(connection, row, session.account_id, session.email)

    async def _begin_session(self, connection: Connection, account: Account) -> Issued:
        row = await fetch_row(connection, SessionRow, SQL.insert_session, account.id, self._refresh_ttl)
        return await self._issue(connection, row, account.id, account.email)

    async def _issue(self, connection: Connection, row: SessionRow, account_id: UUID, email: str) -> Issued:
        refresh_token = secrets.token_urlsafe(32)
        await execute(connection, SQL.insert_token, _hash(refresh_token), row.id, row.generation)
        access_token = self._signer.sign(
            {"sub": str(account_id), "email": email, "sid": str(row.id)}, ttl_s=self._access_ttl_s
        )
        session = Session(
            access_token=access_token,
            expires_in_s=self._access_ttl_s,
            user=SessionUser(id=account_id, email=email),
        )
        return Issued(session, refresh_token)

    async def _update_hash(self, account: Account, password: str) -> None:
        """Hash anew when the parameters have changed since; only now is the password at hand."""
        if self._passwords.is_outdated(account.password_hash):
            renewed = await self._passwords.hash(password)
            await self._database.execute(SQL.update_password_hash, account.id, account.password_hash, renewed)


async def _insert_account(connection: Connection, new: _NewAccount) -> Account:
    try:
        account = await fetch_row(connection, Account, SQL.insert_account, new.email, new.password_hash)
    except asyncpg.UniqueViolationError:
        raise EmailTaken("Sign in, or use another address.") from None
    await execute(connection, SQL.insert_outbox, account.id, new.email, new.name)
    return account


def _hash(refresh_token: str) -> bytes:
    return hashlib.sha256(refresh_token.encode()).digest()
