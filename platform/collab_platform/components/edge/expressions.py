"""Rule expressions of Cloudflare's Rules language, from the route table.

https://developers.cloudflare.com/ruleset-engine/rules-language/
"""

from __future__ import annotations

from collections.abc import Iterable

from collab_platform.routes import Route

PATH = "http.request.uri.path"


def quote(text: str) -> str:
    """``text`` as a string literal. Raises ``ValueError`` for what has no place in a path or host name."""
    if not text.isascii() or not text.isprintable() or '"' in text or "\\" in text:
        raise ValueError(f"{text!r} cannot be written into a rule expression")
    return f'"{text}"'


def host_is(hostname: str) -> str:
    """True for requests to ``hostname``: a zone may serve others."""
    return f"http.host eq {quote(hostname)}"


def on_host(hostname: str, condition: str) -> str:
    """``condition``, for this host alone."""
    return f"({host_is(hostname)} and ({condition}))"


def any_of(conditions: Iterable[str]) -> str:
    """True where one of them is."""
    return " or ".join(conditions)


def paths(routes: Iterable[Route]) -> str:
    """True for a path that one of ``routes`` matches."""
    routes = tuple(routes)
    exact = sorted({route.path for route in routes if route.match == "exact"})
    prefixes = sorted({route.path for route in routes if route.match == "prefix"})
    # A prefix of another prefix says it all.
    prefixes = [path for path in prefixes if not any(path != other and path.startswith(other) for other in prefixes)]
    exact = [path for path in exact if not any(path.startswith(prefix) for prefix in prefixes)]
    conditions = [f"{PATH} in {{{' '.join(quote(path) for path in exact)}}}"] if exact else []
    conditions += [f"starts_with({PATH}, {quote(prefix)})" for prefix in prefixes]
    return any_of(conditions)


def below(segments: Iterable[str], *, path: str = PATH) -> str:
    """True for ``/segment`` and all that is below it, for each of ``segments``."""
    return any_of(
        f"{path} eq {quote(f'/{segment}')} or starts_with({path}, {quote(f'/{segment}/')})" for segment in segments
    )
