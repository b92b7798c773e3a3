"""What the gateway asks before it lets a request in: whose token is this, and is it still good?"""

from typing import Any, Protocol
from uuid import UUID

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from collab_auth.api_tokens.rules import PREFIX
from collab_auth.service import Accounts
from collab_auth.sessions.liveness import Liveness
from collab_kit.errors import StoreUnavailable, Unauthenticated, problem_responses
from collab_kit.guard import BEARER_SECURITY, principal_of
from collab_kit.tokens import AccessClaims, Verifier

__all__ = ["ApiTokenUse", "ApiTokens", "Edge", "EdgeController"]

EDGE_TOKEN_TTL_S = 60


class ApiTokenUse(Struct, frozen=True, kw_only=True):
    """A living API token."""

    id: UUID
    account_id: UUID
    scopes: frozenset[str]


class ApiTokens(Protocol):
    async def resolve(self, token: str) -> ApiTokenUse | None:
        """What the token stands for; `None` when it is unknown, expired or revoked. Raises `StoreUnavailable`."""
        ...


class Verified(Struct, frozen=True):
    account: UUID
    access_token: str | None = None
    """What to send on instead of what came, when that was no access token."""


class Edge:
    def __init__(
        self, *, verifier: Verifier[AccessClaims], liveness: Liveness, accounts: Accounts, api_tokens: ApiTokens
    ) -> None:
        self._verifier = verifier
        self._liveness = liveness
        self._accounts = accounts
        self._api_tokens = api_tokens

    async def verify(self, authorization: str | None) -> Verified:
        """Raises `Unauthenticated`: no token, none of ours, or one whose session or account has come to its end."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() == "bearer" and token.strip().startswith(PREFIX):
            return await self._exchange(token.strip())
        principal = await principal_of(authorization, self._verifier)
        if principal.scopes is not None:
            # The short token an API token is exchanged for; it is meant for the services, and lives for a minute.
            account = await self._accounts.get(principal.id)
            living = account is not None and not account.disabled and (account.is_admin or not principal.is_admin)
        else:
            living = await self._liveness.is_living(principal.session_id, principal.id, as_admin=principal.is_admin)
        if not living:
            raise Unauthenticated("The session has ended. Sign in again.")
        return Verified(principal.id)

    async def _exchange(self, token: str) -> Verified:
        use = await self._api_tokens.resolve(token)
        account = await self._accounts.get(use.account_id) if use else None
        if use is None or account is None or account.disabled:
            raise Unauthenticated("The API token is not valid, or not any more.")
        access_token = self._accounts.sign_scoped(account, token_id=use.id, scopes=use.scopes, ttl_s=EDGE_TOKEN_TTL_S)
        return Verified(account.id, access_token)


class EdgeController(Controller):
    path = "/internal"
    tags = ("internal",)
    include_in_schema = False

    @get(
        "/verify",
        status_code=204,
        security=BEARER_SECURITY,
        responses=problem_responses(Unauthenticated, StoreUnavailable),
    )
    async def verify(self, edge: NamedDependency[Edge], request: Request[Any, Any, Any]) -> Response[None]:
        """Whose access token this is, for the gateway's `auth_request`; an API token is exchanged for one."""
        verified = await edge.verify(request.headers.get("authorization"))
        headers = {"X-Collab-User": str(verified.account), "Cache-Control": "no-store"}
        if verified.access_token is not None:
            headers["X-Collab-Authorization"] = f"Bearer {verified.access_token}"
        return Response(None, status_code=204, headers=headers)
