"""The second step of signing in, by a code or a passkey; and the one step that a passkey alone is."""

from typing import Any
from uuid import UUID

from prometheus_client import Counter
from webauthn.helpers import generate_challenge

from collab_auth.audit.store import Audit, AuditEntry
from collab_auth.device import Device
from collab_auth.factors.ceremonies import Ceremonies, CeremonyFailed
from collab_auth.factors.codes import CodeMethod, Codes
from collab_auth.factors.problems import PasskeyRefused, SecondFactorExpired, WrongCode
from collab_auth.factors.rules import hash_opaque, new_opaque
from collab_auth.factors.schemas import Ceremony
from collab_auth.factors.store import Challenge, FactorStore, KnownPasskey
from collab_auth.schemas import Issued
from collab_auth.service import Accounts
from collab_kit.database import Database
from collab_kit.logging import get_logger

__all__ = ["SecondStep"]

_log = get_logger()
_steps = Counter("collab_auth_second_steps_total", "Second factors shown at sign-in", ["method", "outcome"])


class SecondStep:
    def __init__(
        self,
        *,
        database: Database,
        store: FactorStore,
        codes: Codes,
        ceremonies: Ceremonies,
        accounts: Accounts,
        audit: Audit,
    ) -> None:
        self._database = database
        self._store = store
        self._codes = codes
        self._ceremonies = ceremonies
        self._accounts = accounts
        self._audit = audit

    async def with_code(self, token: str, code: str, method: CodeMethod, device: Device) -> Issued:
        """Begin the session that the password alone did not.

        Raises:
            SecondFactorExpired: the token is unknown, over, used, or was tried too often.
            WrongCode: so far; the token may be tried a few times.
            TooManyAttempts: over all of the account's tokens, with the seconds to wait.
        """
        holder = await self._store.try_token(token)
        if holder is None:
            _steps.labels(method, "expired").inc()
            raise SecondFactorExpired
        await self._codes.begin_attempt(holder.account_id)
        try:
            # Token, code and session are one: what is raised in between leaves the others as they were. The token is
            # first, for that locks the account: who changes its factors takes their locks in that order too.
            async with self._database.transaction() as connection:
                if await self._store.spend_token(connection, hash_opaque(token)) is None:
                    raise SecondFactorExpired
                if await self._codes.spend(connection, holder.account_id, code, device, method) is None:
                    raise WrongCode
                issued = await self._accounts.begin_session(
                    holder.account_id, device, method=method, connection=connection
                )
        except WrongCode:
            await self._refuse(holder.account_id, method, device)
            raise
        _steps.labels(method, "accepted").inc()
        return issued

    async def passkey_options(self, token: str | None) -> Ceremony:
        """What to ask the browser for: a passkey of the token's account, or any passkey that knows whose it is.

        Raises `SecondFactorExpired`.
        """
        challenge, state = generate_challenge(), new_opaque()
        if token is None:
            asked = Challenge(challenge=challenge, purpose="sign-in", account_id=None, second_factor_hash=None)
            options = self._ceremonies.sign_in_options(challenge=challenge, known=[], alone=True)
        else:
            holder = await self._store.try_token(token)
            if holder is None:
                raise SecondFactorExpired
            asked = Challenge(
                challenge=challenge,
                purpose="second-factor",
                account_id=holder.account_id,
                second_factor_hash=hash_opaque(token),
            )
            known = await self._store.passkeys(holder.account_id)
            options = self._ceremonies.sign_in_options(challenge=challenge, known=known, alone=False)
        await self._store.insert_challenge(state, asked)
        return Ceremony(options=options, state=state)

    async def with_passkey(self, state: str, credential: dict[str, Any], device: Device) -> Issued:
        """Begin a session, with the passkey as the second factor or as all there is, as the options were asked for.

        Raises:
            PasskeyRefused: for whatever reason; the log has it.
            SecondFactorExpired: the password it was to stand beside was shown too long ago, or changed.
        """
        asked = await self._store.take_challenge(state, "sign-in", "second-factor")
        if asked is None:
            raise PasskeyRefused("It took too long. Begin again.")
        alone = asked.second_factor_hash is None
        try:
            passkey = await self._find(credential, asked)
            used = self._ceremonies.sign_in(credential, passkey, challenge=asked.challenge, alone=alone)
        except CeremonyFailed as error:
            _log.info("passkey refused", account=str(asked.account_id), reason=str(error))
            await self._refuse(asked.account_id, "passkey", device)
            raise PasskeyRefused from error
        async with self._database.transaction() as connection:
            # First, as above: it locks the account.
            issued = await self._accounts.begin_session(
                passkey.account_id, device, method="passkey", connection=connection
            )
            if asked.second_factor_hash is not None:
                spent = await self._store.spend_token(connection, asked.second_factor_hash)
                if spent is None or spent.account_id != passkey.account_id:
                    raise SecondFactorExpired
            is_news = await self._store.note_passkey_use(
                connection, passkey.id, sign_count=used.sign_count, backed_up=used.backed_up
            )
            if not is_news:
                raise PasskeyRefused
        _steps.labels("passkey", "accepted").inc()
        return issued

    async def _find(self, credential: dict[str, Any], asked: Challenge) -> KnownPasskey:
        """Raises `CeremonyFailed` when there is none, or it is not of whom it has to be."""
        passkey = await self._store.passkey(self._ceremonies.credential_id(credential))
        if passkey is None:
            raise CeremonyFailed("the passkey is not known")
        owner = passkey.account_id
        if asked.account_id is not None and asked.account_id != owner:
            raise CeremonyFailed("the passkey is another account's")
        handle = self._ceremonies.user_handle(credential)
        # Alone, the authenticator has to say whose it is: WebAuthn, 7.2, step 6.
        if (handle is None and asked.account_id is None) or (handle is not None and handle != owner.bytes):
            raise CeremonyFailed("the user handle is not the owner's")
        return passkey

    async def _refuse(self, account: UUID | None, method: str, device: Device) -> None:
        _steps.labels(method, "refused").inc()
        entry = AuditEntry(event="second-factor.refused", account=account, device=device, detail={"method": method})
        await self._audit.record(entry)
