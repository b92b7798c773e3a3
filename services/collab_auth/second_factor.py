"""What stands between a right password and a session; `collab_auth.factors` has the factors themselves."""

from typing import Literal, Protocol
from uuid import UUID

from msgspec import Struct

__all__ = [
    "FactorSummary",
    "NoSecondFactors",
    "SecondFactorMethod",
    "SecondFactorNeeded",
    "SecondFactorOffer",
    "SecondFactors",
]

SecondFactorMethod = Literal["totp", "recovery-code", "passkey"]


class SecondFactorOffer(Struct, frozen=True, kw_only=True):
    """`token` proves the password, and is good for nothing but one of `methods`, for `expires_in_s` seconds."""

    token: str
    methods: list[SecondFactorMethod]
    expires_in_s: int


class SecondFactorNeeded(Struct, frozen=True, kw_only=True):
    """The password is right, and not enough."""

    second_factor: SecondFactorOffer


class FactorSummary(Struct, frozen=True):
    totp: bool = False
    passkeys: int = 0


class SecondFactors(Protocol):
    async def needed(self, account_id: UUID) -> SecondFactorNeeded | None:
        """What else the person has to show; `None` lets them in. Raises rather than let somebody in by mistake."""
        ...

    async def summary(self, account_id: UUID) -> FactorSummary:
        """What the person has set up."""
        ...


class NoSecondFactors:
    """A password is all there is."""

    async def needed(self, account_id: UUID) -> SecondFactorNeeded | None:  # noqa: ARG002
        return None

    async def summary(self, account_id: UUID) -> FactorSummary:  # noqa: ARG002
        return FactorSummary()
