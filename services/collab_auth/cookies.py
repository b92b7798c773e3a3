"""The refresh token's cookie, and the answer that begins or continues a session."""

from litestar import Response
from litestar.datastructures import Cookie

from collab_auth.schemas import Issued, Session
from collab_auth.settings import AuthSettings

__all__ = ["REFRESH_COOKIE", "cleared_cookie", "refresh_cookie", "session_answer"]

REFRESH_COOKIE = "collab_refresh"
_COOKIE_PATH = "/api/auth"


def session_answer(issued: Issued, settings: AuthSettings, *, status_code: int = 200) -> Response[Session]:
    """The access token in the body, the refresh token in the cookie; kept by no cache."""
    return Response(
        issued.session,
        status_code=status_code,
        cookies=[refresh_cookie(issued.refresh_token, settings)],
        headers={"Cache-Control": "no-store"},
    )


def refresh_cookie(refresh_token: str, settings: AuthSettings) -> Cookie:
    return _cookie(refresh_token, settings, max_age_s=settings.refresh_token_ttl_s)


def cleared_cookie(settings: AuthSettings) -> Cookie:
    return _cookie("", settings, max_age_s=0)


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
