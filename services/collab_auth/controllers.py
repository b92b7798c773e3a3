"""The HTTP interface of the auth service."""

from typing import Annotated, Any, cast

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import CookieParameter, JSONBody

from collab_auth.cookies import REFRESH_COOKIE, cleared_cookie, session_answer
from collab_auth.csrf import CrossSite, require_same_origin
from collab_auth.device import device_of
from collab_auth.keys.service import SigningKeys
from collab_auth.outbox import Outbox
from collab_auth.passwords import Busy
from collab_auth.problems import (
    AccountDisabled,
    EmailNotVerified,
    EmailTaken,
    RegistrationClosed,
    SessionEnded,
    TooManyAttempts,
    WrongCredentials,
)
from collab_auth.recovery.postman import Postman
from collab_auth.schemas import Credentials, Registration, RegistrationPending, Session
from collab_auth.second_factor import SecondFactorNeeded
from collab_auth.service import Accounts
from collab_auth.settings import AuthSettings
from collab_kit.errors import StoreUnavailable, problem_responses
from collab_kit.tokens import JwkSet

__all__ = ["KeysController", "SessionController"]

RefreshToken = Annotated[str | None, CookieParameter(name=REFRESH_COOKIE, description="The refresh token.")]


class SessionController(Controller):
    path = "/api/auth"
    tags = ("sessions",)

    @post(
        "/register",
        operation_id="register",
        responses={
            202: ResponseSpec(
                RegistrationPending, description="Registration is `verified`: the mail says what is next."
            ),
            **problem_responses(EmailTaken, RegistrationClosed, CrossSite, TooManyAttempts, Busy, StoreUnavailable),
        },
    )
    async def register(
        self,
        data: JSONBody[Registration],
        accounts: NamedDependency[Accounts],
        outbox: NamedDependency[Outbox],
        postman: NamedDependency[Postman],
        settings: NamedDependency[AuthSettings],
        *,
        request: Request[Any, Any, Any],
    ) -> Response[Session]:
        """Make an account and sign in to it, or where e-mail addresses are verified first, ask for a mail."""
        require_same_origin(request, settings)
        match settings.registration:
            case "closed":
                raise RegistrationClosed("Ask an administrator for an account.")
            case "verified":
                pending = RegistrationPending(email=await accounts.register_quietly(data, device_of(request)))
                postman.call()
                return cast("Response[Session]", Response(pending, status_code=202))
            case "open":
                issued = await accounts.register(data, device_of(request))
                postman.call()
                await outbox.deliver_now(issued.session.user.id)
                return session_answer(issued, settings, status_code=201)

    @post(
        "/sign-in",
        operation_id="signIn",
        status_code=200,
        responses=problem_responses(
            WrongCredentials, AccountDisabled, EmailNotVerified, CrossSite, TooManyAttempts, Busy, StoreUnavailable
        ),
    )
    async def sign_in(
        self,
        data: JSONBody[Credentials],
        accounts: NamedDependency[Accounts],
        settings: NamedDependency[AuthSettings],
        request: Request[Any, Any, Any],
    ) -> Response[Session | SecondFactorNeeded]:
        """Begin a session, or learn what is to be shown beside the password."""
        require_same_origin(request, settings)
        outcome = await accounts.sign_in(data, device=device_of(request))
        if isinstance(outcome, SecondFactorNeeded):
            return Response(outcome, status_code=200, headers={"Cache-Control": "no-store"})
        return cast("Response[Session | SecondFactorNeeded]", session_answer(outcome, settings))

    @post(
        "/refresh",
        operation_id="refresh",
        status_code=200,
        responses=problem_responses(SessionEnded, CrossSite, StoreUnavailable),
    )
    async def refresh(
        self,
        accounts: NamedDependency[Accounts],
        settings: NamedDependency[AuthSettings],
        request: Request[Any, Any, Any],
        refresh_token: RefreshToken = None,
    ) -> Response[Session]:
        """Trade the refresh cookie for a new one and a new access token."""
        require_same_origin(request, settings)
        return session_answer(await accounts.refresh(refresh_token), settings)

    @post(
        "/sign-out",
        operation_id="signOut",
        status_code=204,
        responses={204: ResponseSpec(None, description="Signed out"), **problem_responses(CrossSite, StoreUnavailable)},
    )
    async def sign_out(
        self,
        accounts: NamedDependency[Accounts],
        settings: NamedDependency[AuthSettings],
        request: Request[Any, Any, Any],
        refresh_token: RefreshToken = None,
    ) -> Response[None]:
        """End the session and clear its cookie; fine without one too."""
        require_same_origin(request, settings)
        await accounts.sign_out(refresh_token, device_of(request))
        return Response(None, status_code=204, cookies=[cleared_cookie(settings)])


class KeysController(Controller):
    path = "/.well-known"
    tags = ("keys",)

    @get("/jwks.json", operation_id="keys", sync_to_thread=False)
    def jwks(self, signing_keys: NamedDependency[SigningKeys]) -> Response[JwkSet]:
        """The keys that access tokens are, were a moment ago, or will be signed with."""
        return Response(signing_keys.jwks, headers={"Cache-Control": "public, max-age=60"})
