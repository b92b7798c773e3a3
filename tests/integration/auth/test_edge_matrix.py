"""Every operation of every service that needs a token, and the tokens that are good no longer.

Services believe a token until it expires; that its session has ended, or that its account is disabled or gone, is what
the gateway hears from auth before it passes a request on. So each of them has to lie on a route where the gateway asks.
"""

from collections.abc import Iterator
from typing import Any, Final, Literal

import httpx
import pytest

from collab_kit.settings import Secret
from collab_kit.tokens import ACCESS_AUDIENCE, ACCESS_ISSUER, Signer
from collab_platform.environment import Environment
from collab_platform.routes import Route, route_table
from tests.integration.auth.steps import sql
from tests.people import PASSWORD, People
from tests.problems import assert_problem
from tests.services import Stage

SCHEMAS: Final = {"auth": "auth", "user": "users", "document": "documents"}
ID: Final = "01890a5d-ac96-774b-bcce-b302099a8057"

WITH_A_PASS: Final = "/api/documents/linked/"
"""Guests come with what their link gave them, which auth knows nothing of; the service asks its own table each time."""

Over = Literal["expired", "ended", "disabled", "erased"]


def operations(stage: Stage) -> Iterator[tuple[str, str, str, bool]]:
    """Of all services: method, path with ids in it, operation id, and whether it takes an access token."""
    for service, plural in SCHEMAS.items():
        url = f"{stage.url(service)}/api/{plural}/schema/openapi.json"
        paths: dict[str, dict[str, Any]] = httpx.get(url, trust_env=False, timeout=15).json()["paths"]
        for path, methods in paths.items():
            filled = "/".join(ID if part.startswith("{") else part for part in path.split("/"))
            for method, operation in methods.items():
                security: list[dict[str, Any]] = operation.get("security", [])
                # Those that go on without one say so by an empty requirement beside it.
                needs_token = bool(security) and all("accessToken" in each for each in security)
                yield method.upper(), filled.rstrip("/"), operation["operationId"], needs_token


def is_of(route: Route, method: str, path: str) -> bool:
    if route.methods and method not in route.methods:
        return False
    match route.match:
        case "exact":
            return path == route.path
        case "prefix":
            return path.startswith(route.path)
        case "pattern":
            return path == route.path.replace("{id}", ID)


def test_the_gateway_asks_auth_wherever_a_token_is_needed_and_nowhere_else(stage: Stage):
    table = route_table(Environment())
    wrong: list[str] = []
    for method, path, operation, needs_token in operations(stage):
        route = next(route for route in table if is_of(route, method, path))
        if (route.access == "authenticated") != (needs_token and not path.startswith(WITH_A_PASS)):
            wrong.append(f"{operation}: {method} {path} is {route.access} by route {route.name}")
    assert wrong == []


@pytest.mark.parametrize("over", ["expired", "ended", "disabled", "erased"])
def test_what_is_over_gets_no_further_than_the_gateway(people: People, stage: Stage, over: Over):
    ada = people.register("Ada")
    token = str(ada.client.headers["Authorization"]).removeprefix("Bearer ")
    url = f"{stage.url('auth')}/internal/verify"

    def verify() -> httpx.Response:
        return httpx.get(url, headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=15)

    assert verify().status_code == 204
    match over:
        case "expired":
            signer = Signer(Secret(stage.secret("auth-signing-key")), issuer=ACCESS_ISSUER, audience=ACCESS_AUDIENCE)
            session = ada.call("GET", "auth", "/api/auth/sessions").json()["items"][0]["id"]
            token = signer.sign({"sub": ada.id, "email": ada.email, "sid": session}, ttl_s=-60)
        case "ended":
            body = {"current": PASSWORD, "new": "another horse battery"}
            other = httpx.post(
                f"{stage.url('auth')}/api/auth/sign-in",
                json={"email": ada.email, "password": PASSWORD},
                trust_env=False,
                timeout=15,
            )
            headers = {"Authorization": f"Bearer {other.json()['access_token']}"}
            changed = ada.client.post(f"{stage.url('auth')}/api/auth/account/password", json=body, headers=headers)
            assert changed.status_code == 204
        case "disabled":
            path = f"{stage.url('auth')}/internal/accounts/{ada.id}"
            change = {"by": ada.id, "disabled": True}
            disabled = httpx.patch(path, json=change, headers=stage.internal_headers, trust_env=False, timeout=15)
            assert disabled.status_code == 200
        case "erased":
            path = f"{stage.url('auth')}/internal/accounts/{ada.id}?by={ada.id}"
            erased = httpx.delete(path, headers=stage.internal_headers, trust_env=False, timeout=15)
            assert erased.status_code == 204
            assert sql(stage, "select count(*) from auth.account where id = '$1'", ada.id) == "0"
    assert_problem(verify(), 401, "unauthenticated")
