"""Before what would let a thief of a session stay, people show once more that it is them."""

from collab_auth.audit.store import Audit, AuditEntry
from collab_auth.device import Device
from collab_auth.factors.codes import Codes
from collab_auth.factors.problems import ProofNeeded, ProofWrong
from collab_auth.factors.rules import RECENT_SESSION_S
from collab_auth.factors.schemas import Proof
from collab_auth.factors.store import FactorStore
from collab_auth.problems import WrongCredentials
from collab_auth.service import Accounts
from collab_kit.database import Database
from collab_kit.errors import Unauthenticated
from collab_kit.guard import Principal

__all__ = ["Proofs"]


class Proofs:
    def __init__(
        self, *, database: Database, store: FactorStore, codes: Codes, accounts: Accounts, audit: Audit
    ) -> None:
        self._database = database
        self._store = store
        self._codes = codes
        self._accounts = accounts
        self._audit = audit

    async def require(self, principal: Principal, proof: Proof, device: Device) -> None:
        """Judge a password or a code; a code is spent by it.

        Raises:
            ProofNeeded: neither was sent, although the account has one; or the session began too long ago.
            ProofWrong: it is not the account's.
            TooManyAttempts: with the seconds to wait.
        """
        if proof.password is not None:
            await self._require_password(principal, proof.password, device)
        elif proof.code is not None:
            await self._require_code(principal, proof.code, device)
        else:
            await self._require_recent_session(principal)

    async def _require_password(self, principal: Principal, password: str, device: Device) -> None:
        try:
            await self._accounts.prove_password(principal.id, password, device=device)
        except WrongCredentials as error:
            raise ProofWrong("That is not the account's password.") from error

    async def _require_code(self, principal: Principal, code: str, device: Device) -> None:
        await self._codes.begin_attempt(principal.id)
        async with self._database.transaction() as connection:
            if await self._codes.spend(connection, principal.id, code, device, "totp", "recovery-code"):
                return
        entry = AuditEntry(
            event="second-factor.refused",
            account=principal.id,
            actor=principal.id,
            device=device,
            detail={"for": "change"},
        )
        await self._audit.record(entry)
        raise ProofWrong("The code is wrong, or was used before.")

    async def _require_recent_session(self, principal: Principal) -> None:
        owner = await self._store.owner(principal.id)
        age_s = await self._store.session_age_s(principal.session_id, principal.id)
        if owner is None or age_s is None:
            raise Unauthenticated("The session has ended.")
        if owner.password_hash is not None or (await self._store.summary(principal.id)).totp:
            raise ProofNeeded("Send your password, or a code of your authenticator.")
        if age_s > RECENT_SESSION_S:
            raise ProofNeeded(f"Sign in again: this is possible for {RECENT_SESSION_S // 60} minutes after signing in.")
