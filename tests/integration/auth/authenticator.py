"""An authenticator in software: it makes the very bytes that a security key and its browser make (WebAuthn, ES256)."""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

USER_PRESENT, USER_VERIFIED, BACKUP_ELIGIBLE, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


PASSKEYS_AT = "http://localhost:8080"
"""Where passkeys of a stage are for: its public URL is an address in numbers, which no browser takes for that."""


@dataclass
class SoftKey:
    """One credential on one device. What it answers can be bent, to see who notices."""

    origin: str
    party: str = ""
    counts: bool = True
    """Synchronised passkeys do not: their count stays 0."""
    verifies_user: bool = True
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    user_handle: bytes | None = None
    sign_count: int = 0
    _key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))

    def create(self, options: dict[str, Any], **client_data: Any) -> dict[str, Any]:
        """Answer `navigator.credentials.create`."""
        self.party = options["rp"]["id"]
        self.user_handle = from_base64url(options["user"]["id"])
        attested = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + self._cose_key()
        attestation = cbor2.dumps(
            {"fmt": "none", "attStmt": {}, "authData": self._authenticator_data(ATTESTED) + attested}
        )
        client = self._client_data("webauthn.create", options["challenge"], client_data)
        return self._credential(
            {
                "clientDataJSON": base64url(client),
                "attestationObject": base64url(attestation),
                "transports": ["internal", "hybrid"],
            }
        )

    def get(self, options: dict[str, Any], **client_data: Any) -> dict[str, Any]:
        """Answer `navigator.credentials.get`."""
        allowed = [from_base64url(each["id"]) for each in options.get("allowCredentials", [])]
        assert not allowed or self.credential_id in allowed, "a browser would not offer this one"
        if self.counts:
            self.sign_count += 1
        data = self._authenticator_data()
        client = self._client_data("webauthn.get", options["challenge"], client_data)
        signature = self._key.sign(data + hashlib.sha256(client).digest(), ECDSA(SHA256()))
        response = {
            "clientDataJSON": base64url(client),
            "authenticatorData": base64url(data),
            "signature": base64url(signature),
        }
        if self.user_handle is not None:
            response["userHandle"] = base64url(self.user_handle)
        return self._credential(response)

    def _credential(self, response: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": base64url(self.credential_id),
            "rawId": base64url(self.credential_id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": response,
        }

    def _client_data(self, kind: str, challenge: str, changes: dict[str, Any]) -> bytes:
        return json.dumps(
            {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False} | changes
        ).encode()

    def _authenticator_data(self, more_flags: int = 0) -> bytes:
        flags = USER_PRESENT | BACKUP_ELIGIBLE | BACKED_UP | more_flags | (USER_VERIFIED if self.verifies_user else 0)
        return hashlib.sha256(self.party.encode()).digest() + bytes([flags]) + self.sign_count.to_bytes(4, "big")

    def _cose_key(self) -> bytes:
        numbers = self._key.public_key().public_numbers()
        # RFC 9053: kty EC2, alg ES256, crv P-256, x, y.
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})
