"""What the auth service refuses, and by which name.

Conflict          EmailTaken
Unauthenticated   WrongCredentials, SessionEnded
TooManyRequests   TooManyAttempts
Unavailable       passwords.Busy
"""

from collab_kit.errors import Conflict, TooManyRequests, Unauthenticated

__all__ = ["EmailTaken", "SessionEnded", "TooManyAttempts", "WrongCredentials"]


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
    title = "Too many failed attempts to sign in"
