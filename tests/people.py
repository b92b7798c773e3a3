"""People for tests: registered through the auth service, each with an HTTP client of their own."""

import secrets
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

from tests.datastores import wait_until
from tests.services import Stage, trusting

PASSWORD = "correct horse battery"


def new_client() -> httpx.Client:
    return httpx.Client(timeout=15, trust_env=False)


@dataclass
class Person:
    """Someone with an account; `client` sends their access token and keeps their cookies."""

    id: str
    email: str
    name: str
    client: httpx.Client
    stage: Stage

    def call(self, method: str, service: str, path: str, body: Any = None) -> httpx.Response:
        return self.client.request(method, self.stage.url(service) + path, json=body)

    def document(self, method: str, path: str = "", body: Any = None) -> httpx.Response:
        return self.call(method, "document", f"/api/documents{path}", body)

    def create_document(self, title: str = "Minutes") -> str:
        """Make a document; the answer is its id."""
        response = self.document("POST", body={"title": title})
        assert response.status_code == 201, response.text
        return str(response.json()["id"])

    def share(self, document: str, other: "Person", role: str) -> httpx.Response:
        return self.document("PUT", f"/{document}/members", {"email": other.email, "role": role})


class People:
    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def client(self) -> httpx.Client:
        """Of someone who is not signed in."""
        return self._stack.enter_context(new_client())

    def register(self, name: str = "Ada") -> Person:
        email = f"{name.lower().replace(' ', '.')}.{secrets.token_hex(4)}@example.org"
        client = self.client()
        response = client.post(
            f"{self._stage.url('auth')}/api/auth/register",
            json={"email": email, "password": PASSWORD, "name": name},
        )
        assert response.status_code == 201, response.text
        session = response.json()
        client.headers["Authorization"] = f"Bearer {session['access_token']}"
        self._wait_for_profile(session["user"]["id"])
        return Person(session["user"]["id"], email, name, client, self._stage)

    def _wait_for_profile(self, person: str) -> None:
        """Where there is a user service to have it: auth leaves it a second, and on a busy machine tells it later."""
        if not any(replica.name.startswith("user") and replica.is_running for replica in self._stage.processes):
            return
        url = f"{self._stage.url('user')}/internal/profiles"
        with httpx.Client(
            headers=self._stage.internal_headers, verify=trusting(self._stage.ca), trust_env=False
        ) as peer:

            def is_known() -> bool:
                try:
                    answer = peer.get(url, params={"id": person})
                except httpx.HTTPError:
                    return False
                return answer.status_code == 200 and bool(answer.json()["items"])

            wait_until(is_known, f"the profile of {person}")
