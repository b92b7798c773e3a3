"""What the auth service refuses, and by which name.

Conflict          EmailTaken
NotFound          NoSuchSession
Unauthenticated   WrongCredentials, SessionEnded
Forbidden         AccountDisabled, EmailNotVerified, RegistrationClosed
TooManyRequests   TooManyAttempts
Unavailable       passwords.Busy
"""

from collab_kit.errors import Conflict, Forbidden, NotFound, TooManyRequests, Unauthenticated

__all__ = [
    "AccountDisabled",
    "EmailNotVerified",
    "EmailTaken",
    "NoSuchSession",
    "RegistrationClosed",
    "SessionEnded",
    "TooManyAttempts",
    "WrongCredentials",
]


class EmailTaken(Conflict):
    slug = "email-taken"
    title = "There is an account with this e-mail address already"


class WrongCredentials(Unauthenticated):
    slug = "wrong-credentials"
    title = "The e-mail address or the password is wrong"


class SessionEnded(Unauthenticated):
    slug = "session-ended"
    title = "The session has ended; sign in again"


class TooManyAttempts(TooManyRequests):
    slug = "too-many-attempts"
    title = "Too many attempts"


class AccountDisabled(Forbidden):
    """Told only to who has proved to be its owner."""

    slug = "account-disabled"
    title = "This account is disabled"


class EmailNotVerified(Forbidden):
    """Told only to who has proved to be its owner."""

    slug = "email-not-verified"
    title = "The e-mail address has not been verified yet"


class RegistrationClosed(Forbidden):
    slug = "registration-closed"
    title = "Nobody can register here"


class NoSuchSession(NotFound):
    slug = "no-such-session"
    title = "There is no such session, or it has ended already"
