"""The one route table: who answers which path, and under what limits. Both targets render nginx from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from collab_platform.environment import Environment

Match = Literal["exact", "prefix"]
Access = Literal["public", "authenticated"]
RateClass = Literal["api", "sign-in", "none"]
Balance = Literal["least-connections", "document-hash"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One line of the table.

    ``component`` answers on its port named ``port``; ``access`` ``authenticated`` means that the gateway asks auth
    before it passes a request on. ``cache_s`` 0: never cached. ``timeout_s`` is how long the gateway waits between
    two reads of the answer. ``waf``: requests pass the web application firewall where there is one. ``secret_query``:
    the query may hold a secret, which must not reach any log. Only a public route may be cached: everyone gets the
    same answer.
    """

    name: str
    match: Match
    path: str
    component: str
    port: str = "http"
    access: Access = "authenticated"
    rate: RateClass = "api"
    balance: Balance = "least-connections"
    websocket: bool = False
    waf: bool = True
    cache_s: int = 0
    timeout_s: int = 15
    secret_query: bool = False
    max_body_bytes: int

    def __post_init__(self) -> None:
        if self.cache_s and self.access != "public":
            raise ValueError(f"route {self.name} cannot be cached: its answers are for one caller alone")


def route_table(environment: Environment) -> tuple[Route, ...]:
    """The routes of an environment, most specific first. What none of them matches is the editor's static files."""
    body = environment.gateway.max_body_bytes

    def schema(component: str, plural: str) -> Route:
        return Route(
            name=f"{component}-schema",
            match="prefix",
            path=f"/api/{plural}/schema",
            component=component,
            access="public",
            cache_s=60,
            max_body_bytes=1024,
        )

    return (
        Route(
            name="jwks",
            match="exact",
            path="/.well-known/jwks.json",
            component="auth",
            access="public",
            cache_s=60,
            max_body_bytes=1024,
        ),
        schema("auth", "auth"),
        schema("user", "users"),
        schema("document", "documents"),
        schema("collaboration", "collaboration"),
        *(
            Route(
                name=f"auth-{call}",
                match="exact",
                path=f"/api/auth/{call}",
                component="auth",
                access="public",
                rate="sign-in",
                max_body_bytes=min(body, 16_384),
            )
            for call in ("register", "sign-in")
        ),
        Route(
            name="auth",
            match="prefix",
            path="/api/auth/",
            component="auth",
            access="public",
            max_body_bytes=min(body, 16_384),
        ),
        Route(name="user", match="prefix", path="/api/users/", component="user", max_body_bytes=body),
        Route(name="documents", match="exact", path="/api/documents", component="document", max_body_bytes=body),
        Route(name="document", match="prefix", path="/api/documents/", component="document", max_body_bytes=body),
        Route(
            name="versions",
            match="prefix",
            path="/api/collaboration/",
            component="collaboration",
            access="public",  # the ticket is the authentication, as for the WebSocket
            max_body_bytes=body,
        ),
        Route(
            name="collaboration",
            match="prefix",
            path="/collaboration",
            component="collaboration",
            port="websocket",
            access="public",  # the ticket is the authentication, and the service checks it
            balance="document-hash",
            websocket=True,
            waf=False,  # ModSecurity cannot look into WebSocket frames; the service validates them
            timeout_s=75,  # clients and service ping well within this
            secret_query=True,  # the ticket
            max_body_bytes=1024,
        ),
    )
