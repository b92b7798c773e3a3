"""One-time codes of an authenticator app, and the recovery codes that stand in for it: set up and taken away."""

import base64
from urllib.parse import urlsplit
from uuid import UUID

from collab_auth.audit.events import AuditEvent
from collab_auth.audit.store import Audit, AuditEntry
from collab_auth.device import Device
from collab_auth.factors.codes import Codes
from collab_auth.factors.problems import CodeWrong, NoFactor, TotpAlreadyOn, TotpNotPending, TotpOff
from collab_auth.factors.proofs import Proofs
from collab_auth.factors.rules import new_recovery_codes, new_secret, provisioning_uri, qr_svg
from collab_auth.factors.schemas import Proof, RecoveryCodes, TotpPending, TotpState
from collab_auth.factors.store import FactorStore
from collab_kit.database import Connection, Database
from collab_kit.errors import FieldError
from collab_kit.guard import Principal

__all__ = ["Totp"]


class Totp:
    def __init__(
        self, *, database: Database, store: FactorStore, codes: Codes, proofs: Proofs, audit: Audit, public_url: str
    ) -> None:
        self._database = database
        self._store = store
        self._codes = codes
        self._proofs = proofs
        self._audit = audit
        # Apps show it above the code: people have accounts at more than one collab.
        self._issuer = f"collab {urlsplit(public_url).hostname}"

    async def state(self, account: UUID) -> TotpState:
        found = await self._store.summary(account)
        return TotpState(enabled=found.totp, recovery_codes_left=found.recovery_codes)

    async def begin(self, principal: Principal, proof: Proof, device: Device) -> TotpPending:
        """Make a secret, in force once a code of it is confirmed. Raises `TotpAlreadyOn`, and what `Proofs` does."""
        if (await self._store.summary(principal.id)).totp:
            raise TotpAlreadyOn
        await self._proofs.require(principal, proof, device)
        secret = new_secret()
        if not await self._store.put_pending_totp(principal.id, self._codes.seal(principal.id, secret)):
            raise TotpAlreadyOn
        uri = provisioning_uri(secret, email=principal.email, issuer=self._issuer)
        return TotpPending(secret=base64.b32encode(secret).decode(), uri=uri, qr_svg=qr_svg(uri))

    async def confirm(self, principal: Principal, code: str, device: Device) -> RecoveryCodes:
        """Put the pending secret into force, and make new recovery codes.

        Raises:
            TotpNotPending: nothing was begun, or too long ago.
            CodeWrong: the code is not of that secret.
            TooManyAttempts: with the seconds to wait.
        """
        await self._codes.begin_attempt(principal.id)
        pending = await self._store.pending_totp(principal.id)
        if pending is None:
            raise TotpNotPending
        step = self._codes.match(principal.id, pending, code)
        if step is None:
            wrong = FieldError("code", "Expected the six digits that the app shows now.")
            raise CodeWrong("Check the clock of the device with the app, and try again.", errors=[wrong])
        async with self._database.transaction() as connection:
            await self._store.lock(connection, principal.id)
            if not await self._store.confirm_totp(connection, principal.id, pending, step):
                raise TotpNotPending
            await self._store.forget_attempts(connection, principal.id)
            await self._record("totp.added", principal, device, connection)
            return await self._renew_codes(connection, principal, device)

    async def remove(self, principal: Principal, proof: Proof, device: Device) -> None:
        """Raises `TotpOff`, and what `Proofs` does. Recovery codes go with the last factor."""
        if not (await self._store.summary(principal.id)).totp:
            raise TotpOff
        await self._proofs.require(principal, proof, device)
        async with self._database.transaction() as connection:
            await self._store.lock(connection, principal.id)
            if not await self._store.delete_totp(connection, principal.id):
                raise TotpOff
            if not (await self._store.summary_within(connection, principal.id)).any:
                await self._store.replace_recovery_codes(connection, principal.id, [])
            await self._record("totp.removed", principal, device, connection)

    async def renew_recovery_codes(self, principal: Principal, proof: Proof, device: Device) -> RecoveryCodes:
        """Ten new ones; those before are good for nothing any more. Raises `NoFactor`, and what `Proofs` does."""
        if not (await self._store.summary(principal.id)).any:
            raise NoFactor
        await self._proofs.require(principal, proof, device)
        async with self._database.transaction() as connection:
            await self._store.lock(connection, principal.id)
            if not (await self._store.summary_within(connection, principal.id)).any:
                raise NoFactor
            return await self._renew_codes(connection, principal, device)

    async def _renew_codes(self, connection: Connection, principal: Principal, device: Device) -> RecoveryCodes:
        codes = new_recovery_codes()
        await self._store.replace_recovery_codes(connection, principal.id, codes)
        await self._record("recovery-codes.made", principal, device, connection)
        return RecoveryCodes(codes)

    async def _record(self, event: AuditEvent, principal: Principal, device: Device, connection: Connection) -> None:
        entry = AuditEntry(event=event, account=principal.id, actor=principal.id, device=device)
        await self._audit.record(entry, connection)
