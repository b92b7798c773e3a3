"""Every HTTP operation of the service by everybody who could try it; one without a line here fails.

Collaboration knows no accounts, only tickets: what an administrator is elsewhere counts for nothing without one.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args
from uuid import UUID, uuid4

import httpx
import pytest
import redis

from collab_kit.http import INTERNAL_HEADER
from collab_kit.settings import Secret
from collab_kit.tokens import ACCESS_AUDIENCE, ACCESS_ISSUER, Signer
from tests.datastores import Datastores, wait_until
from tests.integration.collaboration.harness import Collaboration, Replica, answered
from tests.problems import assert_problem
from tests.services import ed25519_pem

CallerName = Literal[
    "anonymous",
    "expired",
    "stranger",
    "admin",
    "disabled",
    "removed",
    "demoted",
    "viewer",
    "commenter",
    "editor",
    "owner",
]
"""`stranger` has a ticket for another document, `admin` an access token; `demoted` was editor and is a viewer now."""
CALLERS: Final[tuple[CallerName, ...]] = get_args(CallerName)
Expected = dict[CallerName, tuple[int, str | None]]


@dataclass(frozen=True)
class Line:
    expected: Expected
    body: Any = None
    changes_version: bool = False
    """It needs a version of its own."""


_READERS: Final[tuple[CallerName, ...]] = ("demoted", "viewer", "commenter", "editor", "owner")
_GONE: Final[tuple[CallerName, ...]] = ("disabled", "removed")


def by_role(ok: int, *allowed: CallerName) -> Expected:
    expected: Expected = dict.fromkeys(CALLERS, (401, "unauthenticated"))
    for caller in _GONE:
        expected[caller] = (403, "no-longer-allowed")
    for caller in _READERS:
        expected[caller] = (ok, None) if caller in allowed else (403, "role-too-low")
    return expected


_ROLES: Final[dict[CallerName, str]] = {
    "disabled": "owner",
    "removed": "owner",
    "demoted": "editor",
    "viewer": "viewer",
    "commenter": "commenter",
    "editor": "editor",
    "owner": "owner",
}
"""As the ticket has it."""
_NAME: Final = {"name": "Another"}
LINES: Final[dict[str, Line]] = {
    "listVersions": Line(by_role(200, *_READERS)),
    "createVersion": Line(by_role(201, "editor", "owner"), _NAME),
    "getVersion": Line(by_role(200, *_READERS)),
    "getVersionState": Line(by_role(200, *_READERS)),
    "getVersionDifference": Line(by_role(200, *_READERS)),
    "restoreVersion": Line(by_role(200, "editor", "owner")),
    "renameVersion": Line(by_role(200, "editor", "owner"), _NAME),
    "deleteVersion": Line(by_role(204, "owner"), changes_version=True),
    "listHistory": Line(by_role(200, *_READERS)),
    "listClients": Line(by_role(200, *_READERS)),
}
CASES: Final = [(operation, caller) for operation in LINES for caller in CALLERS]


@dataclass(frozen=True)
class Scene:
    replica: Replica
    document: str
    version: str
    headers: dict[CallerName, dict[str, str]]
    operations: dict[str, tuple[str, str]]

    def call(self, caller: CallerName, operation: str, body: Any, version: str | None = None) -> httpx.Response:
        method, path = self.operations[operation]
        url = self.replica.process.url + path.format(document_id=self.document, version_id=version or self.version)
        headers = self.headers[caller]
        return answered(lambda: httpx.request(method, url, json=body, headers=headers, timeout=30, trust_env=False))


@pytest.fixture(scope="module")
def scene(collaboration: Collaboration, datastores: Datastores) -> Scene:
    collaboration.object_store = datastores.object_store
    replica = collaboration.start()
    document, office = str(uuid4()), collaboration.office
    users: dict[CallerName, UUID] = {name: uuid4() for name in CALLERS}
    signer = Signer(Secret(ed25519_pem()), issuer=ACCESS_ISSUER, audience=ACCESS_AUDIENCE)
    access = signer.sign({"sub": str(users["admin"]), "email": "admin@example.org", "adm": True}, ttl_s=3600)
    tickets: dict[CallerName, str] = {
        name: office.ticket(document, user=users[name], role=role, ttl_s=3600) for name, role in _ROLES.items()
    }
    tickets["expired"] = office.ticket(document, user=users["owner"], role="owner", ttl_s=-60)
    tickets["stranger"] = office.ticket(uuid4(), user=users["stranger"], role="owner", ttl_s=3600)
    tickets["admin"] = access
    headers: dict[CallerName, dict[str, str]] = {
        name: {"Authorization": f"Bearer {tickets[name]}"} if name in tickets else {} for name in CALLERS
    }
    _fill(collaboration, replica, document, users["owner"])
    scene = Scene(replica, document, "", headers, _operations(replica))
    made = scene.call("owner", "createVersion", {"name": "First"})
    assert made.status_code == 201, made.text
    scene = Scene(replica, document, made.json()["id"], headers, scene.operations)
    has_heard = (
        _answers(scene, "disabled", "listVersions", 403),
        _answers(scene, "removed", "listVersions", 403),
        _answers(scene, "demoted", "createVersion", 403, _NAME),
    )

    def told() -> bool:
        # Again and again: others of this server may hear it while the replica does not listen yet.
        _tell(collaboration, document, users)
        return all(heard() for heard in has_heard)

    wait_until(told, "the replica knowing who was disabled, removed and demoted")
    return scene


def _answers(scene: Scene, caller: CallerName, operation: str, status: int, body: object = None) -> Callable[[], bool]:
    return lambda: scene.call(caller, operation, body).status_code == status


def _operations(replica: Replica) -> dict[str, tuple[str, str]]:
    """Method and path by operation id, as the service itself says."""
    response = httpx.get(f"{replica.process.url}/api/collaboration/schema/openapi.json", timeout=30, trust_env=False)
    return {
        operation["operationId"]: (method.upper(), path)
        for path, methods in response.json()["paths"].items()
        for method, operation in methods.items()
    }


def _fill(collaboration: Collaboration, replica: Replica, document: str, user: UUID) -> None:
    content = {"type": "doc", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "Text"}]}]}
    url = f"{replica.process.url}/internal/documents/{document}/content"
    headers = {INTERNAL_HEADER: collaboration.stage.secret("internal-token")}
    body = {"user": str(user), "content": content}
    filled = answered(lambda: httpx.post(url, json=body, headers=headers, timeout=30, trust_env=False))
    assert filled.status_code == 204


def _tell(collaboration: Collaboration, document: str, users: dict[CallerName, UUID]) -> None:
    """What the other services say of people whose tickets are older than that."""
    events = [
        {"type": "account.ended", "user": str(users["disabled"])},
        {"type": "member.changed", "document": document, "user": str(users["removed"]), "role": None},
        {"type": "member.changed", "document": document, "user": str(users["demoted"]), "role": "viewer"},
    ]
    valkey = collaboration.stage.valkey
    client: Any = redis.Redis(port=valkey.port, password=valkey.password, socket_timeout=30)
    deadline = time.monotonic() + 60
    try:
        for event in events:
            while not client.publish("collab:events", json.dumps(event)):
                assert time.monotonic() < deadline, "nobody hears the event"
    finally:
        client.close()


def test_every_operation_has_its_line(scene: Scene) -> None:
    assert scene.operations.keys() == LINES.keys()


@pytest.mark.parametrize(("operation", "caller"), CASES, ids=[f"{operation}-{caller}" for operation, caller in CASES])
def test_everybody_is_answered_as_the_matrix_says(operation: str, caller: CallerName, scene: Scene) -> None:
    line = LINES[operation]
    version = None
    if line.changes_version and line.expected[caller][1] is None:
        version = scene.call("owner", "createVersion", {"name": "To be changed"}).json()["id"]
    response = scene.call(caller, operation, line.body, version)
    status, slug = line.expected[caller]
    if slug is None:
        assert response.status_code == status, f"{response.status_code}: {response.text[:500]}"
    else:
        assert_problem(response, status, slug)
