"""Who asks in these tests, and what there is that they can ask about."""

import re
import secrets
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Literal, Self, get_args
from uuid import uuid4

import httpx

from tests.people import PASSWORD
from tests.services import Stage

Kind = Literal["anonymous", "person", "administrator"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_ANCHOR = {"start": "AQ==", "end": "Ag==", "quote": "the passage"}
# What is made, for a path to name it, by a POST of what where.
_RECIPES: dict[str, tuple[str, dict[str, Any]]] = {
    "token_id": ("/api/auth/tokens", {"name": "script", "scopes": ["documents:read"]}),
    "team_id": ("/api/users/teams", {"name": "Crew"}),
    "document_id": ("/api/documents", {"title": "Minutes"}),
    "folder_id": ("/api/documents/folders", {"name": "Plans"}),
    "template_id": ("/api/documents/templates", {"name": "Minutes", "document": "{document_id}"}),
    "webhook_id": ("/api/documents/webhooks", {"url": "https://hook.invalid/", "events": ["document.renamed"]}),
    "delivery_id": ("/api/documents/webhooks/{webhook_id}/test", {}),
    "link_id": ("/api/documents/{document_id}/links", {"role": "viewer"}),
    "comment_id": ("/api/documents/{document_id}/comments", {"anchor": _ANCHOR, "body": "Is this so?"}),
    "attachment_id": (
        "/api/documents/{document_id}/attachments",
        {"name": "a.txt", "size": 5, "type": "text/plain"},
    ),
}


class Asker:
    """Somebody with an account of their own and things in it, each made when it is first asked for."""

    def __init__(self, http: httpx.Client, session: dict[str, Any], newcomer: Callable[[], str]) -> None:
        self._http = http
        self._newcomer = newcomer
        self._things: dict[str, str] = {}
        self.id = str(session["user"]["id"])
        self.email = str(session["user"]["email"])
        self.access_token = str(session["access_token"])

    def call(self, method: str, path: str, body: Any = None, *, token: str | None = None) -> Any:
        headers = {"Authorization": f"Bearer {token or self.access_token}"}
        answer = self._http.request(method, path, json=body, headers=headers)
        assert answer.is_success, (method, path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def get(self, path: str) -> httpx.Response:
        return self._http.get(path, headers={"Authorization": f"Bearer {self.access_token}"})

    def thing(self, name: str) -> str:
        """What a path's `name` can stand for: `document_id`, `comment_id`."""
        if name not in self._things:
            self._things[name] = self._make(name)
            self._share(name, self._things[name])
        return self._things[name]

    def ticket(self) -> str:
        """What lets them into their document at the collaboration service."""
        return str(self.call("POST", f"/api/documents/{self.thing('document_id')}/ticket")["ticket"])

    def _make(self, name: str) -> str:
        if name in _RECIPES:
            path, body = _RECIPES[name]
            return self._made(self._filled(path), {field: self._filled(value) for field, value in body.items()})
        match name:
            case "user_id":
                return self._newcomer()  # one of their own, whom an administrator may erase
            case "provider":
                return "nobody"
            case "session_id":
                return str(self.call("GET", "/api/auth/sessions")["items"][0]["id"])
            case "version_id":
                path = f"/api/collaboration/documents/{self.thing('document_id')}/versions"
                return str(self.call("POST", path, {"name": "First"}, token=self.ticket())["id"])
            case _:
                return str(uuid4())  # nothing of that kind: the passkeys of somebody who has none

    def _filled(self, value: Any) -> Any:
        """`{document_id}` replaced by what it stands for."""
        if not isinstance(value, str):
            return value
        return re.sub(r"\{(\w+)\}", lambda found: self.thing(found[1]), value)

    def _share(self, name: str, made: str) -> None:
        """With the colleague, so that paths with both mean something."""
        person = {"user_id": self.thing("user_id")}
        if name == "team_id":
            self.call("PUT", f"/api/users/teams/{made}/members", person | {"role": "member"})
        elif name == "document_id":
            self.call("PUT", f"/api/documents/{made}/members", person | {"role": "editor"})

    def _made(self, path: str, body: dict[str, Any]) -> str:
        return str(self.call("POST", path, body or None)["id"])


class Cast:
    """Brings in new people, through the gateway."""

    def __init__(self, stage: Stage, url: str) -> None:
        self._stage = stage
        self._url = url
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def asker(self, *, administrator: bool = False) -> Asker:
        http = self._stack.enter_context(httpx.Client(base_url=self._url, timeout=30, trust_env=False))
        session = _register(http)
        if administrator:
            account = session["user"]["id"]
            self._stage.database.psql(f"update auth.account set is_admin = true where id = '{account}'")  # noqa: S608
            session = _session(http.post("/api/auth/refresh"))
        return Asker(http, session, self._newcomer)

    def _newcomer(self) -> str:
        with httpx.Client(base_url=self._url, timeout=30, trust_env=False) as http:
            return str(_register(http)["user"]["id"])


def _register(http: httpx.Client) -> dict[str, Any]:
    body = {"email": f"ada.{secrets.token_hex(6)}@example.org", "password": PASSWORD, "name": "Ada"}
    return _session(http.post("/api/auth/register", json=body))


def _session(answer: httpx.Response) -> dict[str, Any]:
    assert answer.is_success, answer.text
    return answer.json()
