"""What the HTTP interface for signing in with a provider answers."""

from typing import Annotated

from msgspec import Meta, Struct

__all__ = ["ProviderList", "ShownProvider"]


class ShownProvider(Struct, frozen=True, kw_only=True):
    id: Annotated[str, Meta(description="For `/api/auth/oidc/{id}/start`.", examples=["corp"])]
    name: Annotated[str, Meta(description="For the button.", examples=["Example Corporation"])]


class ProviderList(Struct, frozen=True):
    """20 at most, in the operator's order."""

    providers: list[ShownProvider]
