"""The WebAuthn library, spoken to in our words: what to ask a browser for, and whether its answer is good."""

from typing import Any, Final
from uuid import UUID

from msgspec import Struct
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    base64url_to_bytes,
    options_to_json_dict,
    parse_authentication_credential_json,
    parse_registration_credential_json,
)
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from collab_auth.factors.rules import CEREMONY_TTL_S, RelyingParty
from collab_auth.factors.store import KnownPasskey, NewPasskey, StoredPasskey

__all__ = ["Ceremonies", "CeremonyFailed", "Used"]

_TIMEOUT_MS: Final = CEREMONY_TTL_S * 1000
_MAX_TRANSPORTS: Final = 8


class CeremonyFailed(Exception):  # noqa: N818  # named for what it says
    """The browser's answer is malformed, or not good; the message may be logged."""


class Used(Struct, frozen=True):
    """What an authenticator says of itself with a good signature."""

    sign_count: int
    backed_up: bool


class Ceremonies:
    def __init__(self, party: RelyingParty, *, name: str = "collab") -> None:
        self._party = party
        self._name = name

    def registration_options(
        self, account: UUID, *, email: str, challenge: bytes, known: list[StoredPasskey]
    ) -> dict[str, Any]:
        return options_to_json_dict(
            generate_registration_options(
                rp_id=self._party.id,
                rp_name=self._name,
                # Not the e-mail address: the authenticator hands it to whoever holds the device.
                user_id=account.bytes,
                user_name=email,
                challenge=challenge,
                timeout=_TIMEOUT_MS,
                authenticator_selection=AuthenticatorSelectionCriteria(
                    resident_key=ResidentKeyRequirement.PREFERRED,
                    user_verification=UserVerificationRequirement.PREFERRED,
                ),
                exclude_credentials=_descriptors(known),
            )
        )

    def sign_in_options(self, *, challenge: bytes, known: list[StoredPasskey], alone: bool) -> dict[str, Any]:
        """`alone`: nothing else is shown, so the authenticator has to verify the person, by a PIN or a finger."""
        verification = UserVerificationRequirement.REQUIRED if alone else UserVerificationRequirement.DISCOURAGED
        return options_to_json_dict(
            generate_authentication_options(
                rp_id=self._party.id,
                challenge=challenge,
                timeout=_TIMEOUT_MS,
                allow_credentials=_descriptors(known),
                user_verification=verification,
            )
        )

    def register(self, credential: dict[str, Any], *, challenge: bytes, name: str) -> NewPasskey:
        """Raises `CeremonyFailed`."""
        try:
            parsed = parse_registration_credential_json(credential)
            verified = verify_registration_response(
                credential=parsed,
                expected_challenge=challenge,
                expected_rp_id=self._party.id,
                expected_origin=self._party.origin,
            )
        except Exception as error:
            # Beside its own errors the library lets through whatever its parsers stumble over in what a stranger sent.
            raise CeremonyFailed(f"{type(error).__name__}: {error}"[:300]) from error
        transports = [each.value for each in parsed.response.transports or []]
        return NewPasskey(
            credential_id=verified.credential_id,
            public_key=verified.credential_public_key,
            sign_count=verified.sign_count,
            transports=transports[:_MAX_TRANSPORTS],
            backed_up=verified.credential_backed_up,
            name=name,
        )

    def credential_id(self, credential: dict[str, Any]) -> bytes:
        """Which passkey the answer claims to be of. Raises `CeremonyFailed`."""
        try:
            return base64url_to_bytes(credential["rawId"])
        except Exception as error:
            raise CeremonyFailed("the credential has no rawId") from error

    def user_handle(self, credential: dict[str, Any]) -> bytes | None:
        """Whose the authenticator says the passkey is; `None` when it does not say. Raises `CeremonyFailed`."""
        try:
            return parse_authentication_credential_json(credential).response.user_handle
        except Exception as error:
            raise CeremonyFailed(f"{type(error).__name__}: {error}"[:300]) from error

    def sign_in(self, credential: dict[str, Any], passkey: KnownPasskey, *, challenge: bytes, alone: bool) -> Used:
        """Raises `CeremonyFailed`, also for a count that did not go up: then there are two of this authenticator."""
        try:
            verified = verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self._party.id,
                expected_origin=self._party.origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=alone,
            )
        except Exception as error:
            raise CeremonyFailed(f"{type(error).__name__}: {error}"[:300]) from error
        return Used(verified.new_sign_count, verified.credential_backed_up)


def _descriptors(known: list[StoredPasskey]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=passkey.credential_id, transports=[AuthenticatorTransport(each) for each in passkey.transports]
        )
        for passkey in known
    ]
