"""An OpenID provider for tests: a real server with real keys, that checks its clients, and misbehaves when told to."""

import base64
import hashlib
import secrets
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from litestar import Litestar, Request, Response, get, post
from litestar.response import Redirect

from tests.datastores import wait_until
from tests.ports import free_port

CLIENT_ID = "collab"


def new_key(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})


def for_any_algorithm(key: RSAKey) -> RSAKey:
    """The same key, without the word that it is for one algorithm only."""
    return RSAKey.import_key({name: value for name, value in key.as_dict(private=True).items() if name != "alg"})


@dataclass
class Grant:
    """What a code stands for."""

    redirect_uri: str
    challenge: str
    nonce: str


@dataclass
class OpenIdProvider:
    port: int = field(default_factory=free_port)
    client_secret: str = field(default_factory=lambda: secrets.token_urlsafe(12) + "%+:")
    key: RSAKey = field(default_factory=lambda: new_key("first"))
    more_keys: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    described: dict[str, Any] = field(default_factory=dict[str, Any])
    """What its description says otherwise than is true."""
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "ada"})
    """What it says of whoever signs in next; everybody consents at once."""
    userinfo: dict[str, Any] = field(default_factory=dict[str, Any])
    bent: dict[str, Any] = field(default_factory=dict[str, Any])
    """Claims of the next ID tokens that are not as they should be; `None` leaves one out."""
    signs_with: RSAKey | None = None
    """Another key than the published one."""
    algorithm: str = "RS256"
    announces_issuer: bool = True
    tells_issuer: bool = True
    refuses: str | None = None
    is_broken: bool = False
    grants: dict[str, Grant] = field(default_factory=dict[str, Grant])
    asked: list[str] = field(default_factory=list[str])
    """What was asked of it, by name, in order."""

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def entry(self, provider_id: str, **more: str) -> dict[str, str]:
        """For `COLLAB_OIDC_PROVIDERS_FILE`."""
        client = {"client_id": CLIENT_ID, "client_secret": self.client_secret}
        return {"id": provider_id, "name": provider_id.title(), "issuer": self.issuer, **client, **more}

    def reset(self) -> None:
        subject = secrets.token_hex(8)
        self.person = {
            "sub": subject,
            "email": f"ada.{subject}@example.org",
            "email_verified": True,
            "name": "Ada Lovelace",
        }
        self.userinfo, self.bent, self.signs_with, self.algorithm = {}, {}, None, "RS256"
        self.announces_issuer = self.tells_issuer = True
        self.refuses, self.is_broken = None, False

    def describe(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize?tenant=a",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "response_types_supported": ["code"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "authorization_response_iss_parameter_supported": self.announces_issuer,
            **self.described,
        }

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser is sent back to."""
        assert query["tenant"] == "a"
        assert query["client_id"] == CLIENT_ID
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        assert "openid" in query["scope"].split()
        assert len(query["state"]) >= 32
        answer = {"state": query["state"]}
        if self.tells_issuer:
            answer["iss"] = self.issuer
        if self.refuses is not None:
            answer["error"] = self.refuses
        else:
            answer["code"] = secrets.token_urlsafe(16)
            self.grants[answer["code"]] = Grant(query["redirect_uri"], query["code_challenge"], query["nonce"])
        return f"{query['redirect_uri']}?{urlencode(answer)}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        pair = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        expected = urlencode({CLIENT_ID: self.client_secret}).replace("=", ":", 1)
        if pair != expected:
            return 401, {"error": "invalid_client"}
        grant = self.grants.pop(form["code"], None)
        verifier = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode()
        if grant is None or grant.redirect_uri != form["redirect_uri"] or grant.challenge != challenge:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "access", "token_type": "Bearer", "id_token": self.id_token(grant.nonce)}

    def id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            **self.person,
            **self.bent,
        }
        told = {name: value for name, value in claims.items() if value is not None}
        key = self.signs_with or self.key
        header = {"alg": self.algorithm, "kid": key.kid}
        return jwt.encode(header, told, key, algorithms=[self.algorithm])

    def app(self) -> Litestar:
        def note(name: str) -> None:
            self.asked.append(name)

        @get("/.well-known/openid-configuration", sync_to_thread=False)
        def describe() -> Response[dict[str, Any]]:
            note("describe")
            return Response(self.describe(), status_code=503 if self.is_broken else 200)

        @get("/keys", sync_to_thread=False)
        def keys() -> Response[dict[str, Any]]:
            note("keys")
            return Response(
                {"keys": [*self.more_keys, self.key.as_dict(private=False)]}, status_code=503 if self.is_broken else 200
            )

        @get("/authorize", sync_to_thread=False)
        def authorize(request: Request[Any, Any, Any]) -> Redirect:
            note("authorize")
            return Redirect(self.authorize(dict(request.query_params.items())), status_code=302)

        @post("/token", status_code=200)
        async def token(request: Request[Any, Any, Any]) -> Response[dict[str, Any]]:
            note("token")
            form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
            status, body = self.token(form, request.headers["authorization"])
            return Response(body, status_code=503 if self.is_broken else status)

        @get("/userinfo", sync_to_thread=False)
        def userinfo(request: Request[Any, Any, Any]) -> dict[str, Any]:
            note("userinfo")
            assert request.headers["authorization"] == "Bearer access"
            return self.userinfo

        return Litestar([describe, keys, authorize, token, userinfo], openapi_config=None, logging_config=None)


@contextmanager
def running_provider(provider: OpenIdProvider) -> Generator[OpenIdProvider]:
    """Serve it from a thread of its own."""
    config = uvicorn.Config(
        provider.app(), host="127.0.0.1", port=provider.port, log_config=None, ws="none", lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name=f"provider-{provider.port}", daemon=True)
    thread.start()
    try:
        wait_until(lambda: server.started, "the provider's start")
        yield provider
    finally:
        server.should_exit = True
        thread.join(10)


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
