"""Signing in with a provider: to it and back again, and then to whose account."""

import base64
import time
from collections.abc import Callable, Mapping
from uuid import UUID

from msgspec import Struct
from prometheus_client import Counter

from collab_auth.audit.store import Audit, AuditEntry
from collab_auth.device import Device
from collab_auth.oidc.client import ProviderClient
from collab_auth.oidc.problems import NoSuchProvider, OidcRefused
from collab_auth.oidc.providers import Provider
from collab_auth.oidc.rules import (
    CallbackQuery,
    Flow,
    Identity,
    authorization_url,
    check_callback,
    decode_flow,
    encode_flow,
    new_flow,
    parse_identity,
    parse_subject,
)
from collab_auth.oidc.store import IdentityStore
from collab_auth.outbox import Outbox
from collab_auth.problems import AccountDisabled, EmailNotVerified, EmailTaken, SessionEnded
from collab_auth.queries import Account
from collab_auth.schemas import Issued
from collab_auth.second_factor import SecondFactorNeeded, SecondFactors
from collab_auth.service import Accounts
from collab_kit.database import Database
from collab_kit.errors import InvalidRequest, Unavailable
from collab_kit.logging import get_logger
from collab_kit.sealing import SealBroken, Sealer

__all__ = ["Arrival", "Departure", "Oidc"]

_TRIES = 2

_log = get_logger()
_sign_ins = Counter("collab_auth_oidc_sign_ins_total", "Sign-ins with a provider", ["provider", "outcome"])


class Departure(Struct, frozen=True):
    """Where to send the browser, and the cookie it is to bring back."""

    url: str
    cookie: str


class Arrival(Struct, frozen=True):
    """A session, or what is still owed for one; and where the person was going."""

    outcome: Issued | SecondFactorNeeded
    return_to: str


class Oidc:
    def __init__(
        self,
        *,
        providers: Mapping[str, Provider],
        clients: Mapping[str, ProviderClient],
        database: Database,
        accounts: Accounts,
        second_factors: SecondFactors,
        outbox: Outbox,
        audit: Audit,
        sealer: Sealer,
        public_url: str,
        may_register: bool,
        may_link: bool,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._providers = providers
        self._clients = clients
        self._database = database
        self._store = IdentityStore(database)
        self._accounts = accounts
        self._second_factors = second_factors
        self._outbox = outbox
        self._audit = audit
        self._sealer = sealer
        self._public_url = public_url
        self._may_register = may_register
        self._may_link = may_link
        self._clock = clock

    @property
    def providers(self) -> list[Provider]:
        return list(self._providers.values())

    async def depart(self, provider_id: str, return_to: str) -> Departure:
        """Begin an attempt. Raises `NoSuchProvider`, or `OidcRefused` when the provider cannot be reached."""
        provider, client = self._find(provider_id)
        try:
            metadata = await client.metadata()
        except OidcRefused as refused:
            self._note(provider_id, refused)
            raise
        flow = new_flow(provider_id, return_to, now_s=self._clock())
        url = authorization_url(
            metadata.authorization_endpoint,
            flow,
            client_id=provider.client_id,
            redirect_uri=self._redirect_uri(provider_id),
            scopes=provider.scopes,
        )
        return Departure(url, _to_text(self._sealer.seal(encode_flow(flow))))

    async def arrive(self, provider_id: str, query: CallbackQuery, cookie: str | None, device: Device) -> Arrival:
        """Finish an attempt.

        Raises:
            NoSuchProvider: the address is nobody's.
            OidcRefused: with the code that the page for signing in is told.
        """
        self._find(provider_id)
        try:
            flow = self._open(cookie)
            account = await self._account_of(provider_id, query, flow, device)
            outcome = await self._second_factors.needed(account)
            if outcome is None:
                outcome = await self._accounts.begin_session(account, device, method="oidc")
        except OidcRefused as refused:
            self._note(provider_id, refused)
            raise
        except AccountDisabled as error:
            raise OidcRefused("account-disabled", error.detail) from error
        except EmailNotVerified as error:
            raise OidcRefused("email-not-verified", error.detail) from error
        except (Unavailable, SessionEnded) as error:
            raise OidcRefused("unavailable", error.detail) from error
        _sign_ins.labels(provider_id, "accepted").inc()
        return Arrival(outcome, flow.return_to)

    async def _account_of(self, provider_id: str, query: CallbackQuery, flow: Flow, device: Device) -> UUID:
        provider, client = self._find(provider_id)
        code = check_callback(query, flow, provider=provider_id, now_s=self._clock())
        metadata = await client.metadata()
        # RFC 9207: the answer says whose it is, so that one provider cannot have another's code sent to itself.
        if (query.iss or metadata.authorization_response_iss_parameter_supported) and query.iss != provider.issuer:
            raise OidcRefused("oidc-failed", "the answer is of another issuer")
        tokens = await client.exchange(code, flow, redirect_uri=self._redirect_uri(provider_id))
        claims = await client.claims(tokens.id_token, nonce=flow.nonce)
        subject = parse_subject(claims)
        known = await self._store.use(provider.issuer, subject)
        if known is not None:
            return known
        lacks_email = "email" not in claims and tokens.access_token is not None
        userinfo = await client.userinfo(tokens.access_token or "") if lacks_email else {}
        identity = parse_identity(claims, userinfo)
        for _ in range(_TRIES):
            try:
                return await self._admit(provider, identity, device)
            except EmailTaken:
                # By this person's other tab a moment ago, perhaps, and then it is theirs.
                known = await self._store.use(provider.issuer, subject)
                if known is not None:
                    return known
        raise OidcRefused("oidc-email-taken", "there is an account with that e-mail address")

    async def _admit(self, provider: Provider, identity: Identity, device: Device) -> UUID:
        """The account of somebody new to us. Raises `OidcRefused`, or `EmailTaken`."""
        if identity.email is None:
            raise OidcRefused("oidc-email-missing", "the provider tells no e-mail address")
        if not identity.email_verified:
            raise OidcRefused("oidc-email-not-verified", "the provider has not verified the e-mail address")
        account = await self._accounts.find(identity.email)
        if account is None:
            if not self._may_register:
                raise OidcRefused("oidc-registration-closed", "there is no account, and registration is closed")
            account = await self._make(identity, device)
        # An address that we have not verified may have been registered by somebody who waits for its owner.
        elif not (account.verified and (self._may_link or await self._store.is_unclaimed(account.id))):
            raise EmailTaken
        async with self._database.transaction() as connection:
            if await self._store.insert(connection, provider.issuer, identity.subject, account.id):
                entry = AuditEntry(
                    event="identity.linked",
                    account=account.id,
                    actor=account.id,
                    device=device,
                    detail={"provider": provider.id, "issuer": provider.issuer},
                )
                await self._audit.record(entry, connection)
        known = await self._store.use(provider.issuer, identity.subject)
        if known is None:
            raise OidcRefused("oidc-failed", "the account was removed meanwhile")
        await self._outbox.deliver_now(known)
        return known

    async def _make(self, identity: Identity, device: Device) -> Account:
        email = identity.email or ""
        try:
            name = identity.name or email.partition("@")[0]
            return await self._accounts.create_external(email=email, name=name, device=device)
        except InvalidRequest as error:
            raise OidcRefused("oidc-email-missing", f"the e-mail address is not one: {error.detail}") from error

    def _find(self, provider_id: str) -> tuple[Provider, ProviderClient]:
        """Raises `NoSuchProvider`."""
        provider = self._providers.get(provider_id)
        if provider is None:
            raise NoSuchProvider
        return provider, self._clients[provider_id]

    def _redirect_uri(self, provider_id: str) -> str:
        return f"{self._public_url}/api/auth/oidc/{provider_id}/callback"

    def _open(self, cookie: str | None) -> Flow:
        """Raises `OidcRefused`."""
        try:
            return decode_flow(self._sealer.open(_from_text(cookie or "")))
        except (ValueError, SealBroken) as error:
            raise OidcRefused("oidc-expired", "there is no cookie of ours") from error

    @staticmethod
    def _note(provider_id: str, refused: OidcRefused) -> None:
        _sign_ins.labels(provider_id, refused.code).inc()
        _log.info("sign-in with a provider refused", provider=provider_id, code=refused.code, reason=refused.reason)


def _to_text(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def _from_text(cookie: str) -> bytes:
    """Raises `ValueError`."""
    return base64.b64decode(cookie + "=" * (-len(cookie) % 4), altchars=b"-_", validate=True)
