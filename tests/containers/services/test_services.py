"""What each service image promises, with a real PostgreSQL, Valkey and S3 beside it and TLS between all of them."""

from __future__ import annotations

import json
import secrets
import ssl
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.integration.collaboration.rawclient import Peer, peer

if TYPE_CHECKING:
    from tests.containers.services.stage import Stage

pytestmark = pytest.mark.timeout(1800)

SERVICES = ("auth", "user", "document", "collaboration")
SCHEMAS = {
    "auth": "/api/auth/schema/openapi.json",
    "user": "/api/users/schema/openapi.json",
    "document": "/api/documents/schema/openapi.json",
    "collaboration": "/api/collaboration/schema/openapi.json",
}
PASSWORD = "correct horse battery"


@dataclass
class Person:
    """Someone registered; their token goes with every call."""

    stage: Stage
    email: str
    session: dict[str, Any]

    def call(self, method: str, service: str, path: str, body: object = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.session['access_token']}"}
        with self.stage.client() as client:
            return client.request(method, self.stage.url(service) + path, json=body, headers=headers)


@pytest.fixture(scope="module")
def person(stage: Stage) -> Person:
    email = f"ada.{secrets.token_hex(4)}@example.org"
    with stage.client() as client:
        body = {"email": email, "password": PASSWORD, "name": "Ada"}
        answer = client.post(f"{stage.url('auth')}/api/auth/register", json=body)
    assert answer.status_code == 201, answer.text
    return Person(stage, email, answer.json())


@pytest.fixture
def document(person: Person) -> str:
    answer = person.call("POST", "document", "/api/documents", {"title": "Minutes"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


@pytest.mark.parametrize("service", SERVICES)
def test_it_is_alive_ready_and_measured(stage: Stage, service: str) -> None:
    with stage.client() as client:
        assert client.get(f"{stage.url(service)}/livez").status_code == 200
        ready = client.get(f"{stage.url(service)}/readyz")
        metrics = client.get(f"{stage.url(service)}/metrics")
    assert ready.status_code == 200
    checks = {check["name"]: check["ok"] for check in ready.json()["checks"]}
    assert checks
    assert all(checks.values())
    assert metrics.status_code == 200
    assert "# TYPE collab_" in metrics.text


@pytest.mark.parametrize("service", SERVICES)
def test_it_describes_its_interface(stage: Stage, service: str) -> None:
    with stage.client() as client:
        answer = client.get(stage.url(service) + SCHEMAS[service])
    assert answer.status_code == 200, answer.text
    assert answer.json()["openapi"].startswith("3.")
    assert answer.json()["paths"]


@pytest.mark.parametrize("service", SERVICES)
def test_it_serves_tls_alone(stage: Stage, service: str) -> None:
    with httpx.Client(trust_env=False, timeout=30) as stranger:
        with pytest.raises((httpx.ConnectError, ssl.SSLError)):
            stranger.get(f"{stage.url(service)}/livez")  # does not trust the stage's authority
        plain = stage.url(service).replace("https://", "http://")
        with pytest.raises(httpx.TransportError):
            stranger.get(f"{plain}/livez")


@pytest.mark.parametrize("service", SERVICES)
def test_it_logs_json_and_no_secret(stage: Stage, service: str, person: Person) -> None:
    logged = stage.logs(service)
    lines = [json.loads(line) for line in logged.splitlines() if line.strip()]
    assert any(line["event"] == "listening" for line in lines)
    for secret in (*stage.passwords.values(), PASSWORD, person.session["access_token"]):
        assert secret not in logged


def test_who_registers_signs_in_and_has_a_profile(stage: Stage, person: Person) -> None:
    with stage.client() as client:
        wrong = client.post(
            f"{stage.url('auth')}/api/auth/sign-in", json={"email": person.email, "password": "not the password"}
        )
        right = client.post(f"{stage.url('auth')}/api/auth/sign-in", json={"email": person.email, "password": PASSWORD})
        anonymous = client.get(f"{stage.url('user')}/api/users/me")
    assert wrong.status_code == 401
    assert right.status_code == 200
    assert right.json()["user"]["email"] == person.email
    assert anonymous.status_code == 401
    profile = person.call("GET", "user", "/api/users/me")
    assert profile.status_code == 200, profile.text
    assert profile.json()["name"] == "Ada"
    assert person.call("PATCH", "user", "/api/users/me", {"name": "Ada L."}).json()["name"] == "Ada L."


def test_a_document_and_a_ticket_for_it(person: Person, document: str) -> None:
    listed = person.call("GET", "document", "/api/documents").json()["items"]
    assert document in [each["id"] for each in listed]
    ticket = person.call("POST", "document", f"/api/documents/{document}/ticket").json()
    assert ticket["role"] == "owner"
    assert ticket["path"] == f"/collaboration/{document}"


def test_internal_calls_need_the_internal_token(stage: Stage, person: Person) -> None:
    assert person.call("GET", "user", "/internal/profiles?email=a@example.org").status_code in {401, 403}
    with stage.client() as client:
        answer = client.get(
            f"{stage.url('user')}/internal/profiles",
            params={"email": person.email},
            headers={"X-Collab-Internal": stage.passwords["internal-token"]},
        )
    assert [item["email"] for item in answer.json()["items"]] == [person.email]


@pytest.mark.parametrize("restarted", [("collaboration",), ("postgresql", "collaboration"), ("valkey",)])
async def test_an_edit_outlives_its_containers(
    stage: Stage, person: Person, document: str, restarted: tuple[str, ...]
) -> None:
    await _write(stage, person, document, "kept")
    for name in restarted:
        stage.stop(name)
    for name in restarted:
        stage.start_again(name)
    for service in SERVICES:
        stage.wait_ready(service)
    assert await _read(stage, person, document) == "kept"


@pytest.mark.parametrize("service", SERVICES)
def test_sigterm_drains_and_exits_0(stage: Stage, service: str) -> None:
    took_s = stage.stop(service)
    try:
        assert stage.exit_code(service) == 0, stage.logs(service)[-2000:]
        # Well before the kill after 60 s: what drained did so by itself.
        assert took_s < 30
    finally:
        stage.start_again(service)
        stage.wait_ready(service)


@pytest.mark.parametrize("store", ["postgresql", "valkey"])
def test_stores_shut_down_cleanly(stage: Stage, store: str) -> None:
    stage.stop(store)
    try:
        assert stage.exit_code(store) == 0, stage.logs(store)[-2000:]
    finally:
        stage.start_again(store)
        for service in SERVICES:
            stage.wait_ready(service)


async def _write(stage: Stage, person: Person, document: str, text: str) -> None:
    """Type into a document until the server has it, which it says by sending it back."""
    async with _peer(stage, person, document) as writer:
        writer.text += text
        async with _peer(stage, person, document) as reader:
            await reader.until(lambda: str(reader.text) == text)


async def _read(stage: Stage, person: Person, document: str) -> str:
    async with _peer(stage, person, document) as reader:
        return str(reader.text)


def _peer(stage: Stage, person: Person, document: str) -> AbstractAsyncContextManager[Peer]:
    """A synced client of a document, over TLS."""
    ticket = person.call("POST", "document", f"/api/documents/{document}/ticket").json()["ticket"]
    return peer(stage.websocket_url(document, ticket), stage.trust)
