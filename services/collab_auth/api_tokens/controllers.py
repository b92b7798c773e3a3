"""API tokens over HTTP. They are managed with a session: no token makes or revokes another."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from collab_auth.api_tokens.problems import NoSuchToken, TooManyTokens
from collab_auth.api_tokens.schemas import ApiTokens, CreatedToken, NewToken
from collab_auth.api_tokens.service import ApiTokenService
from collab_auth.device import device_of
from collab_kit.errors import StoreUnavailable, Unauthenticated, problem_responses
from collab_kit.guard import BEARER_SECURITY, Caller, SessionsOnly

__all__ = ["ApiTokenController"]

_ALWAYS = (Unauthenticated, SessionsOnly, StoreUnavailable)


class ApiTokenController(Controller):
    path = "/api/auth/tokens"
    tags = ("API tokens",)
    security = BEARER_SECURITY

    @post("/", operation_id="createToken", responses=problem_responses(TooManyTokens, *_ALWAYS))
    async def create(
        self,
        data: JSONBody[NewToken],
        principal: Caller,
        api_tokens: NamedDependency[ApiTokenService],
        request: Request[Any, Any, Any],
    ) -> Response[CreatedToken]:
        """Make an API token; this answer is the only one that has it."""
        made = await api_tokens.create(principal, data, device_of(request))
        return Response(made, status_code=201, headers={"Cache-Control": "no-store"})

    @get("/", operation_id="listTokens", responses=problem_responses(*_ALWAYS))
    async def page(self, principal: Caller, api_tokens: NamedDependency[ApiTokenService]) -> ApiTokens:
        """One's own API tokens, the latest first, without what they are: 50 at most."""
        return ApiTokens(await api_tokens.list(principal.id))

    @delete("/{token_id:uuid}", operation_id="revokeToken", responses=problem_responses(NoSuchToken, *_ALWAYS))
    async def revoke(
        self,
        token_id: FromPath[UUID],
        principal: Caller,
        api_tokens: NamedDependency[ApiTokenService],
        request: Request[Any, Any, Any],
    ) -> None:
        """Revoke an API token: the gateway lets nobody in with it any more."""
        await api_tokens.revoke(principal, token_id, device_of(request))
