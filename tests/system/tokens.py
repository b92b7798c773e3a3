"""Tokens that were good once."""

from __future__ import annotations

import time
from typing import Any

import jwt


def expired(token: str, *, signed_with: str) -> str:
    """The same token, rightly signed with the same key, but an hour past its end."""
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    past = int(time.time()) - 3600
    claims |= {"exp": past} | ({"iat": past - 900} if "iat" in claims else {})
    header = jwt.get_unverified_header(token)
    return jwt.encode(claims, signed_with, algorithm="EdDSA", headers={"kid": header["kid"], "typ": header.get("typ")})
