"""Who is calling: a person with an access token, or another service with the internal token."""

from collections.abc import Callable
from ipaddress import ip_address
from typing import Any, TypeAlias
from uuid import UUID

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency, Provide
from litestar.handlers import BaseRouteHandler
from msgspec import Struct

from collab_kit.errors import Forbidden, Unauthenticated
from collab_kit.http import INTERNAL_HEADER
from collab_kit.settings import Secret
from collab_kit.tokens import AccessClaims, InvalidToken, Verifier

__all__ = [
    "BEARER_SECURITY",
    "Caller",
    "InternalOnly",
    "Principal",
    "client_address",
    "internal_guard",
    "principal_dependency",
    "principal_of",
]

BEARER_SECURITY: list[dict[str, list[str]]] = [{"accessToken": []}]
"""Goes into `security=` of a route whose handler takes a `principal`."""


class Principal(Struct, frozen=True):
    """The person an access token was issued to."""

    id: UUID
    email: str
    session_id: UUID


Caller: TypeAlias = NamedDependency[Principal]
"""The type of a handler's parameter `principal`."""


class InternalOnly(Forbidden):
    slug = "internal-only"
    title = "Only services of this environment may call this"


def principal_dependency(verifier: Verifier[AccessClaims]) -> Provide:
    """The dependency `principal`: a handler that names it answers 401 to whoever has no valid access token."""

    async def provide_principal(request: Request[Any, Any, Any]) -> Principal:
        return await principal_of(request.headers.get("authorization"), verifier)

    return Provide(provide_principal)


async def principal_of(authorization: str | None, verifier: Verifier[AccessClaims]) -> Principal:
    """Raises `Unauthenticated` when the header is missing or its token is not valid."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("Send an access token: Authorization: Bearer <token>.")
    try:
        claims = await verifier.verify(token.strip())
    except InvalidToken as error:
        raise Unauthenticated(str(error)) from error
    return Principal(id=claims.sub, email=claims.email, session_id=claims.sid)


def internal_guard(
    token: Secret,
) -> Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], None]:
    """A guard for `/internal/*` routes."""

    def require_internal_token(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        if not token.matches(connection.headers.get(INTERNAL_HEADER.lower(), "")):
            raise InternalOnly

    return require_internal_token


def client_address(request: Request[Any, Any, Any]) -> str:
    """Where the request came from, as the gateway says in `X-Forwarded-For`, which it sets over what the client sent.

    Of several addresses the last counts: the others are what someone further away claims.
    """
    stated = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    try:
        return str(ip_address(stated))
    except ValueError:
        return request.client.host if request.client else "unknown"
