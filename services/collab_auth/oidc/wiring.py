"""Puts the parts of signing in with a provider together."""

from collab_auth.audit.store import Audit
from collab_auth.oidc.client import ProviderClient
from collab_auth.oidc.providers import parse_providers
from collab_auth.oidc.service import Oidc
from collab_auth.outbox import Outbox
from collab_auth.second_factor import SecondFactors
from collab_auth.service import Accounts
from collab_auth.settings import AuthSettings
from collab_kit.database import Database
from collab_kit.sealing import Sealer

__all__ = ["make_oidc"]


def make_oidc(
    *,
    settings: AuthSettings,
    database: Database,
    accounts: Accounts,
    second_factors: SecondFactors,
    outbox: Outbox,
    audit: Audit,
) -> Oidc:
    """Raises `SettingsError` when the list of providers is wrong."""
    providers = parse_providers(settings.oidc_providers)
    return Oidc(
        providers=providers,
        clients={key: ProviderClient(provider, ca_file=settings.ca_file) for key, provider in providers.items()},
        database=database,
        accounts=accounts,
        second_factors=second_factors,
        outbox=outbox,
        audit=audit,
        sealer=Sealer(settings.signing_key, purpose="auth/oidc"),
        public_url=settings.public_url,
        may_register=settings.registration != "closed",
        may_link=settings.oidc_link_verified_email,
    )
