"""The user service as a process, and beside it a server that plays the services it calls: auth and document."""

import json
import re
import ssl
import threading
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx
import msgspec

from collab_kit.settings import Secret
from collab_kit.tokens import ACCESS_AUDIENCE, ACCESS_ISSUER, Signer
from tests.datastores import ObjectStore
from tests.services import ServiceProcess, Stage, ed25519_pem


@dataclass(frozen=True)
class Call:
    """What the user service asked of another one."""

    method: str
    path: str
    query: dict[str, str]
    body: Any


class Peers:
    """Answers as auth and document do, remembers what it was asked, and can be away."""

    def __init__(self) -> None:
        self.signer = Signer(Secret(ed25519_pem()), issuer=ACCESS_ISSUER, audience=ACCESS_AUDIENCE)
        self.calls: list[Call] = []
        self.away: set[str] = set()
        """Kinds of things that are answered with 503: accounts, teams, people."""
        self.accounts: dict[str, dict[str, Any]] = {}
        self.last_admin: str | None = None
        keys = msgspec.json.encode(self.signer.jwks)
        peers = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if self.path == "/.well-known/jwks.json":
                    self._answer(200, keys)
                else:
                    self._handle()

            def do_PUT(self) -> None:
                self._handle()

            def do_PATCH(self) -> None:
                self._handle()

            def do_DELETE(self) -> None:
                self._handle()

            def _handle(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                url = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(url.query).items()}
                call = Call(self.command, url.path, query, json.loads(body) if body else None)
                status, answer = peers.answer(call) if self.headers.get("X-Collab-Internal") else (403, None)
                self._answer(status, b"" if answer is None else json.dumps(answer).encode())

            def _answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                if status != 204:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if status != 204:
                    self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, call: Call) -> tuple[int, Any]:
        found = re.fullmatch("/internal/(accounts|teams|people)/([0-9a-f-]{36})(/export)?", call.path)
        if found is None:
            return 404, None
        kind, subject = found[1], found[2]
        if kind in self.away:
            return 503, None
        self.calls.append(call)
        if found[3]:
            return 200, {kind: subject}
        if kind == "accounts":
            return self._account(call, subject)
        return 204, None

    def _account(self, call: Call, subject: str) -> tuple[int, Any]:
        if subject == self.last_admin:
            return 409, {"type": "https://collab.dev/problems/last-admin", "status": 409}
        if call.method == "DELETE":
            self.accounts.pop(subject, None)
            return 204, None
        if subject not in self.accounts:
            return 404, {"type": "https://collab.dev/problems/no-such-account", "status": 404}
        account = self.accounts[subject]
        account |= {name: call.body[name] for name in ("is_admin", "disabled") if name in call.body}
        account["version"] += 1
        return 200, account

    def asked(self, method: str, path: str) -> list[Call]:
        return [call for call in self.calls if (call.method, call.path) == (method, path)]

    @contextmanager
    def open(self) -> Generator["Peers"]:
        thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join(5)


@dataclass
class Member:
    """Someone with a profile and an access token."""

    id: str
    email: str
    name: str
    client: httpx.Client
    base_url: str

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        content: bytes | None = None,
    ) -> httpx.Response:
        """`path` below `/api/users`."""
        url = f"{self.base_url}/api/users{path}"
        if content is not None:
            return self.client.request(method, url, content=content, headers=headers)
        return self.client.request(method, url, json=body, headers=headers)


@dataclass
class House:
    """A user service with its peers, and people in it."""

    stage: Stage
    peers: Peers
    object_store: ObjectStore | None = None
    service: ServiceProcess | None = None
    overrides: dict[str, str] = field(default_factory=dict[str, str])
    stack: ExitStack = field(default_factory=ExitStack)

    def start(self, **overrides: str) -> ServiceProcess:
        self.service = self.stage.start("user", **(self.environment() | overrides))
        return self.service

    def environment(self) -> dict[str, str]:
        settings = {"COLLAB_AUTH_URL": self.peers.url, "COLLAB_DOCUMENT_URL": self.peers.url}
        if self.object_store is None:
            return settings
        secret = self.stage.write_secret("s3-secret-key", self.object_store.secret_key)
        return settings | {
            "COLLAB_S3_ENDPOINT": self.object_store.endpoint,
            "COLLAB_S3_BUCKET": "collab",
            "COLLAB_S3_REGION": "us-east-1",
            "COLLAB_S3_ACCESS_KEY": self.object_store.access_key,
            "COLLAB_S3_SECRET_KEY_FILE": str(secret),
        }

    def client(self) -> httpx.Client:
        # Everything here is plain HTTP; reading the authorities for each would take longer than the tests.
        empty = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        return self.stack.enter_context(httpx.Client(timeout=15, trust_env=False, verify=empty))

    def tell_of_account(self, person: str, **account: Any) -> httpx.Response:
        """As auth does, after each change of an account."""
        url = f"{self.stage.url('user')}/internal/profiles/{person}"
        return self.client().put(url, json=account, headers=self.stage.internal_headers)

    def person(
        self,
        name: str = "Ada Lovelace",
        *,
        email: str | None = None,
        admin: bool = False,
        scopes: str | None = None,
    ) -> Member:
        """Someone new; with `scopes` they hold an API token instead of a session."""
        id_ = _uuid7()
        email = email or f"{name.split(maxsplit=1)[0].lower()}.{id_[-8:]}@example.org"
        account = {"email": email, "is_admin": admin, "disabled": False, "verified": True, "version": 1}
        self.peers.accounts[id_] = {"id": id_, **account}
        told = self.tell_of_account(id_, name=name, **account)
        assert told.status_code == 204, told.text
        return Member(id_, email, name, self._holder(id_, email, admin=admin, scopes=scopes), self.stage.url("user"))

    def with_token(self, member: Member, *, scopes: str | None, admin: bool = False) -> Member:
        """The same person by another token."""
        client = self._holder(member.id, member.email, admin=admin, scopes=scopes)
        return Member(member.id, member.email, member.name, client, member.base_url)

    def _holder(self, person: str, email: str, *, admin: bool, scopes: str | None) -> httpx.Client:
        claims: dict[str, object] = {"sub": person, "email": email, "sid": str(uuid4())}
        if admin:
            claims["adm"] = True
        if scopes is not None:
            claims["scp"] = scopes
        client = self.client()
        client.headers["Authorization"] = f"Bearer {self.peers.signer.sign(claims, ttl_s=300)}"
        return client

    def sql(self, query: str) -> str:
        """As the administrator of the database, whose search path is not the service's: name the schema."""
        return self.stage.database.psql(query)

    def hurry(self) -> None:
        """What waits in the outbox is due now."""
        self.sql("update users.outbox set next_attempt_at = now()")


def _uuid7() -> str:
    """Ids of accounts are UUIDv7: later ones are greater."""

    return str(UUID(int=(int(time.time() * 1000) << 80) | (7 << 76) | (2 << 62) | (uuid4().int & (2**62 - 1))))
