"""The rules of webhooks, as functions of their input alone."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final, Literal
from urllib.parse import urlsplit

from collab_kit.errors import FieldError, InvalidRequest

__all__ = [
    "EXCERPT_CHARS",
    "MAX_ATTEMPTS",
    "PAGE_LIMIT_MAX",
    "EventName",
    "excerpt",
    "is_public",
    "parse_events",
    "parse_url",
    "retry_delay_s",
]

PAGE_LIMIT_MAX: Final = 100
MAX_URL_CHARS: Final = 2000
EXCERPT_CHARS: Final = 500

EventName = Literal[
    "document.created",
    "document.renamed",
    "document.trashed",
    "document.restored",
    "document.deleted",
    "document.edited",
    "member.changed",
    "comment.created",
]

_DELAYS_S: Final = (5, 30, 120, 600, 1800, 3600, 7200, 14_400, 21_600, 36_000)
"""Between attempts; all together 23.7 hours."""
_JITTER: Final = 0.1
MAX_ATTEMPTS: Final = len(_DELAYS_S) + 1

_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")


def parse_url(url: str, *, allow_http: bool, allow_private: bool) -> str:
    """Raises `InvalidRequest`. What the name in it leads to is checked at every delivery, not here."""
    if len(url) > MAX_URL_CHARS or not url.isascii() or not url.isprintable() or " " in url:
        raise _wrong("url", f"Expected an address of at most {MAX_URL_CHARS} ASCII characters without blanks.")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise _wrong("url", "Expected an address such as https://example.org/hook.") from None
    schemes = ("https", "http") if allow_http else ("https",)
    if parts.scheme not in schemes or not host:
        raise _wrong("url", f"Expected an address that begins with {' or '.join(f'{each}://' for each in schemes)}.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise _wrong("url", "Expected an address without user, password and fragment.")
    if not allow_private and not _may_be_public(host):
        raise _wrong("url", "Expected an address that is reachable from the internet.")
    return url


def parse_events(events: list[EventName]) -> list[EventName]:
    """Each once, in order. Raises `InvalidRequest` when there are none."""
    if not events:
        raise _wrong("events", "Expected at least one event.")
    return sorted(set(events))


def is_public(address: str) -> bool:
    """Whether an address of a name may be connected to: nothing of this machine or network, nor a way around that."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if inner is not None:
            return _is_public(inner)
        return found in _GLOBAL_UNICAST and _is_public(found)
    return _is_public(found)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not address.is_multicast and not address.is_reserved


def _may_be_public(host: str) -> bool:
    try:
        return is_public(host)
    except ValueError:  # a name
        return host != "localhost" and not host.endswith((".localhost", ".local", ".internal"))


def retry_delay_s(attempts: int, chance: float) -> float | None:
    """How long to wait after `attempts` that failed, `None` for no longer; `chance` from 0 to 1 spreads retries."""
    if attempts >= MAX_ATTEMPTS:
        return None
    return _DELAYS_S[attempts - 1] * (1 + _JITTER * (2 * chance - 1))


def excerpt(body: bytes) -> str:
    """The beginning of an answer, fit to be stored and shown."""
    text = body.decode("utf-8", "replace")
    return "".join(each if each.isprintable() or each in "\n\t" else "\N{REPLACEMENT CHARACTER}" for each in text)[
        :EXCERPT_CHARS
    ]


def _wrong(field: str, message: str) -> InvalidRequest:
    return InvalidRequest("The webhook is not valid.", errors=[FieldError(field, message)])
