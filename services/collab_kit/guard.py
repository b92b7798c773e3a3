"""Who is calling: a person with an access token, or another service with the internal token.

Forbidden   InternalOnly, AdminsOnly, ScopeMissing, SessionsOnly
"""

from collections.abc import Callable
from ipaddress import ip_address
from typing import Any, Final, Literal, TypeAlias
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
    "ADMIN_SCOPE",
    "BEARER_SECURITY",
    "SCOPES",
    "AdminsOnly",
    "Area",
    "Caller",
    "InternalOnly",
    "Principal",
    "ScopeMissing",
    "SessionsOnly",
    "client_address",
    "internal_guard",
    "principal_dependency",
    "principal_of",
    "require_admin",
    "require_scope",
]

Area = Literal["documents", "profile"]
"""What an API token may be let into, for reading or for writing."""
ADMIN_SCOPE: Final = "admin"
SCOPES: Final = ("documents:read", "documents:write", "profile:read", "profile:write", ADMIN_SCOPE)
"""All that an API token can be given. Writing does not include reading."""

BEARER_SECURITY: list[dict[str, list[str]]] = [{"accessToken": []}]
"""Goes into `security=` of a route whose handler takes a `principal`."""


class Principal(Struct, frozen=True):
    """The person an access token was issued to."""

    id: UUID
    email: str
    session_id: UUID
    is_admin: bool = False
    scopes: frozenset[str] | None = None
    """What an API token may do; `None` is a session, which may do everything."""


Caller: TypeAlias = NamedDependency[Principal]
"""The type of a handler's parameter `principal`."""


class InternalOnly(Forbidden):
    slug = "internal-only"
    title = "Only services of this environment may call this"


class AdminsOnly(Forbidden):
    slug = "admins-only"
    title = "Only administrators may do this"


class ScopeMissing(Forbidden):
    slug = "scope-missing"
    title = "The API token does not have the scope for this"


class SessionsOnly(Forbidden):
    slug = "sessions-only"
    title = "This cannot be done with an API token"


def principal_dependency(verifier: Verifier[AccessClaims], *, area: Area | None = None) -> Provide:
    """The dependency `principal`: a handler that names it answers 401 to whoever has no valid access token.

    API tokens get 403 without the scope `<area>:read` for GET and HEAD, and `<area>:write` for everything else; with
    no `area` they always do.
    """

    async def provide_principal(request: Request[Any, Any, Any]) -> Principal:
        principal = await principal_of(request.headers.get("authorization"), verifier)
        require_scope(principal, area, reads=request.method in {"GET", "HEAD"})
        return principal

    return Provide(provide_principal)


def require_scope(principal: Principal, area: Area | None, *, reads: bool) -> None:
    """Raises `ScopeMissing`, or `SessionsOnly` where there is no area for API tokens; sessions may do everything."""
    if principal.scopes is None:
        return
    if area is None:
        raise SessionsOnly("Sign in, and use the access token of the session.")
    needed = f"{area}:{'read' if reads else 'write'}"
    if needed not in principal.scopes:
        raise ScopeMissing(f"Expected an API token with the scope {needed}.")


def require_admin(principal: Principal) -> None:
    """Raises `AdminsOnly`, and `ScopeMissing` when it is an administrator whose API token may not act as one."""
    if not principal.is_admin:
        raise AdminsOnly
    if principal.scopes is not None and ADMIN_SCOPE not in principal.scopes:
        raise ScopeMissing(f"Expected an API token with the scope {ADMIN_SCOPE}.")


async def principal_of(authorization: str | None, verifier: Verifier[AccessClaims]) -> Principal:
    """Raises `Unauthenticated` when the header is missing or its token is not valid."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("Send an access token: Authorization: Bearer <token>.")
    try:
        claims = await verifier.verify(token.strip())
    except InvalidToken as error:
        raise Unauthenticated(str(error)) from error
    return Principal(
        id=claims.sub,
        email=claims.email,
        session_id=claims.sid,
        is_admin=claims.adm,
        scopes=None if claims.scp is None else frozenset(claims.scp.split()),
    )


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
