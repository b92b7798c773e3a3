"""The collaboration service as import, export and templates see it: texts of documents, in the CRDT as it keeps them.

A small server of its own, so that tests can say when it fails; `site` runs the real services beside it.
"""

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx

from collab_collaboration.content.reading import read_content
from collab_collaboration.content.writing import from_json
from tests.datastores import Datastores
from tests.people import People, Person
from tests.services import Stage

__all__ = ["Site", "Texts", "site"]

Answer = tuple[int, Any]


@dataclass
class Texts:
    """What documents hold, as Yjs updates; `on_fill` says before a text is taken what is answered instead."""

    states: dict[str, bytes] = field(default_factory=dict[str, bytes])
    writers: dict[str, str] = field(default_factory=dict[str, str])
    removed: list[str] = field(default_factory=list[str])
    on_fill: Callable[[str], Answer | None] = lambda _: None

    def content(self, document: str) -> dict[str, Any]:
        return read_content(self.states[document]) if document in self.states else {}

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        parts = path.partition("?")[0].strip("/").split("/")
        if parts[:2] != ["internal", "documents"]:
            return 200, {"items": [], "next": None}
        document = parts[2]
        match method, parts[3:]:
            case "GET", ["content"]:
                state = self.states.get(document)
                content = read_content(state) if state else {"type": "doc", "content": [{"type": "paragraph"}]}
                return 200, {"sequence": int(state is not None), "content": content, "text": ""}
            case "POST", ["content"]:
                return self._fill(document, json.loads(body))
            case "DELETE", []:
                self.states.pop(document, None)
                self.removed.append(document)
                return 204, None
            case _:
                return 404, {}

    def _fill(self, document: str, given: dict[str, Any]) -> Answer:
        if (refusal := self.on_fill(document)) is not None:
            return refusal
        if document in self.states:
            return 409, {"type": "document-not-empty"}
        self.states[document] = from_json(given["content"])
        self.writers[document] = given["user"]
        return 204, None


@contextmanager
def _serving(texts: Texts) -> Generator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, answer = texts.answer(self.command, self.path, body)
            said = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            if status != 204:
                self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST = do_DELETE = do_PUT = _answer  # noqa: N815  # the base class's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Site:
    """The services, and the texts beside them."""

    stage: Stage
    texts: Texts
    people: People

    def send(
        self, person: Person, body: bytes, content_type: str | None = "text/markdown", **query: str
    ) -> httpx.Response:
        """Import a file."""
        key = query.pop("key", None)
        headers = {"Idempotency-Key": key} if key else {}
        if content_type is not None:
            headers["Content-Type"] = content_type
        url = f"{self.stage.url('document')}/api/documents/import"
        return person.client.post(url, params=query, content=body, headers=headers, timeout=60)

    def make(self, person: Person, markdown: str, **query: str) -> str:
        """Import Markdown; the answer is the document's id."""
        response = self.send(person, markdown.encode(), **query)
        assert response.status_code == 201, response.text
        return str(response.json()["id"])

    def export(self, person: Person, document: str, form: str, **headers: str) -> httpx.Response:
        url = f"{self.stage.url('document')}/api/documents/{document}/export"
        return person.client.get(url, params={"format": form}, headers=headers, timeout=60)


@contextmanager
def site(datastores: Datastores, directory: Path, **settings: str) -> Generator[Site]:
    texts = Texts()
    # First the server: the stage's ports are free until something takes them.
    with _serving(texts) as url:
        stage = Stage.prepare(directory, datastores)
        try:
            stage.start_all({"auth": {}, "user": {}, "document": {"COLLAB_COLLABORATION_URL": url, **settings}})
            with People(stage) as people:
                yield Site(stage, texts, people)
        finally:
            stage.close()
