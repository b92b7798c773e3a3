"""Second factors as PostgreSQL has them."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import asyncpg
from msgspec import Struct

from collab_auth.factors.problems import PasskeyKnown
from collab_auth.factors.rules import (
    ATTEMPT_WINDOW_S,
    ATTEMPTS_PER_TOKEN,
    CEREMONY_TTL_S,
    MAX_PASSKEYS,
    PENDING_TTL_S,
    hash_opaque,
    hash_recovery_code,
)
from collab_auth.problems import SessionEnded
from collab_kit.database import Connection, Database, execute, fetch_one, fetch_row, load_queries

__all__ = [
    "Challenge",
    "FactorStore",
    "FactorsOn",
    "KnownPasskey",
    "NewPasskey",
    "Owner",
    "Purpose",
    "StoredPasskey",
    "TokenHolder",
    "of_living_account",
]

Purpose = Literal["registration", "sign-in", "second-factor"]
_PURGE_BATCHES = 20
_CEREMONY_TTL = timedelta(seconds=CEREMONY_TTL_S)
_PENDING_TTL = timedelta(seconds=PENDING_TTL_S)
_ATTEMPT_WINDOW = timedelta(seconds=ATTEMPT_WINDOW_S)


class Queries(Struct, frozen=True):
    lock_account: str
    lock_by_email: str
    delete_all: str
    find_owner: str
    session_age: str
    summary: str
    begin_attempt: str
    forget_attempts: str
    put_pending_totp: str
    find_pending_totp: str
    confirm_totp: str
    find_totp: str
    spend_step: str
    delete_totp: str
    delete_recovery_codes: str
    insert_recovery_codes: str
    spend_recovery_code: str
    insert_token: str
    try_token: str
    spend_token: str
    list_passkeys: str
    insert_passkey: str
    rename_passkey: str
    delete_passkey: str
    find_passkey: str
    note_passkey_use: str
    insert_challenge: str
    take_challenge: str
    purge_tokens: str
    purge_challenges: str


class Owner(Struct, frozen=True):
    email: str
    password_hash: str | None


class FactorsOn(Struct, frozen=True):
    """What an account has set up, and how many recovery codes are left."""

    totp: bool
    passkeys: int
    recovery_codes: int

    @property
    def any(self) -> bool:
        """Recovery codes alone are no factor: they stand in for one."""
        return self.totp or self.passkeys > 0


class Methods(Struct, frozen=True):
    totp: bool
    passkey: bool
    recovery_code: bool


class TokenHolder(Struct, frozen=True):
    """Whose password the second factor's token stands for."""

    account_id: UUID
    email: str


class NewPasskey(Struct, frozen=True, kw_only=True):
    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: list[str]
    backed_up: bool
    name: str


class StoredPasskey(Struct, frozen=True, kw_only=True):
    id: UUID
    credential_id: bytes
    name: str
    transports: list[str]
    backed_up: bool
    created_at: datetime
    last_used_at: datetime | None


class KnownPasskey(Struct, frozen=True, kw_only=True):
    """What it takes to check a signature, and whose it is."""

    id: UUID
    account_id: UUID
    public_key: bytes
    sign_count: int
    email: str


class Challenge(Struct, frozen=True, kw_only=True):
    challenge: bytes
    purpose: Purpose
    account_id: UUID | None
    second_factor_hash: bytes | None
    is_valid: bool = True


class AttemptCount(Struct, frozen=True):
    attempts: int
    remaining_s: int


class _Id(Struct, frozen=True):
    id: UUID


class _Age(Struct, frozen=True):
    age_s: float


class _Sealed(Struct, frozen=True):
    sealed_secret: bytes


@contextmanager
def of_living_account() -> Generator[None]:
    """An access token may outlive its account by minutes. Raises `SessionEnded`."""
    try:
        yield
    except asyncpg.ForeignKeyViolationError:
        raise SessionEnded from None


class FactorStore:
    """Every method raises `StoreUnavailable`. Those that take a connection run in the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queries = load_queries(Queries, __package__ or "collab_auth.factors")

    async def lock(self, connection: Connection, account: UUID) -> None:
        """Raises `SessionEnded` when there is no such account any more."""
        if await execute(connection, self._queries.lock_account, account) == 0:
            raise SessionEnded

    async def lock_by_email(self, connection: Connection, email: str) -> UUID | None:
        found = await fetch_one(connection, _Id, self._queries.lock_by_email, email)
        return found.id if found else None

    async def delete_all(self, connection: Connection, account: UUID) -> None:
        """Every factor, and what was begun with one."""
        await execute(connection, self._queries.delete_all, account)

    async def owner(self, account: UUID) -> Owner | None:
        return await self._database.fetch_one(Owner, self._queries.find_owner, account)

    async def session_age_s(self, session: UUID, account: UUID) -> float | None:
        """`None` when that session has ended."""
        found = await self._database.fetch_one(_Age, self._queries.session_age, session, account)
        return found.age_s if found else None

    async def summary(self, account: UUID) -> FactorsOn:
        async with self._database.connection() as connection:
            return await self.summary_within(connection, account)

    async def summary_within(self, connection: Connection, account: UUID) -> FactorsOn:
        return await fetch_row(connection, FactorsOn, self._queries.summary, account)

    async def begin_attempt(self, account: UUID) -> AttemptCount:
        """Count one more guess, also when the request is then given up."""
        with of_living_account():
            async with self._database.connection() as connection:
                return await fetch_row(connection, AttemptCount, self._queries.begin_attempt, account, _ATTEMPT_WINDOW)

    async def forget_attempts(self, connection: Connection, account: UUID) -> None:
        await execute(connection, self._queries.forget_attempts, account)

    async def put_pending_totp(self, account: UUID, sealed: bytes) -> bool:
        """False when one is confirmed already."""
        with of_living_account():
            return await self._database.execute(self._queries.put_pending_totp, account, sealed) == 1

    async def pending_totp(self, account: UUID) -> bytes | None:
        found = await self._database.fetch_one(_Sealed, self._queries.find_pending_totp, account, _PENDING_TTL)
        return found.sealed_secret if found else None

    async def confirm_totp(self, connection: Connection, account: UUID, sealed: bytes, step: int) -> bool:
        return await execute(connection, self._queries.confirm_totp, account, sealed, step) == 1

    async def totp(self, connection: Connection, account: UUID) -> bytes | None:
        found = await fetch_one(connection, _Sealed, self._queries.find_totp, account)
        return found.sealed_secret if found else None

    async def spend_step(self, connection: Connection, account: UUID, sealed: bytes, step: int) -> bool:
        """False when a code of this or a later step was used."""
        return await execute(connection, self._queries.spend_step, account, sealed, step) == 1

    async def delete_totp(self, connection: Connection, account: UUID) -> bool:
        return await execute(connection, self._queries.delete_totp, account) == 1

    async def replace_recovery_codes(self, connection: Connection, account: UUID, codes: Sequence[str]) -> None:
        """No code at all is fine too."""
        await execute(connection, self._queries.delete_recovery_codes, account)
        hashes = [hash_recovery_code(account, code) for code in codes]
        await execute(connection, self._queries.insert_recovery_codes, account, hashes)

    async def spend_recovery_code(self, connection: Connection, account: UUID, code: str) -> bool:
        """False when it is none, or was used before."""
        hashed = hash_recovery_code(account, code)
        return await execute(connection, self._queries.spend_recovery_code, account, hashed) == 1

    async def insert_token(self, account: UUID, token: str) -> Methods | None:
        """`None`, and no token, for an account without a second factor."""
        arguments = (account, hash_opaque(token), _CEREMONY_TTL)
        with of_living_account():
            return await self._database.fetch_one(Methods, self._queries.insert_token, *arguments)

    async def try_token(self, token: str) -> TokenHolder | None:
        arguments = (hash_opaque(token), ATTEMPTS_PER_TOKEN)
        return await self._database.fetch_one(TokenHolder, self._queries.try_token, *arguments)

    async def spend_token(self, connection: Connection, token_hash: bytes) -> TokenHolder | None:
        return await fetch_one(connection, TokenHolder, self._queries.spend_token, token_hash)

    async def passkeys(self, account: UUID) -> list[StoredPasskey]:
        return await self._database.fetch_all(StoredPasskey, self._queries.list_passkeys, account, MAX_PASSKEYS)

    async def insert_passkey(self, connection: Connection, account: UUID, new: NewPasskey) -> StoredPasskey | None:
        """`None` when the account, which is locked, has as many as it can. Raises `PasskeyKnown`."""
        arguments = (
            account,
            new.credential_id,
            new.public_key,
            new.sign_count,
            new.transports,
            new.backed_up,
            new.name,
            MAX_PASSKEYS,
        )
        try:
            return await fetch_one(connection, StoredPasskey, self._queries.insert_passkey, *arguments)
        except asyncpg.UniqueViolationError:
            raise PasskeyKnown from None

    async def rename_passkey(
        self, connection: Connection, account: UUID, passkey: UUID, name: str
    ) -> StoredPasskey | None:
        return await fetch_one(connection, StoredPasskey, self._queries.rename_passkey, account, passkey, name)

    async def delete_passkey(self, connection: Connection, account: UUID, passkey: UUID) -> bool:
        return await execute(connection, self._queries.delete_passkey, account, passkey) == 1

    async def passkey(self, credential_id: bytes) -> KnownPasskey | None:
        return await self._database.fetch_one(KnownPasskey, self._queries.find_passkey, credential_id)

    async def note_passkey_use(
        self, connection: Connection, passkey: UUID, *, sign_count: int, backed_up: bool
    ) -> bool:
        """False when another use came between: its count has passed this one's."""
        return await execute(connection, self._queries.note_passkey_use, passkey, sign_count, backed_up) == 1

    async def insert_challenge(self, state: str, challenge: Challenge) -> None:
        arguments = (
            hash_opaque(state),
            challenge.challenge,
            challenge.purpose,
            challenge.account_id,
            challenge.second_factor_hash,
            _CEREMONY_TTL,
        )
        with of_living_account():
            await self._database.execute(self._queries.insert_challenge, *arguments)

    async def take_challenge(self, state: str, *purposes: Purpose) -> Challenge | None:
        """Nobody can take it a second time; `None` when it is gone, of another purpose, or too old."""
        arguments = (hash_opaque(state), list(purposes))
        found = await self._database.fetch_one(Challenge, self._queries.take_challenge, *arguments)
        return found if found is not None and found.is_valid else None

    async def purge(self) -> None:
        """Delete tokens and challenges that are over: strangers make some of them, so a batch may not be enough."""
        for query in (self._queries.purge_tokens, self._queries.purge_challenges):
            for _ in range(_PURGE_BATCHES):
                if await self._database.execute(query) == 0:
                    break
