"""Mails that wait and tokens that prove, as PostgreSQL has them."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from collab_auth.recovery.rules import TOKEN_LIFE, MailKind, Purpose, hash_token
from collab_kit.database import Connection, Database, execute, fetch_one, load_queries

__all__ = ["AccountDescription", "Proof", "Recipient", "RecoveryStore", "WaitingMail"]


class Queries(Struct, frozen=True):
    queue_mail: str
    claim_due_mails: str
    delete_mail: str
    note_mail_failure: str
    count_mails: str
    purge_mails: str
    find_account: str
    get_account: str
    store_token: str
    consume_token: str
    delete_tokens: str
    forget_email_changes: str
    purge_tokens: str
    verify_email: str
    change_email: str
    lock_email: str
    lock_claim: str
    reset_password: str
    close_other_doors: str
    change_password: str
    describe_account: str


class WaitingMail(Struct, frozen=True, kw_only=True):
    id: UUID
    kind: MailKind
    recipient: str
    account_id: UUID | None
    attempts: int


class Recipient(Struct, frozen=True, kw_only=True):
    id: UUID
    email: str
    disabled: bool
    verified: bool


class Proof(Struct, frozen=True):
    """Whose token it was, and the address it was sent to."""

    account_id: UUID
    email: str


class Changed(Struct, frozen=True):
    id: UUID
    email: str


class AccountDescription(Struct, frozen=True, kw_only=True):
    id: UUID
    email: str
    verified: bool
    is_admin: bool
    created_at: datetime
    has_password: bool


class _Claim(Struct, frozen=True):
    is_first: bool


class _Count(Struct, frozen=True):
    number: int


class RecoveryStore:
    """Every method raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queries = load_queries(Queries, "collab_auth.recovery")

    async def queue(
        self, kind: MailKind, recipient: str, account: UUID | None, connection: "Connection | None" = None
    ) -> None:
        values = (kind, recipient, account)
        if connection is None:
            await self._database.execute(self._queries.queue_mail, *values)
        else:
            await execute(connection, self._queries.queue_mail, *values)

    async def claim_due(self, limit: int) -> list[WaitingMail]:
        return await self._database.fetch_all(WaitingMail, self._queries.claim_due_mails, limit)

    async def delete(self, mail: UUID) -> None:
        await self._database.execute(self._queries.delete_mail, mail)

    async def note_failure(self, mail: UUID, reason: str) -> None:
        await self._database.execute(self._queries.note_mail_failure, mail, reason)

    async def count(self) -> int:
        found = await self._database.fetch_one(_Count, self._queries.count_mails)
        return found.number if found else 0

    async def purge(self) -> None:
        await self._database.execute(self._queries.purge_mails)
        await self._database.execute(self._queries.purge_tokens)

    async def recipient(self, *, account: UUID | None, email: str) -> Recipient | None:
        """The account, or where none is named the one with that e-mail."""
        if account is None:
            return await self._database.fetch_one(Recipient, self._queries.find_account, email)
        return await self._database.fetch_one(Recipient, self._queries.get_account, account)

    async def store_token(self, token: str, account: UUID, purpose: Purpose, email: str) -> None:
        """Tokens of the same purpose that were sent before are good for nothing from now on."""
        values = (hash_token(token), account, purpose, email, TOKEN_LIFE[purpose])
        await self._database.execute(self._queries.store_token, *values)

    async def consume(self, connection: Connection, token: str, purpose: Purpose) -> Proof | None:
        return await fetch_one(connection, Proof, self._queries.consume_token, hash_token(token), purpose)

    async def delete_tokens(self, connection: Connection, account: UUID, purpose: Purpose) -> None:
        await execute(connection, self._queries.delete_tokens, account, purpose)

    async def forget_email_changes(self, connection: Connection, account: UUID) -> None:
        """What was asked for, and not confirmed yet."""
        await execute(connection, self._queries.forget_email_changes, account)

    async def verify_email(self, connection: Connection, proof: Proof) -> Changed | None:
        return await fetch_one(connection, Changed, self._queries.verify_email, proof.account_id, proof.email)

    async def change_email(self, connection: Connection, proof: Proof) -> Changed | None:
        """The account with the new address. Raises `UniqueViolationError` when it is another's."""
        return await fetch_one(connection, Changed, self._queries.change_email, proof.account_id, proof.email)

    async def lock_email(self, connection: Connection, account: UUID) -> Changed | None:
        return await fetch_one(connection, Changed, self._queries.lock_email, account)

    async def reset_password(self, connection: Connection, proof: Proof, password_hash: str) -> Changed | None:
        """With the first proof of an address every other way in is closed: whoever made those never had to show that.

        So nobody registers with another's address, and waits inside for them to come.
        """
        claim = await fetch_one(connection, _Claim, self._queries.lock_claim, proof.account_id, proof.email)
        if claim is not None and claim.is_first:
            await execute(connection, self._queries.close_other_doors, proof.account_id)
        values = (proof.account_id, proof.email, password_hash)
        return await fetch_one(connection, Changed, self._queries.reset_password, *values)

    async def change_password(
        self, connection: Connection, account: UUID, *, proved: str | None, password_hash: str
    ) -> Changed | None:
        """`None` when `proved` is no longer the hash of its password."""
        return await fetch_one(connection, Changed, self._queries.change_password, account, proved, password_hash)

    async def describe(self, account: UUID) -> AccountDescription | None:
        return await self._database.fetch_one(AccountDescription, self._queries.describe_account, account)
