"""One-time codes and recovery codes: judged, and spent in the caller's transaction."""

import time
from collections.abc import Callable
from typing import Literal
from uuid import UUID

from collab_auth.audit.store import Audit, AuditEntry
from collab_auth.device import Device
from collab_auth.factors.rules import ATTEMPTS_PER_ACCOUNT, match_step
from collab_auth.factors.store import FactorStore
from collab_auth.problems import TooManyAttempts
from collab_kit.database import Connection
from collab_kit.logging import get_logger
from collab_kit.sealing import SealBroken, Sealer

__all__ = ["CodeMethod", "Codes"]

CodeMethod = Literal["totp", "recovery-code"]
_log = get_logger()


class Codes:
    def __init__(
        self, *, store: FactorStore, sealer: Sealer, audit: Audit, clock: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._sealer = sealer
        self._audit = audit
        self._clock = clock

    def seal(self, account: UUID, secret: bytes) -> bytes:
        return self._sealer.seal(secret, context=account.bytes)

    def match(self, account: UUID, sealed: bytes, code: str) -> int | None:
        """The time step of a right code; none where the secret cannot be opened: its owner has recovery codes."""
        try:
            secret = self._sealer.open(sealed, context=account.bytes)
        except SealBroken:
            _log.error("one-time code secret cannot be opened: was the signing key replaced?", account=str(account))
            return None
        return match_step(secret, code, now_s=self._clock())

    async def begin_attempt(self, account: UUID) -> None:
        """Count a guess at a code of this account. Raises `TooManyAttempts`."""
        counted = await self._store.begin_attempt(account)
        if counted.attempts > ATTEMPTS_PER_ACCOUNT:
            raise TooManyAttempts("Wait before you try again.", retry_after_s=max(1, counted.remaining_s))

    async def spend(
        self, connection: Connection, account: UUID, code: str, device: Device, *methods: CodeMethod
    ) -> CodeMethod | None:
        """What the code turned out to be, which nobody can use again; `None` if it is wrong."""
        spent: CodeMethod | None = None
        if "totp" in methods and await self._spend_totp(connection, account, code):
            spent = "totp"
        elif "recovery-code" in methods and await self._store.spend_recovery_code(connection, account, code):
            spent = "recovery-code"
            left = (await self._store.summary_within(connection, account)).recovery_codes
            entry = AuditEntry(
                event="recovery-code.used", account=account, actor=account, device=device, detail={"left": left}
            )
            await self._audit.record(entry, connection)
        if spent is not None:
            await self._store.forget_attempts(connection, account)
        return spent

    async def _spend_totp(self, connection: Connection, account: UUID, code: str) -> bool:
        sealed = await self._store.totp(connection, account)
        step = None if sealed is None else self.match(account, sealed, code)
        if sealed is None or step is None:
            return False
        return await self._store.spend_step(connection, account, sealed, step)
