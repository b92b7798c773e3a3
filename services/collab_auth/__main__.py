"""`python -m collab_auth`: the auth service."""

from collab_kit.lean import keep_lean

keep_lean()

from collab_auth.app import create  # noqa: E402  # imports after `keep_lean`, or it would be in vain
from collab_auth.settings import AuthSettings  # noqa: E402
from collab_kit.serve import run  # noqa: E402

if __name__ == "__main__":
    run(create, AuthSettings, service="auth")
