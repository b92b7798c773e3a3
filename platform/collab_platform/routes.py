"""The one route table: who answers which path, and under what limits. Both targets render nginx from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from collab_platform.environment import Environment

Match = Literal["exact", "prefix", "pattern"]
Access = Literal["public", "authenticated"]
RateClass = Literal["api", "sign-in", "none"]
UserRate = Literal["user", "heavy"]
Balance = Literal["least-connections", "document-hash"]
Kind = Literal["service", "objects"]

MIB = 1 << 20
MAX_AVATAR_BYTES = 5 * MIB
MAX_IMPORT_BYTES = 10 * MIB
MAX_ATTACHMENT_BYTES = 50 * MIB

_PICTURES = ("image/png", "image/jpeg", "image/webp", "image/gif")
_DOCUMENTS = (
    "text/markdown",
    "text/x-markdown",
    "text/html",
    "application/xhtml+xml",
    "text/plain",
    "application/octet-stream",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
)

# What people type, keep secret, or what is made by a machine to look like noise: it means nothing to whoever handles
# it, and so is not searched for attacks. Fields of a JSON body, and of a query (with a question mark).
_SECRETS = ("password", "current", "new", "code", "token", "state")
_CREDENTIAL = (
    "credential.id",
    "credential.rawId",
    *(
        f"credential.response.{part}"
        for part in (
            "attestationObject",
            "authenticatorData",
            "clientDataJSON",
            "publicKey",
            "signature",
            "userHandle",
        )
    ),
)
_TALK = ("title", "name", "body", "anchor.quote", "anchor.start", "anchor.end", "password")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One line of the table.

    ``component`` answers on its port named ``port``; ``access`` ``authenticated`` means that the gateway asks auth
    before it passes a request on. A ``pattern`` is a path with ``{id}`` for an id, below another route's prefix.
    ``methods``: no others; empty, what the service takes.

    ``rate`` counts addresses, ``user_rate`` people, where auth says who they are (``heavy``: what costs much).
    ``cache_s`` 0: never cached. ``caches_alone``: for that long whatever the service says, which then is for browsers.
    Only a public route may be cached: everyone gets the same answer. ``timeout_s`` is how long the gateway waits
    between two reads of the answer.

    ``waf``: requests pass the web application firewall where there is one, less their ``free_text``: fields of a JSON
    body (``anchor.quote``) or of the query (``?q``) that may hold anything. ``media_types``: bodies are files of these
    types, not JSON, and only the service can look into them. ``secret_query``: the query may hold a secret, which must
    not reach any log.

    ``kind`` ``objects``: presigned requests for files in the object storage, which are people's own and never trusted.
    """

    name: str
    match: Match
    path: str
    component: str
    port: str = "http"
    access: Access = "authenticated"
    rate: RateClass = "api"
    user_rate: UserRate = "user"
    balance: Balance = "least-connections"
    kind: Kind = "service"
    methods: tuple[str, ...] = ()
    websocket: bool = False
    waf: bool = True
    free_text: tuple[str, ...] = ()
    media_types: tuple[str, ...] = ()
    cache_s: int = 0
    caches_alone: bool = False
    timeout_s: int = 15
    secret_query: bool = False
    max_body_bytes: int

    def __post_init__(self) -> None:
        if self.cache_s and self.access != "public":
            raise ValueError(f"route {self.name} cannot be cached: its answers are for one caller alone")


def route_table(environment: Environment, *, attachments: bool = False) -> tuple[Route, ...]:
    """The routes of an environment, most specific first. What none of them matches is the editor's static files.

    ``attachments``: the environment's own object storage keeps files that browsers fetch and send by presigned
    addresses. Where that is somebody else's, they go there directly.
    """
    return (
        *_keys_and_schemas(),
        *_auth(environment),
        *_user(environment),
        *_document(environment),
        *_collaboration(environment),
        *(_attachments(environment) if attachments else ()),
    )


def _keys_and_schemas() -> tuple[Route, ...]:
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
    )


def _auth(environment: Environment) -> tuple[Route, ...]:
    body = min(environment.gateway.max_body_bytes, 16_384)
    fields = ("name", *_SECRETS, *_CREDENTIAL)

    def public(name: str, path: str, *, rate: RateClass = "sign-in", match: Match = "exact") -> Route:
        return Route(
            name=name,
            match=match,
            path=path,
            component="auth",
            access="public",
            rate=rate,
            free_text=fields,
            max_body_bytes=body,
        )

    return (
        public("auth-register", "/api/auth/register"),
        public("auth-sign-in", "/api/auth/sign-in"),
        public("auth-second-factor", "/api/auth/sign-in/", match="prefix"),
        public("auth-password-forgot", "/api/auth/password/forgot"),
        public("auth-password-reset", "/api/auth/password/reset"),
        public("auth-email-verify", "/api/auth/email/verify"),
        public("auth-email-resend", "/api/auth/email/verify/resend"),
        public("auth-email-confirm", "/api/auth/email/confirm"),
        public("auth-refresh", "/api/auth/refresh", rate="api"),
        public("auth-sign-out", "/api/auth/sign-out", rate="api"),
        public("auth-providers", "/api/auth/oidc", rate="api"),
        Route(
            name="auth-oidc",
            match="prefix",
            path="/api/auth/oidc/",
            component="auth",
            access="public",
            rate="sign-in",
            # What a provider adds to the way back is its own affair.
            free_text=("?code", "?state", "?iss", "?scope", "?session_state", "?error_description", "?return_to"),
            secret_query=True,
            timeout_s=30,  # auth asks the provider meanwhile
            max_body_bytes=body,
        ),
        Route(name="auth", match="prefix", path="/api/auth/", component="auth", free_text=fields, max_body_bytes=body),
    )


def _user(environment: Environment) -> tuple[Route, ...]:
    body, upload = environment.gateway.max_body_bytes, environment.gateway.max_upload_bytes
    return (
        Route(
            name="user-avatar",
            match="exact",
            path="/api/users/me/avatar",
            component="user",
            user_rate="heavy",
            media_types=_PICTURES,
            timeout_s=30,
            max_body_bytes=min(upload, MAX_AVATAR_BYTES),
        ),
        Route(
            name="user-export",
            match="exact",
            path="/api/users/me/export",
            component="user",
            user_rate="heavy",
            timeout_s=120,
            max_body_bytes=1024,
        ),
        Route(
            name="user-search",
            match="exact",
            path="/api/users/search",
            component="user",
            free_text=("?q",),
            max_body_bytes=1024,
        ),
        Route(
            name="avatar",
            match="pattern",
            path="/api/users/{id}/avatar",
            component="user",
            access="public",  # an <img> has no token; who knows the address has seen the picture's hash
            methods=("GET", "HEAD"),
            cache_s=60,
            caches_alone=True,  # a new picture has a new address; one taken away, or of somebody erased, is gone soon
            max_body_bytes=1024,
        ),
        Route(
            name="users",
            match="exact",
            path="/api/users",
            component="user",
            free_text=("?query",),
            max_body_bytes=body,
        ),
        Route(
            name="user", match="prefix", path="/api/users/", component="user", free_text=("name",), max_body_bytes=body
        ),
    )


def _document(environment: Environment) -> tuple[Route, ...]:
    body, upload = environment.gateway.max_body_bytes, environment.gateway.max_upload_bytes
    return (
        Route(
            name="document-link",
            match="exact",
            path="/api/documents/links/open",
            component="document",
            access="public",  # who has the link may come, once its password is right
            rate="sign-in",
            free_text=("token", "password", "guest.key", "guest.name"),
            max_body_bytes=min(body, 16_384),
        ),
        Route(
            name="document-linked",
            match="prefix",
            path="/api/documents/linked/",
            component="document",
            access="public",  # the pass that the link gave is the authentication, and the service checks it
            free_text=_TALK,
            max_body_bytes=body,
        ),
        Route(
            name="document-search",
            match="exact",
            path="/api/documents/search",
            component="document",
            free_text=("?q",),
            max_body_bytes=1024,
        ),
        Route(
            name="document-import",
            match="exact",
            path="/api/documents/import",
            component="document",
            user_rate="heavy",
            free_text=("?filename",),
            media_types=_DOCUMENTS,
            timeout_s=90,
            max_body_bytes=min(upload, MAX_IMPORT_BYTES),
        ),
        Route(
            name="document-export",
            match="pattern",
            path="/api/documents/{id}/export",
            component="document",
            user_rate="heavy",
            timeout_s=90,
            max_body_bytes=1024,
        ),
        Route(
            name="documents",
            match="exact",
            path="/api/documents",
            component="document",
            free_text=_TALK,
            max_body_bytes=body,
        ),
        Route(
            name="document",
            match="prefix",
            path="/api/documents/",
            component="document",
            free_text=(*_TALK, "url"),
            max_body_bytes=body,
        ),
    )


def _collaboration(environment: Environment) -> tuple[Route, ...]:
    return (
        Route(
            name="versions",
            match="prefix",
            path="/api/collaboration/",
            component="collaboration",
            access="public",  # the ticket is the authentication, as for the WebSocket
            free_text=("name",),
            max_body_bytes=environment.gateway.max_body_bytes,
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


def _attachments(environment: Environment) -> tuple[Route, ...]:
    bucket = environment.object_storage.bucket
    size = min(environment.gateway.max_upload_bytes, MAX_ATTACHMENT_BYTES)

    def objects(folder: str, *methods: str, max_body_bytes: int) -> Route:
        return Route(
            name=folder,
            match="prefix",
            path=f"/{bucket}/{folder}/",
            component="seaweedfs",
            port="s3",
            access="public",  # the signature in the query is the authentication, and the store checks it
            kind="objects",
            methods=methods,
            waf=False,  # files are opaque
            timeout_s=60,
            secret_query=True,
            max_body_bytes=max_body_bytes,
        )

    # What is sent is looked at, and put where nobody can send, before anyone fetches it.
    return objects("uploads", "PUT", max_body_bytes=size), objects("attachments", "GET", "HEAD", max_body_bytes=1024)
