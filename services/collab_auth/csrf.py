"""Requests that browsers make of their own accord carry the cookie: those that another site began are refused.

`SameSite=Strict` keeps the cookie from them already; this is for sibling subdomains, and for old browsers.
"""

from typing import Any
from urllib.parse import urlsplit

from litestar import Request

from collab_auth.settings import AuthSettings
from collab_kit.errors import Forbidden

__all__ = ["CrossSite", "is_cross_site", "require_same_origin"]


class CrossSite(Forbidden):
    slug = "cross-site"
    title = "Another site began this request"


def require_same_origin(request: Request[Any, Any, Any], settings: AuthSettings) -> None:
    """Raises `CrossSite`."""
    headers = request.headers
    if is_cross_site(headers.get("sec-fetch-site"), headers.get("origin"), public_url=settings.public_url):
        raise CrossSite(f"Expected a request from a page of {settings.public_url}.")


def is_cross_site(sec_fetch_site: str | None, origin: str | None, *, public_url: str) -> bool:
    """Whether a browser says so; other programs send neither header, and have no cookies that others gave them.

    `Sec-Fetch-Site` decides where there is one: it compares with the address that the browser used, which scripts can
    neither set nor change. `Origin` of browsers without it has to be that of the public URL.
    """
    if sec_fetch_site is not None:
        return sec_fetch_site not in {"same-origin", "none"}
    return origin is not None and _origin_of(origin) != _origin_of(public_url)


def _origin_of(url: str) -> tuple[str, str, int | None] | None:
    """`None`, which no public URL has, for what is none: `null`, say."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname else None
