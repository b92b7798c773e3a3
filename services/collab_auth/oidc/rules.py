"""The rules of signing in with a provider, as functions of their input alone."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import msgspec
from msgspec import Struct

from collab_auth.oidc.problems import OidcRefused
from collab_kit.errors import FieldError, InvalidRequest

__all__ = [
    "FLOW_TTL_S",
    "CallbackQuery",
    "Flow",
    "Identity",
    "authorization_url",
    "check_callback",
    "decode_flow",
    "encode_flow",
    "new_flow",
    "parse_identity",
    "parse_return_to",
    "parse_subject",
]

FLOW_TTL_S: Final = 600
"""How long somebody may take at the provider."""
MAX_RETURN_TO_CHARS: Final = 1000
MAX_SUBJECT_CHARS: Final = 255
MAX_NAME_CHARS: Final = 80


class Flow(Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="flow-1"):
    """One attempt of one browser, in a cookie that only we can read and that only this browser has."""

    provider: str
    state: str
    nonce: str
    verifier: str
    """Of PKCE: who stole the code has not got this."""
    return_to: str
    expires_at: int


class CallbackQuery(Struct, frozen=True, kw_only=True):
    """What the provider had the browser bring."""

    code: str | None = None
    state: str | None = None
    iss: str | None = None
    error: str | None = None


class Identity(Struct, frozen=True, kw_only=True):
    """What a provider says of a person, once it is proved to be the provider that says it."""

    subject: str
    email: str | None
    email_verified: bool
    name: str | None


def parse_return_to(path: str | None) -> str:
    """A path of our own, or `/`. Raises `InvalidRequest` for what a browser could take for another site's address."""
    if path is None:
        return "/"
    # `//host` and `/\host` are other sites to a browser, which also drops tabs and line breaks before it looks.
    fine = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    parts = urlsplit(path) if fine else None
    if parts is None or parts.scheme or parts.netloc or len(path) > MAX_RETURN_TO_CHARS or not path.isascii():
        error = FieldError("return_to", "Expected a path of this site, for example /documents.")
        raise InvalidRequest("Where to return to is not a path of this site.", errors=[error])
    return path


def new_flow(provider: str, return_to: str, *, now_s: float) -> Flow:
    return Flow(
        provider=provider,
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
        return_to=return_to,
        expires_at=int(now_s) + FLOW_TTL_S,
    )


def encode_flow(flow: Flow) -> bytes:
    return msgspec.json.encode(flow)


def decode_flow(content: bytes) -> Flow:
    """Raises `OidcRefused`."""
    try:
        return msgspec.json.decode(content, type=Flow)
    except msgspec.DecodeError as error:
        raise OidcRefused("oidc-expired", "the cookie is of another version") from error


def authorization_url(endpoint: str, flow: Flow, *, client_id: str, redirect_uri: str, scopes: str) -> str:
    challenge = base64.urlsafe_b64encode(hashlib.sha256(flow.verifier.encode()).digest()).rstrip(b"=").decode()
    query = urlencode(
        {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": redirect_uri,
            "scope": scopes,
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
    )
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{query}"


def check_callback(query: CallbackQuery, flow: Flow, *, provider: str, now_s: float) -> str:
    """The code, if this browser began this attempt, with this provider, not long ago. Raises `OidcRefused`."""
    if flow.provider != provider:
        raise OidcRefused("oidc-failed", "the answer came to another provider's address")
    if not hmac.compare_digest(flow.state.encode(), (query.state or "").encode()):
        raise OidcRefused("oidc-failed", "the state is not the one that was sent")
    if now_s > flow.expires_at:
        raise OidcRefused("oidc-expired", "the attempt was begun too long ago")
    if query.error is not None:
        cancelled = query.error in {"access_denied", "login_required", "consent_required", "interaction_required"}
        reason = "".join(each for each in query.error[:80] if each.isprintable())
        raise OidcRefused("oidc-cancelled" if cancelled else "oidc-failed", f"the provider says: {reason}")
    if not query.code:
        raise OidcRefused("oidc-failed", "there is no code")
    return query.code


def parse_subject(claims: Mapping[str, Any]) -> str:
    """Raises `OidcRefused`."""
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 1 <= len(subject) <= MAX_SUBJECT_CHARS or "\x00" in subject:
        raise OidcRefused("oidc-failed", "the subject is not one")
    return subject


def parse_identity(claims: Mapping[str, Any], userinfo: Mapping[str, Any]) -> Identity:
    """Of the ID token, and for what it lacks of the user info of the same subject. Raises `OidcRefused`."""
    subject = parse_subject(claims)
    if userinfo and userinfo.get("sub") != subject:
        raise OidcRefused("oidc-failed", "the user info is of another subject")
    # Together from one place: an address from here is not verified by a word from there.
    told = claims if isinstance(claims.get("email"), str) else userinfo
    email = told.get("email")
    verified = told.get("email_verified")
    # Some providers write their booleans as text.
    is_verified = verified is True or (isinstance(verified, str) and verified.lower() == "true")
    name = next(
        (
            found
            for source in (claims, userinfo)
            for field in ("name", "preferred_username")
            if isinstance(found := source.get(field), str) and found.strip()
        ),
        None,
    )
    return Identity(
        subject=subject,
        email=email if isinstance(email, str) else None,
        email_verified=is_verified and isinstance(email, str),
        name=_printable(name) if name else None,
    )


def _printable(name: str) -> str | None:
    shown = " ".join("".join(each if each.isprintable() else " " for each in name).split())
    return shown[:MAX_NAME_CHARS].strip() or None
