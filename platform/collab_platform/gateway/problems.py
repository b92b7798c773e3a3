"""The errors that nginx itself makes, in the words and slugs that the services use for theirs."""

from __future__ import annotations

from dataclasses import dataclass

PROBLEM_PREFIX = "https://collab.dev/problems/"


@dataclass(frozen=True, slots=True)
class Problem:
    """What a caller is told for a status. Neither text may hold a quote, a backslash or a dollar sign."""

    status: int
    slug: str
    title: str
    detail: str


PROBLEMS = (
    Problem(400, "invalid-request", "The request is not valid", "The request is malformed."),
    Problem(401, "unauthenticated", "Sign in first", "This needs an access token that is still valid."),
    Problem(403, "request-refused", "Request refused", "The web application firewall takes this for an attack."),
    Problem(404, "not-found", "Not found", "There is nothing here."),
    Problem(405, "method-not-allowed", "Method not allowed", "This address does not take that method."),
    Problem(411, "length-required", "Length required", "The request has a body of unknown length."),
    Problem(412, "precondition-failed", "Precondition failed", "What the request expects is not so."),
    Problem(413, "body-too-large", "The body is too large", "The request body is larger than this address takes."),
    Problem(414, "address-too-long", "The address is too long", "The request line is longer than 8 KiB."),
    Problem(415, "unsupported-media-type", "Unsupported media type", "This address does not take that kind of body."),
    Problem(416, "range-not-satisfiable", "Range not satisfiable", "The requested range is outside of the file."),
    Problem(421, "misdirected-request", "Misdirected request", "This connection does not serve that host."),
    Problem(426, "upgrade-required", "Upgrade required", "This address only speaks WebSocket."),
    Problem(429, "too-many-requests", "Too many requests", "Too many requests from this address or person. Try later."),
    Problem(431, "headers-too-large", "The headers are too large", "The request headers are larger than 8 KiB."),
    Problem(502, "service-unreachable", "Service unreachable", "The service that answers this is away. Try again."),
    Problem(503, "unavailable", "Not available at the moment", "This cannot be answered at the moment. Try again."),
    Problem(504, "service-timeout", "Service timeout", "The service that answers this took too long. Try again."),
    Problem(505, "version-not-supported", "Version not supported", "The gateway speaks HTTP 1.0, 1.1 and 2."),
)

MAINTENANCE = Problem(
    503, "maintenance", "Maintenance", "This is being worked on, and nothing is lost. Try again soon."
)
"""What everybody is told while the operator works on the installation."""
MAINTENANCE_RETRY_S = 60
