"""`python -m collab_user`: the user service."""

from collab_kit.lean import keep_lean

keep_lean()

from collab_kit.serve import run  # noqa: E402
from collab_user.app import create  # noqa: E402  # imports after `keep_lean`, or it would be in vain
from collab_user.settings import UserSettings  # noqa: E402

if __name__ == "__main__":
    run(create, UserSettings, service="user")
