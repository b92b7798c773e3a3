"""Passkeys of an account: registered, listed, renamed and taken away."""

from typing import Any
from uuid import UUID

from webauthn.helpers import generate_challenge

from collab_auth.audit.events import AuditEvent
from collab_auth.audit.store import Audit, AuditEntry
from collab_auth.device import Device
from collab_auth.factors.ceremonies import Ceremonies, CeremonyFailed
from collab_auth.factors.problems import NoSuchPasskey, PasskeyNotRegistered, TooManyPasskeys
from collab_auth.factors.proofs import Proofs
from collab_auth.factors.rules import MAX_PASSKEYS, new_opaque, new_recovery_codes, parse_passkey_name
from collab_auth.factors.schemas import Ceremony, CreatedPasskey, Passkey, Proof
from collab_auth.factors.store import Challenge, FactorStore, StoredPasskey
from collab_kit.database import Connection, Database
from collab_kit.errors import FieldError
from collab_kit.guard import Principal
from collab_kit.logging import get_logger

__all__ = ["Passkeys"]

_log = get_logger()


class Passkeys:
    def __init__(
        self, *, database: Database, store: FactorStore, ceremonies: Ceremonies, proofs: Proofs, audit: Audit
    ) -> None:
        self._database = database
        self._store = store
        self._ceremonies = ceremonies
        self._proofs = proofs
        self._audit = audit

    async def list(self, account: UUID) -> list[Passkey]:
        return [_present(passkey) for passkey in await self._store.passkeys(account)]

    async def begin(self, principal: Principal, proof: Proof, device: Device) -> Ceremony:
        """What to ask the browser for. Raises `TooManyPasskeys`, and what `Proofs` does."""
        known = await self._store.passkeys(principal.id)
        if len(known) >= MAX_PASSKEYS:
            raise _too_many()
        await self._proofs.require(principal, proof, device)
        challenge, state = generate_challenge(), new_opaque()
        await self._store.insert_challenge(
            state,
            Challenge(challenge=challenge, purpose="registration", account_id=principal.id, second_factor_hash=None),
        )
        options = self._ceremonies.registration_options(
            principal.id, email=principal.email, challenge=challenge, known=known
        )
        return Ceremony(options=options, state=state)

    async def register(
        self, principal: Principal, *, state: str, credential: dict[str, Any], name: str, device: Device
    ) -> CreatedPasskey:
        """Keep what the browser made. The first factor of an account brings recovery codes with it.

        Raises:
            InvalidRequest: the name is not one.
            PasskeyNotRegistered: it took too long, is not what was asked for, or its signature is wrong.
            PasskeyKnown: it is registered, for this account or another.
            TooManyPasskeys: the account has as many as it can.
        """
        name = parse_passkey_name(name)
        challenge = await self._store.take_challenge(state, "registration")
        if challenge is None or challenge.account_id != principal.id:
            expected = FieldError("state", "Expected that of a registration you began less than 5 minutes ago.")
            raise PasskeyNotRegistered("Begin again.", errors=[expected])
        try:
            new = self._ceremonies.register(credential, challenge=challenge.challenge, name=name)
        except CeremonyFailed as error:
            _log.info("passkey not registered", account=str(principal.id), reason=str(error))
            wrong = FieldError("credential", "Expected what the browser made of the options.")
            raise PasskeyNotRegistered("Begin again.", errors=[wrong]) from error
        async with self._database.transaction() as connection:
            await self._store.lock(connection, principal.id)
            has_codes = (await self._store.summary_within(connection, principal.id)).recovery_codes > 0
            made = await self._store.insert_passkey(connection, principal.id, new)
            if made is None:
                raise _too_many()
            await self._record("passkey.added", principal, made.id, device, connection)
            codes = None if has_codes else new_recovery_codes()
            if codes is not None:
                await self._store.replace_recovery_codes(connection, principal.id, codes)
                entry = AuditEntry(event="recovery-codes.made", account=principal.id, actor=principal.id, device=device)
                await self._audit.record(entry, connection)
        shown = _present(made)
        return CreatedPasskey(
            id=shown.id,
            name=shown.name,
            backed_up=shown.backed_up,
            created_at=shown.created_at,
            last_used_at=shown.last_used_at,
            recovery_codes=codes,
        )

    async def rename(self, principal: Principal, passkey: UUID, name: str, device: Device) -> Passkey:
        """Raises `InvalidRequest`, or `NoSuchPasskey`."""
        name = parse_passkey_name(name)
        async with self._database.transaction() as connection:
            renamed = await self._store.rename_passkey(connection, principal.id, passkey, name)
            if renamed is None:
                raise NoSuchPasskey
            await self._record("passkey.renamed", principal, passkey, device, connection)
        return _present(renamed)

    async def remove(self, principal: Principal, passkey: UUID, proof: Proof, device: Device) -> None:
        """Raises `NoSuchPasskey`, and what `Proofs` does. Recovery codes go with the last factor."""
        if all(known.id != passkey for known in await self._store.passkeys(principal.id)):
            raise NoSuchPasskey
        await self._proofs.require(principal, proof, device)
        async with self._database.transaction() as connection:
            await self._store.lock(connection, principal.id)
            if not await self._store.delete_passkey(connection, principal.id, passkey):
                raise NoSuchPasskey
            if not (await self._store.summary_within(connection, principal.id)).any:
                await self._store.replace_recovery_codes(connection, principal.id, [])
            await self._record("passkey.removed", principal, passkey, device, connection)

    async def _record(
        self, event: AuditEvent, principal: Principal, passkey: UUID, device: Device, connection: Connection
    ) -> None:
        entry = AuditEntry(
            event=event, account=principal.id, actor=principal.id, device=device, detail={"passkey": str(passkey)}
        )
        await self._audit.record(entry, connection)


def _too_many() -> TooManyPasskeys:
    return TooManyPasskeys(f"Expected at most {MAX_PASSKEYS}. Remove one that is not needed any more.")


def _present(passkey: StoredPasskey) -> Passkey:
    return Passkey(
        id=passkey.id,
        name=passkey.name,
        backed_up=passkey.backed_up,
        created_at=passkey.created_at,
        last_used_at=passkey.last_used_at,
    )
