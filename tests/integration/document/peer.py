"""A small real HTTP server that speaks collaboration's side of what the document service asks of it."""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass
class CollaborationPeer:
    """`texts` by document: the sequence and the text; `feed` in the order of the edits."""

    url: str = ""
    token: str = ""
    texts: dict[str, tuple[int, str]] = field(default_factory=dict[str, tuple[int, str]])
    feed: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    deleted: list[str] = field(default_factory=list[str])
    asked: list[str] = field(default_factory=list[str])
    refusing: bool = False
    """Whether every call is answered with 500."""

    def write(self, document: str, text: str) -> None:
        sequence = self.texts.get(document, (0, ""))[0] + 1
        self.texts[document] = (sequence, text)
        self.feed.append((document, sequence))

    def answer(self, method: str, path: str, token: str | None) -> tuple[int, object]:
        self.asked.append(f"{method} {path}")
        if self.refusing:
            return 500, {}
        if token != self.token:
            return 403, {}
        parts = urlsplit(path)
        document = parts.path.split("/")[3] if parts.path.startswith("/internal/documents/") else ""
        if method == "GET" and parts.path == "/internal/edits":
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            after, limit = int(query.get("after", "0")), int(query["limit"])
            some = self.feed[after : after + limit]
            items = [{"document": document, "sequence": sequence} for document, sequence in some]
            return 200, {"items": items, "next": str(after + len(some))}
        if method == "GET" and document in self.texts:
            sequence, text = self.texts[document]
            return 200, {"sequence": sequence, "text": text, "content": {"type": "doc", "content": []}}
        if method == "DELETE" and document:
            self.deleted.append(document)
            return 204, None
        return 404, {}


@contextmanager
def collaboration_peer(token: str = "") -> Generator[CollaborationPeer]:
    peer = CollaborationPeer(token=token)

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, body = peer.answer(self.command, self.path, self.headers.get("X-Collab-Internal"))
            raw = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_DELETE = _serve  # noqa: N815  # the names that the library asks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as the library names it
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    peer.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield peer
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
