"""What an operator does for somebody who has lost every factor, and has proved to the operator who they are."""

from uuid import UUID

from msgspec import Struct

from collab_auth.administration.problems import NoSuchAccount
from collab_auth.audit.store import Audit, AuditEntry
from collab_auth.factors.store import FactorStore
from collab_auth.rules import normalise_email
from collab_kit.database import Database

__all__ = ["ResetFactors", "reset_factors"]


class ResetFactors(Struct, frozen=True, kw_only=True):
    """What was taken away; the password is asked for as before."""

    id: UUID
    email: str
    totp: bool
    passkeys: int


async def reset_factors(database: Database, audit: Audit, email: str) -> ResetFactors:
    """Take away one-time codes, passkeys and recovery codes. Raises `NoSuchAccount`; doing it again is fine."""
    store = FactorStore(database)
    async with database.transaction() as connection:
        account = await store.lock_by_email(connection, normalise_email(email))
        if account is None:
            raise NoSuchAccount(f"Nobody has the e-mail address {email}.")
        before = await store.summary_within(connection, account)
        await store.delete_all(connection, account)
        detail = {"totp": before.totp, "passkeys": before.passkeys}
        await audit.record(AuditEntry(event="second-factors.reset", account=account, detail=detail), connection)
    return ResetFactors(id=account, email=normalise_email(email), totp=before.totp, passkeys=before.passkeys)
