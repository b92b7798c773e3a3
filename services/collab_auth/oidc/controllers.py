"""Signing in with a provider, as a browser walks through it: redirects and cookies, and no JSON on the way."""

from typing import Annotated, Any, Final
from urllib.parse import urlencode

from litestar import Controller, Request, get
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import CookieParameter, FromPath, FromQuery, QueryParameter
from litestar.response import Redirect

from collab_auth.cookies import refresh_cookie
from collab_auth.device import device_of
from collab_auth.oidc.problems import NoSuchProvider, OidcRefused
from collab_auth.oidc.rules import FLOW_TTL_S, CallbackQuery, parse_return_to
from collab_auth.oidc.schemas import ProviderList, ShownProvider
from collab_auth.oidc.service import Oidc
from collab_auth.second_factor import SecondFactorNeeded
from collab_auth.settings import AuthSettings
from collab_kit.errors import problem_responses

__all__ = ["FLOW_COOKIE", "OidcController"]

FLOW_COOKIE: Final = "collab_oidc"
_PATH: Final = "/api/auth/oidc"
_SIGN_IN_PAGE: Final = "/sign-in"
# The address that is left has the code in it.
_PRIVATE: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}

FlowCookie = Annotated[str | None, CookieParameter(name=FLOW_COOKIE, description="Of the attempt that was begun.")]
FlowState = Annotated[str | None, QueryParameter(name="state", description="As it was sent.")]
ReturnTo = Annotated[str | None, QueryParameter(description="A path of this site to end up at; without it `/`.")]


class OidcController(Controller):
    path = _PATH
    tags = ("sign-in with a provider",)

    @get("/", operation_id="listProviders", sync_to_thread=False, responses=problem_responses())
    def page(self, oidc: NamedDependency[Oidc]) -> ProviderList:
        """Who one can sign in with."""
        return ProviderList([ShownProvider(id=provider.id, name=provider.name) for provider in oidc.providers])

    @get(
        "/{provider:str}/start",
        operation_id="startOidc",
        status_code=303,
        responses=problem_responses(NoSuchProvider),
    )
    async def start(
        self,
        provider: FromPath[str],
        oidc: NamedDependency[Oidc],
        settings: NamedDependency[AuthSettings],
        return_to: ReturnTo = None,
    ) -> Redirect:
        """To the provider; or, with `error` in the query, to the page for signing in."""
        try:
            departure = await oidc.depart(provider, parse_return_to(return_to))
        except OidcRefused as refused:
            return _refusal(refused, settings)
        cookie = _flow_cookie(departure.cookie, settings, max_age_s=FLOW_TTL_S)
        return Redirect(departure.url, status_code=303, cookies=[cookie], headers=_PRIVATE)

    @get(
        "/{provider:str}/callback",
        operation_id="finishOidc",
        status_code=303,
        responses=problem_responses(NoSuchProvider),
    )
    async def callback(
        self,
        provider: FromPath[str],
        oidc: NamedDependency[Oidc],
        settings: NamedDependency[AuthSettings],
        request: Request[Any, Any, Any],
        *,
        code: FromQuery[str | None] = None,
        flow_state: FlowState = None,
        iss: FromQuery[str | None] = None,
        error: FromQuery[str | None] = None,
        flow: FlowCookie = None,
    ) -> Redirect:
        """Back from the provider, signed in; or to the page for signing in, with `error` or what else is needed."""
        query = CallbackQuery(code=code, state=flow_state, iss=iss, error=error)
        try:
            arrival = await oidc.arrive(provider, query, flow, device_of(request))
        except OidcRefused as refused:
            return _refusal(refused, settings)
        cookies = [_flow_cookie("", settings, max_age_s=0)]
        if isinstance(arrival.outcome, SecondFactorNeeded):
            return Redirect(
                _second_step(arrival.outcome, arrival.return_to), status_code=303, cookies=cookies, headers=_PRIVATE
            )
        cookies.append(refresh_cookie(arrival.outcome.refresh_token, settings))
        return Redirect(arrival.return_to, status_code=303, cookies=cookies, headers=_PRIVATE)


def _refusal(refused: OidcRefused, settings: AuthSettings) -> Redirect:
    cookie = _flow_cookie("", settings, max_age_s=0)
    target = f"{_SIGN_IN_PAGE}?{urlencode({'error': refused.code})}"
    return Redirect(target, status_code=303, cookies=[cookie], headers=_PRIVATE)


def _second_step(needed: SecondFactorNeeded, return_to: str) -> str:
    """In the fragment, which no server gets to see: neither in a log nor in a referrer."""
    offer = needed.second_factor
    told = {"second_factor": offer.token, "methods": ",".join(offer.methods), "return_to": return_to}
    return f"{_SIGN_IN_PAGE}#{urlencode(told)}"


def _flow_cookie(value: str, settings: AuthSettings, *, max_age_s: int) -> Cookie:
    return Cookie(
        key=FLOW_COOKIE,
        value=value,
        path=_PATH,
        max_age=max_age_s,
        httponly=True,
        # Not strict: it has to come along when the provider sends the browser back.
        samesite="lax",
        secure=settings.public_url.startswith("https:"),
    )
