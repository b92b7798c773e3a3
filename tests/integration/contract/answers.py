"""What a caller may get from the gateway itself on any route: the one list of it."""

import re
from dataclasses import dataclass

import httpx
import msgspec

from collab_kit.errors import PROBLEM_MEDIA_TYPE, ProblemDetails
from collab_platform.gateway.problems import PROBLEM_PREFIX, PROBLEMS, Problem

# 404 and 405: what was put into a path can make it another one. Nothing is too much here (429), and nothing away (50x).
ALLOWED = frozenset({400, 401, 403, 404, 405, 413, 414})

_BY_WORDS = {(problem.status, problem.slug, problem.detail): problem for problem in PROBLEMS}
_INNER = {"x-collab-user", "x-collab-authorization", "x-inside", "x-limited", "x-waf-score", "x-accel-redirect"}


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: httpx.Headers
    content: bytes

    def problem(self) -> ProblemDetails | None:
        if self.headers.get("content-type") != PROBLEM_MEDIA_TYPE or not self.content:
            return None
        return msgspec.json.decode(self.content, type=ProblemDetails)

    def made_by_gateway(self) -> Problem | None:
        """The problem that nginx made; `None` if a service answered."""
        told = self.problem()
        if told is None:
            return None
        return _BY_WORDS.get((self.status, told.type.removeprefix(PROBLEM_PREFIX), told.detail))

    def check(self) -> None:
        """It has what every answer carries, and is one that is allowed if the gateway made it."""
        assert re.fullmatch("[0-9a-f]{32}", self.headers["x-request-id"])
        assert self.headers["x-content-type-options"] == "nosniff"
        assert self.headers["cross-origin-opener-policy"] == "same-origin"
        assert "default-src" in self.headers["content-security-policy"]
        assert self.headers["cache-control"]
        assert not _INNER & {name.lower() for name in self.headers}
        if (told := self.problem()) is not None:
            assert (told.status, told.instance) == (self.status, self.headers["x-request-id"])
            assert self.headers["cache-control"] == "no-store"
        made = self.made_by_gateway()
        assert made is None or made.status in ALLOWED, f"the gateway says {self.status}: {self.content!r}"
