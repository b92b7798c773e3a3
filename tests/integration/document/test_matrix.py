"""Every operation of the service by everybody who could try it; one without a line in the matrix fails here."""

import importlib
import itertools
import uuid
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from collab_kit.settings import Secret
from collab_kit.tokens import ACCESS_AUDIENCE, ACCESS_ISSUER, Signer
from tests.integration.document.matrix import CALLERS, CallerName, Line, Scene
from tests.people import People, Person
from tests.problems import assert_problem
from tests.services import Stage


def _lines() -> Iterator[tuple[str, Line]]:
    for path in sorted(Path(__file__).parent.glob("matrix_*.py")):
        module = importlib.import_module(f"tests.integration.document.{path.stem}")
        yield from module.LINES.items()


LINES = dict(_lines())
CASES: list[tuple[str, CallerName]] = list(itertools.product(LINES, CALLERS))


@pytest.fixture(scope="module")
def operations(stage: Stage) -> dict[str, tuple[str, str]]:
    """Method and path by operation id, as the service itself says."""
    response = httpx.get(stage.url("document") + "/api/documents/schema/openapi.json", timeout=60, trust_env=False)
    paths: dict[str, dict[str, Any]] = response.json()["paths"]
    return {
        operation["operationId"]: (method.upper(), path)
        for path, methods in paths.items()
        for method, operation in methods.items()
    }


@pytest.fixture(scope="module")
def cast(stage: Stage) -> Generator[dict[str, Person]]:
    with People(stage) as people:
        names = ("owner", "editor", "commenter", "viewer", "team member", "stranger", "admin")
        yield {name: people.register(name.title()) for name in names}


@pytest.fixture(scope="module")
def team(stage: Stage, cast: dict[str, Person]) -> str:
    """The owner is in it too: one shares with one's own teams."""
    team = str(uuid.uuid4())
    state = {"name": "Team", "version": 1, "members": [cast["owner"].id, cast["team member"].id]}
    url = f"{stage.url('document')}/internal/teams/{team}"
    stored = httpx.put(url, json=state, headers=stage.internal_headers, timeout=15, trust_env=False)
    assert stored.status_code == 204
    return team


@pytest.fixture(scope="module")
def signer(stage: Stage) -> Signer:
    return Signer(Secret(stage.secret("auth-signing-key")), issuer=ACCESS_ISSUER, audience=ACCESS_AUDIENCE)


def _bearer(signer: Signer, person: Person, *, ttl_s: int = 300, **claims: object) -> dict[str, str]:
    own = {"sub": person.id, "email": person.email, "sid": str(uuid.uuid4())}
    return {"Authorization": f"Bearer {signer.sign(own | claims, ttl_s=ttl_s)}"}


def _scene(stage: Stage, cast: dict[str, Person], team: str, signer: Signer, method: str) -> Scene:
    for person in cast.values():
        # The token that came with the account is good for 15 minutes, and there are very many of these tests.
        person.client.headers.update(_bearer(signer, person))
    owner = cast["owner"]
    document = owner.create_document("Minutes")
    for role in ("editor", "commenter", "viewer"):
        assert owner.share(document, cast[role], role).status_code == 200
    shared = owner.document("PUT", f"/{document}/members", {"team_id": team, "role": "editor"})
    assert shared.status_code == 200, shared.text
    other = "documents:write" if method in {"GET", "HEAD"} else "documents:read"
    headers: dict[CallerName, dict[str, str]] = {
        "anonymous": {},
        "expired": _bearer(signer, owner, ttl_s=-60),
        "narrow": _bearer(signer, owner, scp=f"{other} profile:read profile:write admin", adm=True),
        "admin": _bearer(signer, cast["admin"], adm=True),
    }
    for name in ("stranger", "viewer", "commenter", "team member", "editor", "owner"):
        headers[name] = {"Authorization": str(cast[name].client.headers["Authorization"])}
    return Scene(stage=stage, document=document, team=team, people=cast, headers=headers)


def test_every_operation_has_its_line(operations: dict[str, tuple[str, str]]):
    assert operations.keys() - LINES.keys() == set(), (
        "operations without a line in tests/integration/document/matrix_*.py"
    )
    assert LINES.keys() - operations.keys() == set(), "lines without an operation"


@pytest.mark.parametrize(("operation", "caller"), CASES, ids=[f"{operation}-{caller}" for operation, caller in CASES])
def test_everybody_is_answered_as_the_matrix_says(  # noqa: PLR0917  # fixtures
    operation: str,
    caller: CallerName,
    operations: dict[str, tuple[str, str]],
    stage: Stage,
    cast: dict[str, Person],
    team: str,
    signer: Signer,
):
    method, path = operations[operation]
    line = LINES[operation]
    scene = _scene(stage, cast, team, signer, method)
    scene.found = dict(line.prepare(scene))
    filled = path.format(**({"document_id": scene.document} | scene.found))
    options = dict(line.options(scene))
    if line.body is not None:
        options["json"] = line.body(scene)
    response = scene.call(caller, method, filled, **options)
    status, slug = line.expected[caller]
    if slug is None:
        assert response.status_code == status, f"{response.status_code}: {response.text[:500]}"
    else:
        assert_problem(response, status, slug)
