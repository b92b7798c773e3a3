"""Every operation of the service by everybody who could try it; one without a line in the matrix fails here."""

import itertools
import secrets
import ssl
from collections.abc import Generator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from collab_kit.settings import Secret
from collab_kit.tokens import ACCESS_AUDIENCE, ACCESS_ISSUER, Signer
from tests.datastores import Datastores
from tests.integration.auth.matrix import CALLERS, LINES, CallerName, Scene
from tests.integration.auth.steps import sql
from tests.mailbox import Mailbox
from tests.people import PASSWORD, People, Person
from tests.problems import assert_problem
from tests.services import Stage

CASES: list[tuple[str, CallerName]] = list(itertools.product(LINES, CALLERS))
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Everything here is plain HTTP; reading the authorities for each call would take longer than the calls."""


@pytest.fixture(scope="module")
def matrix_stage(datastores: Datastores, tmp_path_factory: pytest.TempPathFactory) -> Generator[Stage]:
    """A stage whose passwords cost little: there are hundreds of people."""
    stage = Stage.prepare(tmp_path_factory.mktemp("auth-matrix"), datastores)
    settings = {"COLLAB_MAIL_FOLDER": str(stage.directory / "mail"), "COLLAB_PASSWORD_MEMORY_KIB": "64"}
    try:
        stage.start_all({"auth": settings})
        yield stage
    finally:
        stage.close()


@pytest.fixture(scope="module")
def operations(matrix_stage: Stage) -> dict[str, tuple[str, str]]:
    """Method and path by operation id, as the service itself says."""
    response = httpx.get(
        matrix_stage.url("auth") + "/api/auth/schema/openapi.json", trust_env=False, verify=NO_TLS, timeout=15
    )
    paths: dict[str, dict[str, Any]] = response.json()["paths"]
    return {
        operation["operationId"]: (method.upper(), path)
        for path, methods in paths.items()
        for method, operation in methods.items()
    }


@pytest.fixture
def crowd(matrix_stage: Stage) -> Generator[People]:
    with People(matrix_stage) as people:
        yield people


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _signed(stage: Stage, person: Person, *, ttl_s: int = 300, **claims: object) -> dict[str, str]:
    """A token that auth itself could have made."""
    signer = Signer(Secret(stage.secret("auth-signing-key")), issuer=ACCESS_ISSUER, audience=ACCESS_AUDIENCE)
    own = {"sub": person.id, "email": person.email, "sid": str(uuid4())}
    return _bearer(signer.sign(own | claims, ttl_s=ttl_s))


def _session_of(person: Person) -> str:
    sessions = person.call("GET", "auth", "/api/auth/sessions").json()["items"]
    return str(next(each["id"] for each in sessions if each["current"]))


def _with_api_token(person: Person, *scopes: str) -> dict[str, str]:
    """As the gateway passes it on."""
    body = {"name": "Script", "scopes": list(scopes)}
    made = person.call("POST", "auth", "/api/auth/tokens", body).json()
    url = f"{person.stage.url('auth')}/internal/verify"
    verified = httpx.get(url, headers=_bearer(made["token"]), trust_env=False, verify=NO_TLS, timeout=15)
    return {"Authorization": verified.headers["x-collab-authorization"]}


def _session(person: Person) -> dict[str, str]:
    cookie = f"collab_refresh={person.client.cookies['collab_refresh']}"
    return {"Authorization": str(person.client.headers["Authorization"]), "Cookie": cookie}


def _headers(caller: CallerName, owner: Person, crowd: People, stage: Stage) -> dict[str, str]:  # noqa: PLR0911  # a table
    match caller:
        case "anonymous":
            return {}
        case "oneself":
            return _session(owner)
        case "expired":
            return _session(owner) | _signed(stage, owner, ttl_s=-60, sid=_session_of(owner))
        case "narrow":
            return _with_api_token(owner, "documents:read")
        case "wide":
            return _with_api_token(owner, "documents:read", "documents:write", "profile:read", "profile:write")
        case "ended":
            url, body = f"{stage.url('auth')}/api/auth/sign-in", {"email": owner.email, "password": PASSWORD}
            token = httpx.post(url, json=body, trust_env=False, verify=NO_TLS, timeout=15).json()["access_token"]
            assert owner.call("DELETE", "auth", "/api/auth/sessions").status_code == 204
            return _bearer(token)
        case "disabled" | "erased":
            other = crowd.register("Other")
            gone = "delete from auth.account" if caller == "erased" else "update auth.account set disabled_at = now()"
            sql(stage, f"{gone} where id = '$1'", other.id)
            return _session(other)
        case "stranger" | "demoted" | "admin":
            other = crowd.register("Other")
            if caller == "stranger":
                return _session(other)
            if caller == "admin":
                sql(stage, "update auth.account set is_admin = true where id = '$1'", other.id)
            return _session(other) | _signed(stage, other, adm=True, sid=_session_of(other))


def test_every_operation_has_its_line(operations: dict[str, tuple[str, str]]):
    assert operations.keys() - LINES.keys() == set(), "operations without a line in tests/integration/auth/matrix.py"
    assert LINES.keys() - operations.keys() == set(), "lines without an operation"


@pytest.mark.parametrize(("operation", "caller"), CASES, ids=[f"{operation}-{caller}" for operation, caller in CASES])
def test_everybody_is_answered_as_the_matrix_says(
    operation: str,
    caller: CallerName,
    operations: dict[str, tuple[str, str]],
    crowd: People,
    matrix_stage: Stage,
):
    method, path = operations[operation]
    line = LINES[operation]
    owner = crowd.register("Owner")
    headers = _headers(caller, owner, crowd, matrix_stage)
    scene = Scene(owner, Mailbox(matrix_stage.directory / "mail"))
    scene.found = dict(line.prepare(scene))
    response = httpx.request(
        method,
        matrix_stage.url("auth") + path.format(**scene.found),
        json=None if line.body is None else line.body(scene),
        # Of an address of its own: limits are not what this is about.
        headers=headers | {"X-Forwarded-For": f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}::1"},
        timeout=15,
        trust_env=False,
        verify=NO_TLS,
    )
    status, slug = line.expected[caller]
    if slug is None:
        assert response.status_code == status, f"{response.status_code}: {response.text[:500]}"
    else:
        assert_problem(response, status, slug)
