"""What is refused about second factors, and by which name.

Unauthenticated   SecondFactorExpired, WrongCode, PasskeyRefused
Forbidden         ProofNeeded, ProofWrong
InvalidRequest    CodeWrong, PasskeyNotRegistered
NotFound          NoSuchPasskey
Conflict          TotpAlreadyOn, TotpNotPending, TotpOff, NoFactor, PasskeyKnown, TooManyPasskeys
"""

from collab_kit.errors import Conflict, Forbidden, InvalidRequest, NotFound, Unauthenticated

__all__ = [
    "CodeWrong",
    "NoFactor",
    "NoSuchPasskey",
    "PasskeyKnown",
    "PasskeyNotRegistered",
    "PasskeyRefused",
    "ProofNeeded",
    "ProofWrong",
    "SecondFactorExpired",
    "TooManyPasskeys",
    "TotpAlreadyOn",
    "TotpNotPending",
    "TotpOff",
    "WrongCode",
]


class SecondFactorExpired(Unauthenticated):
    """Also for a token used up, tried too often, or of an account whose password was changed since."""

    slug = "second-factor-expired"
    title = "This sign-in took too long or was tried too often; begin again"


class WrongCode(Unauthenticated):
    slug = "wrong-code"
    title = "The code is wrong, or was used before"


class PasskeyRefused(Unauthenticated):
    """The same for a passkey that is not known, a wrong signature and a challenge that is over."""

    slug = "passkey-refused"
    title = "The passkey was not accepted"


class ProofNeeded(Forbidden):
    slug = "proof-needed"
    title = "Show first that it is you"


class ProofWrong(Forbidden):
    slug = "proof-wrong"
    title = "The password or code is wrong"


class CodeWrong(InvalidRequest):
    slug = "code-wrong"
    title = "The code is not the one that the authenticator shows"


class PasskeyNotRegistered(InvalidRequest):
    slug = "passkey-not-registered"
    title = "The passkey cannot be registered"


class NoSuchPasskey(NotFound):
    slug = "no-such-passkey"
    title = "You have no such passkey"


class TotpAlreadyOn(Conflict):
    slug = "totp-already-on"
    title = "One-time codes are set up already"


class TotpNotPending(Conflict):
    slug = "totp-not-pending"
    title = "There is nothing to confirm; begin setting up one-time codes again"


class TotpOff(Conflict):
    slug = "totp-off"
    title = "One-time codes are not set up"


class NoFactor(Conflict):
    slug = "no-second-factor"
    title = "Recovery codes stand in for a second factor; set one up first"


class PasskeyKnown(Conflict):
    slug = "passkey-known"
    title = "This passkey is registered already"


class TooManyPasskeys(Conflict):
    slug = "too-many-passkeys"
    title = "You have as many passkeys as an account can have"
