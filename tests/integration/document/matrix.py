"""The language of the authorisation matrix: a line for each operation of the service says who is answered what.

Modules `matrix_*.py` beside this one hold the lines, as `LINES: dict[str, Line]` by operation id; `test_matrix.py`
gathers them, and fails for an operation of the OpenAPI that has none.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import httpx

from tests.people import Person
from tests.services import Stage

CallerName = Literal[
    "anonymous",
    "expired",
    "narrow",
    "stranger",
    "admin",
    "viewer",
    "commenter",
    "team member",
    "editor",
    "owner",
]
"""`narrow`: the owner with an API token of too little scope; `admin`: an administrator, no member; team: editor."""
CALLERS: tuple[CallerName, ...] = get_args(CallerName)

Expected = dict[CallerName, tuple[int, str | None]]
"""The status, and of a refusal the slug."""


@dataclass
class Scene:
    """A document of its own for each call: `people` by what they are in it, and headers of every caller."""

    stage: Stage
    document: str
    team: str
    people: dict[str, Person]
    headers: dict[CallerName, dict[str, str]]
    found: dict[str, str] = field(default_factory=dict[str, str])
    """What `prepare` made, for the path and the body."""

    @property
    def owner(self) -> Person:
        return self.people["owner"]

    def url(self, path: str) -> str:
        return self.stage.url("document") + path

    def call(self, caller: CallerName, method: str, path: str, **options: Any) -> httpx.Response:
        headers = self.headers[caller] | options.pop("headers", {})
        return httpx.request(method, self.url(path), headers=headers, timeout=15, trust_env=False, **options)


@dataclass(frozen=True)
class Line:
    expected: Expected
    body: Callable[[Scene], Any] | None = None
    """The JSON body."""
    prepare: Callable[[Scene], Mapping[str, str]] = lambda _: {}
    """What has to be there first, done by the owner; the answer fills in the path."""
    options: Callable[[Scene], Mapping[str, Any]] = lambda _: {}
    """Further options of `httpx.request`: `params`, `content`, `headers`."""


def everyone(ok: int) -> Expected:
    """Public."""
    expected: Expected = dict.fromkeys(CALLERS, (ok, None))
    expected["expired"] = (401, "unauthenticated")
    expected["narrow"] = (403, "scope-missing")
    return expected


def signed_in(ok: int) -> Expected:
    """Everybody with an account."""
    expected = everyone(ok)
    expected["anonymous"] = (401, "unauthenticated")
    return expected


def by_role(ok: int, *allowed: CallerName, hidden: bool = False) -> Expected:
    """Members with one of those roles; others learn that theirs is too low, or (`hidden`) nothing."""
    refused = (404, "no-such-document") if hidden else (403, "role-too-low")
    nothing = (404, "no-such-document")
    within: Expected = {caller: (ok, None) if caller in allowed else refused for caller in CALLERS}
    return {
        **within,
        "anonymous": (401, "unauthenticated"),
        "expired": (401, "unauthenticated"),
        "narrow": (403, "scope-missing"),
        "stranger": nothing,
        "admin": nothing,
    }


MEMBERS: tuple[CallerName, ...] = ("viewer", "commenter", "team member", "editor", "owner")
COMMENTERS: tuple[CallerName, ...] = ("commenter", "team member", "editor", "owner")
WRITERS: tuple[CallerName, ...] = ("team member", "editor", "owner")
