"""Puts the parts of second factors together: what sign-in needs of them first, and then what needs sign-in."""

from collections.abc import Mapping

from collab_auth.audit.store import Audit
from collab_auth.factors.ceremonies import Ceremonies
from collab_auth.factors.codes import Codes
from collab_auth.factors.gate import FactorGate
from collab_auth.factors.passkeys import Passkeys
from collab_auth.factors.proofs import Proofs
from collab_auth.factors.rules import RelyingParty
from collab_auth.factors.second_step import SecondStep
from collab_auth.factors.store import FactorStore
from collab_auth.factors.totp import Totp
from collab_auth.service import Accounts
from collab_auth.settings import AuthSettings
from collab_kit.database import Database
from collab_kit.sealing import Sealer

__all__ = ["Factors"]


class Factors:
    def __init__(self, *, database: Database, audit: Audit, settings: AuthSettings) -> None:
        """Raises `SettingsError` when the signing key is not one."""
        self._database = database
        self._audit = audit
        self._public_url = settings.public_url
        self._store = FactorStore(database)
        self._codes = Codes(store=self._store, sealer=Sealer(settings.signing_key, purpose="auth/totp"), audit=audit)
        self.gate = FactorGate(self._store)

    def parts(self, accounts: Accounts) -> Mapping[str, object]:
        """What the controllers ask for, by the names they ask by."""
        database, store, codes, audit = self._database, self._store, self._codes, self._audit
        ceremonies = Ceremonies(RelyingParty.of(self._public_url))
        proofs = Proofs(database=database, store=store, codes=codes, accounts=accounts, audit=audit)
        totp = Totp(
            database=database, store=store, codes=codes, proofs=proofs, audit=audit, public_url=self._public_url
        )
        passkeys = Passkeys(database=database, store=store, ceremonies=ceremonies, proofs=proofs, audit=audit)
        second_step = SecondStep(
            database=database, store=store, codes=codes, ceremonies=ceremonies, accounts=accounts, audit=audit
        )
        return {"totp": totp, "passkeys": passkeys, "second_step": second_step}

    async def purge(self) -> None:
        """Delete what is over, at most so much at a time."""
        await self._store.purge()
