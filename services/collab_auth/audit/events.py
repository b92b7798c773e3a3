"""The names of what is audited."""

from typing import Literal, get_args

__all__ = ["KNOWN_EVENTS", "AuditEvent"]

AuditEvent = Literal[
    "account.registered",
    "account.created",
    "account.promoted",
    "account.demoted",
    "account.disabled",
    "account.enabled",
    "account.erased",
    "account.exported",
    "session.began",
    "session.ended",
    "session.reused",
    "sessions.ended",
    "sign-in.refused",
    "password.changed",
    "password.reset",
    "password.reset-requested",
    "email.verified",
    "email.change-requested",
    "email.changed",
    "second-factor.refused",
    "second-factors.reset",
    "totp.added",
    "totp.removed",
    "recovery-codes.made",
    "recovery-code.used",
    "passkey.added",
    "passkey.renamed",
    "passkey.removed",
    "identity.linked",
    "identity.unlinked",
    "token.made",
    "token.revoked",
    "keys.rotated",
]

KNOWN_EVENTS: frozenset[str] = frozenset(get_args(AuditEvent))
