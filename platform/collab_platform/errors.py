"""Everything that can go wrong on the operator's side, and the exit code each becomes.

    CollabError                  1  the operation failed
    ├── UsageError               2  the command line makes no sense
    ├── UnhealthyError           4  something that should be healthy is not
    ├── LockedError              5  another command holds the environment
    ├── EnvironmentInvalidError  6  the environment file, a variable or a flag is wrong
    ├── PreflightError           7  this machine cannot run the environment
    ├── NotRunningError          8  the environment is not up
    └── OperatorInterruptError 130  stopped by the operator

Errors carry data and do no I/O. ``summary`` is one line; ``remedy`` says what to do next; ``details`` are further
lines for whoever wants them. None of the three ever holds a secret.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The documented, stable exit codes of the ``collab`` command."""

    OK = 0
    FAILED = 1
    USAGE = 2
    CHANGES = 3
    UNHEALTHY = 4
    LOCKED = 5
    ENVIRONMENT_INVALID = 6
    PREFLIGHT = 7
    NOT_RUNNING = 8
    INTERRUPTED = 130


class CollabError(Exception):
    """The operation failed; ``summary`` says what, ``remedy`` what to do about it."""

    exit_code = ExitCode.FAILED

    def __init__(self, summary: str, *, remedy: str = "", details: tuple[str, ...] = ()) -> None:
        super().__init__(summary)
        self.summary = summary
        self.remedy = remedy
        self.details = details


class UsageError(CollabError):
    """The command line makes no sense."""

    exit_code = ExitCode.USAGE


class UnhealthyError(CollabError):
    """A component or a check that should be healthy is not."""

    exit_code = ExitCode.UNHEALTHY


class LockedError(CollabError):
    """Another command holds the environment."""

    exit_code = ExitCode.LOCKED


class EnvironmentInvalidError(CollabError):
    """The environment file, a variable or a flag holds something that cannot be; ``details`` lists every fault."""

    exit_code = ExitCode.ENVIRONMENT_INVALID


class PreflightError(CollabError):
    """This machine cannot run the environment as it stands."""

    exit_code = ExitCode.PREFLIGHT


class NotRunningError(CollabError):
    """The environment is not up."""

    exit_code = ExitCode.NOT_RUNNING


class OperatorInterruptError(CollabError):
    """The operator pressed Ctrl-C; ``details`` says what stands and what does not."""

    exit_code = ExitCode.INTERRUPTED
