"""The mails, word by word. Tokens stand behind `#`, which browsers send to no server."""

from collab_auth.recovery.rules import MailKind
from collab_kit.mail import Mail

__all__ = ["compose"]

_PATHS: dict[str, str] = {
    "verify-email": "/verify-email",
    "reset-password": "/reset-password",
    "change-email": "/confirm-email",
}


def compose(kind: MailKind, recipient: str, *, public_url: str, token: str | None) -> Mail:
    """`token` for those kinds that prove something."""
    footer = f"Sent by collab at {public_url}, because somebody gave this address there."
    link = f"{public_url}{_PATHS[kind]}#token={token}" if token is not None else None
    subject, paragraphs, link_text = _WORDS[kind]
    return Mail(
        recipient=recipient, subject=subject, paragraphs=paragraphs, link=link, link_text=link_text, footer=footer
    )


_WORDS: dict[MailKind, tuple[str, tuple[str, ...], str]] = {
    "verify-email": (
        "Confirm your e-mail address",
        (
            "Welcome to collab. Open this link to confirm that this e-mail address is yours. It works for three days.",
            "If you did not register, ignore this mail.",
        ),
        "Confirm the address",
    ),
    "reset-password": (
        "Choose a new password",
        (
            "Somebody, probably you, asked to reset your password. Open this link to choose another one. It works "
            "once, and for an hour.",
            "If it was not you, ignore this mail: your password stays as it is.",
        ),
        "Choose a new password",
    ),
    "change-email": (
        "Confirm your new e-mail address",
        (
            "Open this link to use this address to sign in to collab from now on. It works for a day.",
            "If you did not ask for this, ignore this mail.",
        ),
        "Use this address",
    ),
    "already-registered": (
        "You have an account already",
        (
            "Somebody, probably you, wanted to register with this e-mail address, which has an account already.",
            "Sign in, or reset your password if you forgot it. If it was not you, ignore this mail.",
        ),
        "",
    ),
    "password-changed": (
        "Your password was changed",
        (
            "The password of your account was changed, and you were signed out everywhere else.",
            "If it was not you, reset your password now and look at your sessions.",
        ),
        "",
    ),
    "email-changed": (
        "Your e-mail address was changed",
        (
            "Your account now signs in with another e-mail address; this one is no longer in use.",
            "If it was not you, write to the people who run this system.",
        ),
        "",
    ),
}
