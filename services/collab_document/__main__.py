"""`python -m collab_document`: the document service."""

from collab_kit.lean import keep_lean

keep_lean()

from collab_document.app import create  # noqa: E402  # imports after `keep_lean`, or it would be in vain
from collab_document.settings import DocumentSettings  # noqa: E402
from collab_kit.serve import run  # noqa: E402

if __name__ == "__main__":
    run(create, DocumentSettings, service="document")
