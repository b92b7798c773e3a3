"""What ``up`` and ``down`` have in common: progress, Ctrl-C, and an account of what stands when they end early."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from collab_cli.interrupts import graceful
from collab_cli.output import Output
from collab_cli.progress import Journal, progress_for
from collab_platform.errors import CollabError, OperatorInterruptError


@contextmanager
def changing(output: Output, *, again: str) -> Generator[Journal]:
    """Progress for a command that changes an environment; ``again`` is the command that resumes it.

    A ``CollabError`` or Ctrl-C within it leaves as a ``CollabError`` whose details end with what stands.
    """
    progress = progress_for(output)
    try:
        with graceful(progress.interrupted), progress:
            yield progress
    except KeyboardInterrupt:
        raise _accounted(OperatorInterruptError("interrupted"), progress, again) from None
    except CollabError as error:
        raise _accounted(error, progress, again) from error.__cause__


def _accounted(error: CollabError, progress: Journal, again: str) -> CollabError:
    told = isinstance(error, OperatorInterruptError) and error.details  # the target knows better than its events do
    account = () if told else progress.account()
    if account:
        error.details = (*error.details, *account)
    if (account or told) and again not in error.remedy:
        resume = f"`{again}` resumes where it stopped"
        error.remedy = f"{error.remedy.rstrip('.')}; then {resume}" if error.remedy else resume
    return error
