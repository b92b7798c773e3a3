"""What is refused about signing in with a provider.

NotFound      NoSuchProvider      the only one told as a problem: no browser is on its way yet
OidcRefused                       told to the page for signing in, by a code; a person in a browser reads no JSON
"""

from typing import Literal

from collab_kit.errors import NotFound

__all__ = ["NoSuchProvider", "OidcRefused", "RefusalCode"]

RefusalCode = Literal[
    "oidc-cancelled",
    "oidc-expired",
    "oidc-failed",
    "oidc-provider-unavailable",
    "oidc-email-missing",
    "oidc-email-not-verified",
    "oidc-email-taken",
    "oidc-registration-closed",
    "account-disabled",
    "email-not-verified",
    "unavailable",
]


class NoSuchProvider(NotFound):
    slug = "no-such-provider"
    title = "There is no such provider to sign in with"


class OidcRefused(Exception):  # noqa: N818  # named for what it says
    """`code` is what the page is told; `reason` is for the log, and has nothing secret in it."""

    def __init__(self, code: RefusalCode, reason: str) -> None:
        super().__init__(reason)
        self.code: RefusalCode = code
        self.reason = reason
