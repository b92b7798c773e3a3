"""The providers of `COLLAB_OIDC_PROVIDERS_FILE`."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from collab_kit.settings import Secret, SettingsError

__all__ = ["Provider", "parse_providers"]

_VARIABLE = "COLLAB_OIDC_PROVIDERS_FILE"
_EXPECTED = (
    "expected a JSON list of {id, name, issuer, client_id, client_secret, scopes?}, "
    'for example [{"id": "corp", "name": "Corp", "issuer": "https://id.example.org", "client_id": "collab", '
    '"client_secret": "..."}]'
)

ProviderId = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,30}$")]
Text = Annotated[str, Meta(min_length=1, max_length=500)]
Issuer = Annotated[str, Meta(pattern=r"^https?://[^\s?#@]+$", max_length=500)]
Scopes = Annotated[str, Meta(pattern=r"^[\x21-\x7e]+( [\x21-\x7e]+)*$", max_length=500)]


class _Entry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: ProviderId
    name: Annotated[str, Meta(min_length=1, max_length=80)]
    issuer: Issuer
    client_id: Text
    client_secret: Text
    scopes: Scopes = "openid email profile"


class Provider(Struct, frozen=True, kw_only=True):
    id: str
    name: str
    issuer: str
    """Exactly as the provider spells itself, slash at the end or not."""
    client_id: str
    client_secret: Secret
    scopes: str


def parse_providers(secret: Secret | None) -> dict[str, Provider]:
    """By id, in the order of the file. Raises `SettingsError`, which says nothing of what is in the file."""
    if secret is None:
        return {}
    try:
        entries = msgspec.json.decode(secret.reveal(), type=Annotated[list[_Entry], Meta(max_length=20)])
    except msgspec.ValidationError as error:
        # It names the place and the rule, never the value.
        raise SettingsError(f"{_VARIABLE} is wrong: {error}; {_EXPECTED}") from None
    except msgspec.DecodeError:
        raise SettingsError(f"{_VARIABLE} is wrong: it is no JSON; {_EXPECTED}") from None
    providers: dict[str, Provider] = {}
    for entry in entries:
        if entry.id in providers:
            raise SettingsError(f"{_VARIABLE} is wrong: two providers have the id {entry.id}")
        if "openid" not in entry.scopes.split():
            raise SettingsError(f"{_VARIABLE} is wrong: expected openid among the scopes of {entry.id}")
        providers[entry.id] = Provider(
            id=entry.id,
            name=entry.name,
            issuer=entry.issuer,
            client_id=entry.client_id,
            client_secret=Secret(entry.client_secret),
            scopes=entry.scopes,
        )
    return providers
