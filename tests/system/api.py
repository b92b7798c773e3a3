"""The HTTP API as a person's client sees it, through the gateway."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any, Self

import httpx
import msgspec

from tests.system.reach import trust

PASSWORD = "correct horse battery staple"  # the test people's
_TIMEOUT_S = 30


class Problem(msgspec.Struct):
    """RFC 9457, as every error must be."""

    type: str
    title: str
    status: int
    detail: str = ""
    instance: str = ""

    @property
    def slug(self) -> str:
        return self.type.rsplit("/", 1)[-1]


class Document(msgspec.Struct):
    """The part of a document that the tests look at."""

    id: str
    title: str
    role: str


class Ticket(msgspec.Struct):
    """Leave to connect to a document."""

    ticket: str
    role: str
    expires_in_s: int
    path: str


class ApiError(Exception):
    """An answer that is not a success; ``problem`` where it was a problem document."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        super().__init__(f"{response.request.method} {response.request.url} -> {response.status_code} {response.text}")

    @property
    def problem(self) -> Problem:
        """Raises ``AssertionError`` where the answer is an error but no problem document."""
        assert self.response.headers["content-type"].startswith("application/problem+json"), str(self)
        return msgspec.json.decode(self.response.content, type=Problem)


@dataclass(slots=True, kw_only=True)
class Person:
    """Somebody with an account and a session."""

    name: str
    email: str
    http: httpx.Client
    password: str = PASSWORD
    id: str = ""
    access_token: str = field(default="", repr=False)

    @classmethod
    def register(cls, url: str, name: str, *, email: str | None = None) -> Self:
        """A new account; the e-mail address is unique unless given."""
        person = cls(
            name=name,
            email=email or f"{name.split(maxsplit=1)[0].lower()}-{secrets.token_hex(4)}@example.org",
            http=http_client(url),
        )
        person._open_session("register", name=name)
        return person

    def sign_in(self) -> None:
        """A new session."""
        self._open_session("sign-in")

    def request(self, method: str, path: str, body: object = None, *, token: str | None = None) -> httpx.Response:
        """Ask as this person, or with another ``token``. Raises :class:`ApiError`."""
        headers = {"Authorization": f"Bearer {token or self.access_token}"}
        return succeeded(self.http.request(method, path, json=body, headers=headers))

    def create_document(self, title: str) -> Document:
        response = self.request("POST", "/api/documents", {"title": title})
        return msgspec.json.decode(response.content, type=Document)

    def documents(self) -> list[Document]:
        items: list[Any] = self.request("GET", "/api/documents").json()["items"]
        return msgspec.convert(items, list[Document])

    def share(self, document: str, other: Person, role: str) -> None:
        self.request("PUT", f"/api/documents/{document}/members", {"email": other.email, "role": role})

    def ticket(self, document: str) -> Ticket:
        response = self.request("POST", f"/api/documents/{document}/ticket")
        return msgspec.json.decode(response.content, type=Ticket)

    def _open_session(self, call: str, **further: str) -> None:
        body = {"email": self.email, "password": self.password, **further}
        session = succeeded(self.http.post(f"/api/auth/{call}", json=body)).json()
        self.access_token = session["access_token"]
        self.id = session["user"]["id"]


def http_client(url: str) -> httpx.Client:
    """A client that goes straight to the gateway, whatever proxy this machine has, and keeps no connection open."""
    limits = httpx.Limits(max_keepalive_connections=0)
    return httpx.Client(base_url=url, timeout=_TIMEOUT_S, trust_env=False, limits=limits, verify=trust())


def succeeded(response: httpx.Response) -> httpx.Response:
    """The answer itself. Raises :class:`ApiError` where it is none of success."""
    if not response.is_success:
        raise ApiError(response)
    return response
