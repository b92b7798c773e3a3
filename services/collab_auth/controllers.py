"""The HTTP interface of the auth service."""

from typing import Annotated, Any

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import CookieParameter, JSONBody

from collab_auth.outbox import Outbox
from collab_auth.passwords import Busy
from collab_auth.problems import EmailTaken, SessionEnded, TooManyAttempts, WrongCredentials
from collab_auth.schemas import Credentials, Registration, Session
from collab_auth.service import Accounts, Issued
from collab_auth.settings import AuthSettings
from collab_kit.errors import InvalidRequest, StoreUnavailable, Unauthenticated, problem_responses
from collab_kit.guard import BEARER_SECURITY, Caller, client_address
from collab_kit.tokens import JwkSet, Signer

__all__ = ["REFRESH_COOKIE", "InternalController", "KeysController", "SessionController"]

REFRESH_COOKIE = "collab_refresh"
_COOKIE_PATH = "/api/auth"

RefreshToken = Annotated[str | None, CookieParameter(name=REFRESH_COOKIE, description="The refresh token.")]


class SessionController(Controller):
    path = "/api/auth"
    tags = ("sessions",)

    @post(
        "/register",
        operation_id="register",
        responses=problem_responses(InvalidRequest, EmailTaken, Busy, StoreUnavailable),
    )
    async def register(
        self,
        data: JSONBody[Registration],
        accounts: NamedDependency[Accounts],
        outbox: NamedDependency[Outbox],
        settings: NamedDependency[AuthSettings],
    ) -> Response[Session]:
        """Make an account and sign in to it."""
        issued = await accounts.register(data)
        await outbox.deliver_now(issued.session.user.id)
        return _with_cookie(issued, settings, status_code=201)

    @post(
        "/sign-in",
        operation_id="signIn",
        status_code=200,
        responses=problem_responses(InvalidRequest, WrongCredentials, TooManyAttempts, Busy, StoreUnavailable),
    )
    async def sign_in(
        self,
        data: JSONBody[Credentials],
        accounts: NamedDependency[Accounts],
        settings: NamedDependency[AuthSettings],
        request: Request[Any, Any, Any],
    ) -> Response[Session]:
        """Begin a session."""
        issued = await accounts.sign_in(data, address=client_address(request))
        return _with_cookie(issued, settings, status_code=200)

    @post(
        "/refresh",
        operation_id="refresh",
        status_code=200,
        responses=problem_responses(SessionEnded, StoreUnavailable),
    )
    async def refresh(
        self,
        accounts: NamedDependency[Accounts],
        settings: NamedDependency[AuthSettings],
        refresh_token: RefreshToken = None,
    ) -> Response[Session]:
        """Trade the refresh cookie for a new one and a new access token."""
        return _with_cookie(await accounts.refresh(refresh_token), settings, status_code=200)

    @post("/sign-out", operation_id="signOut", status_code=204, responses=problem_responses(StoreUnavailable))
    async def sign_out(
        self,
        accounts: NamedDependency[Accounts],
        settings: NamedDependency[AuthSettings],
        refresh_token: RefreshToken = None,
    ) -> Response[None]:
        """End the session and clear its cookie; fine without one too."""
        await accounts.sign_out(refresh_token)
        return Response(None, status_code=204, cookies=[_cookie("", settings, max_age_s=0)])


class KeysController(Controller):
    path = "/.well-known"
    tags = ("keys",)

    @get("/jwks.json", operation_id="keys", sync_to_thread=False)
    def jwks(self, signer: NamedDependency[Signer]) -> Response[JwkSet]:
        """The keys that access tokens are signed with."""
        return Response(signer.jwks, headers={"Cache-Control": "public, max-age=300"})


class InternalController(Controller):
    path = "/internal"
    tags = ("internal",)
    include_in_schema = False

    @get("/verify", status_code=204, security=BEARER_SECURITY, responses=problem_responses(Unauthenticated))
    async def verify(self, principal: Caller) -> Response[None]:
        """Whose access token this is, for the gateway's `auth_request`."""
        return Response(None, status_code=204, headers={"X-Collab-User": str(principal.id)})


def _with_cookie(issued: Issued, settings: AuthSettings, *, status_code: int) -> Response[Session]:
    cookie = _cookie(issued.refresh_token, settings, max_age_s=settings.refresh_token_ttl_s)
    return Response(issued.session, status_code=status_code, cookies=[cookie], headers={"Cache-Control": "no-store"})


def _cookie(value: str, settings: AuthSettings, *, max_age_s: int) -> Cookie:
    return Cookie(
        key=REFRESH_COOKIE,
        value=value,
        path=_COOKIE_PATH,
        max_age=max_age_s,
        httponly=True,
        samesite="strict",
        secure=settings.public_url.startswith("https:"),
    )
