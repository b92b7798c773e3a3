"""What sign-in asks: does this account need more than its password?"""

from uuid import UUID

from collab_auth.factors.rules import CEREMONY_TTL_S, new_opaque
from collab_auth.factors.store import FactorStore
from collab_auth.second_factor import FactorSummary, SecondFactorMethod, SecondFactorNeeded, SecondFactorOffer

__all__ = ["FactorGate"]


class FactorGate:
    """A `second_factor.SecondFactors`: one-time codes or a passkey, once set up, are asked for at each sign-in."""

    def __init__(self, store: FactorStore) -> None:
        self._store = store

    async def needed(self, account_id: UUID) -> SecondFactorNeeded | None:
        token = new_opaque()
        found = await self._store.insert_token(account_id, token)
        if found is None:
            return None
        offered: list[tuple[SecondFactorMethod, bool]] = [
            ("totp", found.totp),
            ("recovery-code", found.recovery_code),
            ("passkey", found.passkey),
        ]
        methods: list[SecondFactorMethod] = [method for method, is_there in offered if is_there]
        return SecondFactorNeeded(
            second_factor=SecondFactorOffer(token=token, methods=methods, expires_in_s=CEREMONY_TTL_S)
        )

    async def summary(self, account_id: UUID) -> FactorSummary:
        found = await self._store.summary(account_id)
        return FactorSummary(totp=found.totp, passkeys=found.passkeys)
