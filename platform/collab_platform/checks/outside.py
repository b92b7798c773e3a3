"""Whether those outside whom an environment needs would serve it: a mail server, and providers to sign in with.

They are asked from where the service auth is, with its settings and secrets.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec
from msgspec import Struct

from collab_platform.checks.model import Check, CheckFailed, CheckSkipped
from collab_platform.environment import Environment
from collab_platform.errors import CollabError
from collab_platform.targets.base import CommandResult

_DEADLINE_S = 30.0
_MODULE = "collab_auth.outside"

Ask = Callable[[tuple[str, ...]], CommandResult]
"""Runs a module of Python where auth is; may raise :class:`CollabError`."""


class Answer(Struct, frozen=True, kw_only=True):
    """What came of one of them."""

    name: str
    ok: bool
    said: str


class _Answers(Struct, frozen=True, kw_only=True):
    answers: tuple[Answer, ...]


def outside_checks(environment: Environment, ask: Ask) -> list[Check]:
    """Mail and providers; each is skipped where there is none."""
    return [
        Check(
            name="mail",
            category="services",
            title="Mail server takes mail",
            run=lambda _: _mail(environment, ask),
            hint="Correct [mail] in the environment's file, then `collab up`; `collab mail test EMAIL` sends one.",
            deadline_s=_DEADLINE_S,
        ),
        Check(
            name="providers",
            category="services",
            title="Providers to sign in with answer",
            run=lambda _: _providers(environment, ask),
            hint="Correct [[auth.oidc]] in the environment's file, then `collab up`.",
            deadline_s=_DEADLINE_S,
        ),
    ]


def _mail(environment: Environment, ask: Ask) -> str:
    if not environment.mail.smtp_host:
        where = "mails lie in a folder: `collab mail list`" if environment.target == "local" else "no mail is sent"
        raise CheckSkipped(f"mail.smtp_host is not set: {where}")
    (answer,) = _asked(ask, "mail")
    if not answer.ok:
        raise CheckFailed(f"{answer.name} {answer.said}")
    return f"{answer.name} {answer.said}"


def _providers(environment: Environment, ask: Ask) -> str:
    if not environment.auth.oidc:
        raise CheckSkipped("no [[auth.oidc]]: people sign in with a password")
    answers = _asked(ask, "providers")
    if silent := [answer for answer in answers if not answer.ok]:
        raise CheckFailed("; ".join(f"{answer.name}: {answer.said}" for answer in silent))
    return ", ".join(answer.name for answer in answers)


def _asked(ask: Ask, what: Literal["mail", "providers"]) -> tuple[Answer, ...]:
    """Raises :class:`CheckFailed` where the question could not even be put."""
    try:
        result = ask((_MODULE, what))
    except CollabError as error:
        raise CheckFailed(error.summary, hint=error.remedy) from None
    if result.exit_code == 0:
        return msgspec.json.decode(result.stdout, type=_Answers).answers
    said = next(filter(None, result.stderr.splitlines()), f"it ended with exit code {result.exit_code}")
    raise CheckFailed(f"auth cannot ask: {said}", hint="See `collab logs auth`.")
