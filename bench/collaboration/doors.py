"""How the load client gets in: straight to a service whose ticket key it has, or through a gateway like a person."""

import asyncio
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Protocol
from uuid import uuid4

import httpx

from collab_kit.settings import Secret
from collab_kit.tokens import TICKET_AUDIENCE, TICKET_ISSUER, Signer

__all__ = ["Door", "GatewayDoor", "OwnDoor", "through_gateway"]

_ATTEMPTS = 20
_TICKET_TTL_S = 3600


class Door(Protocol):
    @property
    def url(self) -> str:
        """The WebSocket endpoint without document, such as `ws://127.0.0.1:8105/collaboration`."""
        ...

    async def document(self) -> str:
        """A new document."""
        ...

    async def ticket(self, document: str) -> str:
        """A ticket that may write it: each for another person, or always the same."""
        ...


class OwnDoor:
    """Signs tickets itself, with the key that the service believes to be the document service's."""

    def __init__(self, url: str, key: Secret) -> None:
        self.url = url
        self.signer = Signer(key, issuer=TICKET_ISSUER, audience=TICKET_AUDIENCE)

    async def document(self) -> str:
        return str(uuid4())

    async def ticket(self, document: str) -> str:
        claims = {"sub": str(uuid4()), "doc": document, "role": "editor", "name": "Load"}
        return self.signer.sign(claims, ttl_s=_TICKET_TTL_S)


class GatewayDoor:
    """One person's session at a gateway, with documents of their own."""

    def __init__(self, client: httpx.AsyncClient, url: str) -> None:
        self._client = client
        self.url = url
        self._tickets: dict[str, str] = {}

    async def document(self) -> str:
        return (await self._post("/api/documents", {"title": "Latency"}))["id"]

    async def ticket(self, document: str) -> str:
        if document not in self._tickets:
            self._tickets[document] = (await self._post(f"/api/documents/{document}/ticket", None))["ticket"]
        return self._tickets[document]

    async def sign_up(self) -> None:
        name = secrets.token_hex(8)
        body = {"email": f"load-{name}@example.org", "password": secrets.token_urlsafe(18), "name": f"Load {name}"}
        session = await self._post("/api/auth/register", body)
        self._client.headers["Authorization"] = f"Bearer {session['access_token']}"

    async def _post(self, path: str, body: dict[str, str] | None) -> dict[str, Any]:
        response = await self._client.post(path, json=body)
        for _ in range(_ATTEMPTS):
            if response.status_code not in (429, 503):
                break
            await asyncio.sleep(float(response.headers.get("Retry-After", "0.5")))
            response = await self._client.post(path, json=body)
        response.raise_for_status()
        return response.json()


@asynccontextmanager
async def through_gateway(public_url: str) -> AsyncGenerator[GatewayDoor]:
    """Sign up at `public_url`, such as `http://127.0.0.1:8080`, and speak with it over HTTP and WebSocket."""
    endpoint = f"ws{public_url.removeprefix('http')}/collaboration"
    async with httpx.AsyncClient(base_url=public_url, timeout=10, trust_env=False) as client:
        door = GatewayDoor(client, endpoint)
        await door.sign_up()
        yield door
