"""What the HTTP interface for second factors reads and answers."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

__all__ = [
    "Ceremony",
    "Code",
    "CreatedPasskey",
    "NewPasskeyAnswer",
    "Passkey",
    "PasskeyAnswer",
    "PasskeyName",
    "Passkeys",
    "Proof",
    "RecoveryCodes",
    "SecondFactorCode",
    "SecondFactorToken",
    "TotpPending",
    "TotpState",
]

AnyCode = Annotated[
    str, Meta(max_length=100, description="Of the authenticator app, or a recovery code.", examples=["123456"])
]
TotpCode = Annotated[str, Meta(max_length=100, description="Six digits.", examples=["123456"])]
Token = Annotated[str, Meta(max_length=200, description="The `second_factor.token` that sign-in answered with.")]
State = Annotated[str, Meta(max_length=200, description="Opaque: bring it back with the answer, within 5 minutes.")]
Credential = Annotated[
    dict[str, Any], Meta(description="The browser's `PublicKeyCredential`, as its `toJSON()` spells it.")
]
Name = Annotated[str, Meta(description="Which one it is, 1 to 80 characters.", examples=["Blue key"])]
TenCodes = Annotated[list[str], Meta(description="Told this once: only hashes are kept. Each is good for one use.")]


class Proof(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """That it is the person, and not who found their browser open: the password or a code, whichever they have.

    An account with neither is proved by having signed in less than ten minutes ago, and sends neither.
    """

    password: Annotated[str, Meta(max_length=1024)] | None = None
    code: AnyCode | None = None


class Code(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    code: TotpCode


class SecondFactorCode(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    token: Token
    code: AnyCode


class SecondFactorToken(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Without a token a passkey is to be all that is shown."""

    token: Token | None = None


class TotpState(Struct, frozen=True, kw_only=True):
    enabled: bool
    recovery_codes_left: int


class TotpPending(Struct, frozen=True, kw_only=True):
    """To be shown to the person once, and in force only when a code of it has been confirmed."""

    secret: Annotated[str, Meta(description="Base 32, to type in.")]
    uri: Annotated[str, Meta(description="`otpauth://totp/…`")]
    qr_svg: Annotated[str, Meta(description="The URI as an SVG element.")]


class RecoveryCodes(Struct, frozen=True):
    recovery_codes: TenCodes


class Ceremony(Struct, frozen=True, kw_only=True):
    """`options` are for `navigator.credentials.create` or `.get`, as `parseCreationOptionsFromJSON` reads them."""

    options: dict[str, Any]
    state: State


class PasskeyAnswer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    state: State
    credential: Credential


class NewPasskeyAnswer(PasskeyAnswer, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Name


class PasskeyName(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Name


class Passkey(Struct, frozen=True, kw_only=True):
    id: UUID
    name: Name
    backed_up: Annotated[bool, Meta(description="It is kept in an account elsewhere, and so outlives its device.")]
    created_at: datetime
    last_used_at: datetime | None


class CreatedPasskey(Passkey, frozen=True, kw_only=True):
    recovery_codes: Annotated[
        list[str] | None, Meta(description="Ten, told this once, when the account had none; else `null`.")
    ]


class Passkeys(Struct, frozen=True):
    """All of a person's passkeys, the latest first: 20 at most."""

    items: list[Passkey]
