"""The rules of second factors, as functions of their input alone."""

import base64
import hashlib
import hmac
import io
import re
import secrets
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

import segno
from msgspec import Struct
from pyotp.totp import TOTP

from collab_kit.errors import FieldError, InvalidRequest

__all__ = [
    "ATTEMPTS_PER_ACCOUNT",
    "ATTEMPTS_PER_TOKEN",
    "ATTEMPT_WINDOW_S",
    "CEREMONY_TTL_S",
    "MAX_PASSKEYS",
    "PENDING_TTL_S",
    "RECENT_SESSION_S",
    "RelyingParty",
    "hash_opaque",
    "hash_recovery_code",
    "match_step",
    "new_opaque",
    "new_recovery_codes",
    "new_secret",
    "parse_passkey_name",
    "provisioning_uri",
    "qr_svg",
]

CEREMONY_TTL_S: Final = 300
"""How long a second factor, or the signature of a passkey, is waited for."""
PENDING_TTL_S: Final = 1800
"""How long a secret that no code has confirmed can be confirmed."""
ATTEMPTS_PER_TOKEN: Final = 5
ATTEMPTS_PER_ACCOUNT: Final = 10
"""Wrong codes and passwords in a window, from wherever: each comes from who knows the password or holds a session."""
ATTEMPT_WINDOW_S: Final = 900
RECENT_SESSION_S: Final = 600
"""Who has neither password nor codes to show proves themselves by having signed in as short a time ago as this."""
MAX_PASSKEYS: Final = 20
MAX_NAME_CHARS: Final = 80

RECOVERY_CODES: Final = 10
_RECOVERY_BYTES: Final = 10
"""80 bits: too many to guess even from the hash."""
_STEP_S: Final = 30
_CODE: Final = re.compile(r"[0-9]{6}")


class RelyingParty(Struct, frozen=True):
    """Who passkeys are for: they work at this origin, and belong to its host name.

    Browsers take no address in numbers for one. An environment on somebody's own machine is reached by `localhost` as
    well, and its passkeys are for that.
    """

    id: str
    origin: str

    @classmethod
    def of(cls, public_url: str) -> "RelyingParty":
        parts = urlsplit(public_url.lower())
        host = parts.hostname or "localhost"
        if _is_loopback(host):
            host = "localhost"
        default_port = {"http": 80, "https": 443}.get(parts.scheme)
        # As browsers spell an origin: without the port that goes without saying.
        shown = f"[{host}]" if ":" in host else host
        port = "" if parts.port in {None, default_port} else f":{parts.port}"
        return cls(host, f"{parts.scheme}://{shown}{port}")


def new_opaque() -> str:
    return secrets.token_urlsafe(32)


def hash_opaque(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def new_secret() -> bytes:
    """160 bits, as RFC 4226 recommends and every app takes."""
    return secrets.token_bytes(20)


def provisioning_uri(secret: bytes, *, email: str, issuer: str) -> str:
    return _totp(secret).provisioning_uri(name=email, issuer_name=issuer)


def qr_svg(uri: str) -> str:
    """A QR code as an SVG element, to be set into a page as it is."""
    buffer = io.BytesIO()
    segno.make(uri, error="m").save(buffer, kind="svg", xmldecl=False, svgns=True, scale=4, omitsize=True)
    return buffer.getvalue().decode().strip()


def match_step(secret: bytes, code: str, *, now_s: float) -> int | None:
    """The time step whose code this is, of the present one and its neighbours: clocks differ, and typing takes time."""
    code = "".join(code.split())
    if not _CODE.fullmatch(code):
        return None
    present = int(now_s) // _STEP_S
    totp = _totp(secret)
    # All three every time, so that the time it takes does not tell which.
    matching = [step for step in range(present - 1, present + 2) if hmac.compare_digest(totp.generate_otp(step), code)]
    return matching[-1] if matching else None


def new_recovery_codes() -> list[str]:
    return [_spell(secrets.token_bytes(_RECOVERY_BYTES)) for _ in range(RECOVERY_CODES)]


def hash_recovery_code(account: UUID, code: str) -> bytes:
    """Whatever its blanks, hyphens and case."""
    plain = "".join(each for each in code.lower() if each.isalnum())
    return hashlib.sha256(account.bytes + plain.encode()).digest()


def parse_passkey_name(name: str) -> str:
    """White space folded into single blanks. Raises `InvalidRequest`."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= MAX_NAME_CHARS or not name.isprintable():
        error = FieldError("name", f"Expected 1 to {MAX_NAME_CHARS} printable characters.")
        raise InvalidRequest("The name is not valid.", errors=[error])
    return name


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _spell(raw: bytes) -> str:
    letters = base64.b32encode(raw).decode().lower()
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))


def _totp(secret: bytes) -> TOTP:
    return TOTP(base64.b32encode(secret).decode(), interval=_STEP_S)
