"""`python -m collab_collaboration`: the collaboration service."""

from collab_kit.lean import keep_lean

keep_lean()

from collab_collaboration.app import create  # noqa: E402  # imports after `keep_lean`, or it would be in vain
from collab_collaboration.settings import CollaborationSettings  # noqa: E402
from collab_kit.serve import run  # noqa: E402

if __name__ == "__main__":
    run(create, CollaborationSettings, service="collaboration")
