"""What is refused about API tokens, and by which name.

NotFound   NoSuchToken
Conflict   TooManyTokens
"""

from collab_kit.errors import Conflict, NotFound

__all__ = ["NoSuchToken", "TooManyTokens"]


class NoSuchToken(NotFound):
    slug = "no-such-token"
    title = "You have no such API token"


class TooManyTokens(Conflict):
    slug = "too-many-tokens"
    title = "You have as many API tokens as an account can have"
