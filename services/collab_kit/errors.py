"""Errors as RFC 9457 `application/problem+json`.

    Problem
    ├── InvalidRequest       400  the caller's input; `errors` names each field
    ├── Unauthenticated      401
    ├── Forbidden            403
    ├── NotFound             404
    ├── Conflict             409
    ├── TooManyRequests      429  `Retry-After`
    └── Unavailable          503  `Retry-After`; transient
        ├── StoreUnavailable      PostgreSQL is away
        └── PeerUnavailable       another service is away

A service subclasses one of these for each problem it names; the slug in `type` is the stable part of the contract.
"""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, ClassVar, cast

from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.datastructures import ResponseSpec
from msgspec import UNSET, Struct, UnsetType

from collab_kit.logging import get_logger

__all__ = [
    "EXCEPTION_HANDLERS",
    "PROBLEM_MEDIA_TYPE",
    "Conflict",
    "FieldError",
    "Forbidden",
    "InvalidRequest",
    "NotFound",
    "PeerUnavailable",
    "Problem",
    "ProblemDetails",
    "StoreUnavailable",
    "TooManyRequests",
    "Unauthenticated",
    "Unavailable",
    "problem_responses",
]

PROBLEM_MEDIA_TYPE = "application/problem+json"
_TYPE_PREFIX = "https://collab.dev/problems/"

_log = get_logger()


class FieldError(Struct, frozen=True):
    field: str
    message: str


class ProblemDetails(Struct, frozen=True, kw_only=True):
    """The body of every error; `type` is a name, never to be dereferenced, and `instance` the request id."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[FieldError] | UnsetType = UNSET


class Problem(Exception):  # noqa: N818  # RFC 9457 calls it a problem
    """Something the caller is told; `detail` must hold nothing that the caller may not know."""

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal-error"
    title: ClassVar[str] = "Internal error"

    def __init__(
        self,
        detail: str | None = None,
        *,
        errors: Sequence[FieldError] = (),
        retry_after_s: int | None = None,
        challenge: str | None = None,
    ) -> None:
        self.detail = detail or self.title
        self.errors = tuple(errors)
        self.retry_after_s = retry_after_s
        self.challenge = challenge
        super().__init__(self.detail)

    def headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        if self.retry_after_s is not None:
            headers["Retry-After"] = str(self.retry_after_s)
        if self.challenge is not None:
            headers["WWW-Authenticate"] = self.challenge
        return headers


class InvalidRequest(Problem):
    status = 400
    slug = "invalid-request"
    title = "The request is not valid"


class Unauthenticated(Problem):
    status = 401
    slug = "unauthenticated"
    title = "Sign in first"

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail, challenge='Bearer realm="collab"')


class Forbidden(Problem):
    status = 403
    slug = "forbidden"
    title = "Not allowed"


class NotFound(Problem):
    status = 404
    slug = "not-found"
    title = "Not found"


class Conflict(Problem):
    status = 409
    slug = "conflict"
    title = "Conflict"


class TooManyRequests(Problem):
    status = 429
    slug = "too-many-requests"
    title = "Too many requests"


class Unavailable(Problem):
    status = 503
    slug = "unavailable"
    title = "Not available at the moment"

    def __init__(self, detail: str | None = None, *, retry_after_s: int = 1) -> None:
        super().__init__(detail, retry_after_s=retry_after_s)


class StoreUnavailable(Unavailable):
    slug = "store-unavailable"
    title = "The store is not available at the moment"


class PeerUnavailable(Unavailable):
    slug = "service-unavailable"
    title = "A service this one depends on is not available at the moment"


def problem_responses(*problems: type[Problem]) -> dict[int, ResponseSpec]:
    """OpenAPI entries for a route that answers with these problems, and as every route with `InvalidRequest`."""
    by_status: dict[int, list[str]] = {}
    for problem in dict.fromkeys((InvalidRequest, *problems)):
        by_status.setdefault(problem.status, []).append(f"`{problem.slug}`: {problem.title}")
    return {
        status: ResponseSpec(
            data_container=ProblemDetails,
            generate_examples=False,
            description="; ".join(lines),
            media_type=cast("Any", PROBLEM_MEDIA_TYPE),
        )
        for status, lines in by_status.items()
    }


def request_id_of(request: Request[Any, Any, Any]) -> str:
    return str(request.scope["state"].get("request_id", ""))


def _answer(request: Request[Any, Any, Any], problem: Problem) -> Response[ProblemDetails]:
    details = ProblemDetails(
        type=_TYPE_PREFIX + problem.slug,
        title=problem.title,
        status=problem.status,
        detail=problem.detail,
        instance=request_id_of(request),
        errors=list(problem.errors) if problem.errors else UNSET,
    )
    return Response(
        details,
        status_code=problem.status,
        media_type=PROBLEM_MEDIA_TYPE,
        headers=problem.headers() | {"Cache-Control": "no-store"},
    )


def _on_http_exception(request: Request[Any, Any, Any], error: HTTPException) -> Response[ProblemDetails]:
    """What Litestar itself refuses: validation, 404, 405, 413 and the like."""
    if error.status_code >= 500:
        return _on_unexpected(request, error)
    if isinstance(error, ValidationException):
        return _answer(request, InvalidRequest("Some fields are missing or wrong.", errors=_field_errors(error)))
    if error.status_code == 400:
        return _answer(request, InvalidRequest(f"The body cannot be read: {error.detail}."))
    status = HTTPStatus(error.status_code)
    slug, detail = _REFUSALS.get(status, (status.phrase.lower().replace(" ", "-"), error.detail))
    refusal = type("Refusal", (Problem,), {"status": status.value, "slug": slug, "title": status.phrase})
    response = _answer(request, refusal(detail))
    response.headers.update(error.headers or {})
    return response


def _on_unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[ProblemDetails]:
    """A fault of ours: the log has the traceback, the caller only the request id to quote."""
    _log.error("unexpected error", path=request.url.path, method=request.method, exc_info=error)
    return _answer(request, Problem("Something went wrong on our side; it has been logged under this request id."))


def _field_errors(error: ValidationException) -> list[FieldError]:
    entries = cast("list[dict[str, str]]", error.extra if isinstance(error.extra, list) else [])
    found = [_field_error(entry.get("key", ""), entry.get("message", "is not valid")) for entry in entries]
    return found or [FieldError("body", error.detail)]


def _field_error(key: str, message: str) -> FieldError:
    # msgspec names a missing or unknown field in its message only.
    named = _MISSING_OR_UNKNOWN.fullmatch(message)
    if named:
        wrong = "This field is required." if named["what"] == "missing required" else "There is no such field."
        return FieldError(named["field"], wrong)
    return FieldError("body" if key in {"", "data"} else key, message)


_MISSING_OR_UNKNOWN = re.compile(r"Object (?P<what>missing required|contains unknown) field `(?P<field>\w+)`")

_REFUSALS = {
    HTTPStatus.NOT_FOUND: ("not-found", "There is nothing at this address."),
    HTTPStatus.METHOD_NOT_ALLOWED: ("method-not-allowed", "This address does not take that method."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("body-too-large", "The body is larger than this interface takes."),
}

EXCEPTION_HANDLERS: dict[int | type[Exception], Any] = {
    Problem: _answer,
    HTTPException: _on_http_exception,
    Exception: _on_unexpected,
}
