"""The shell every application gets, over a real socket: errors, ids, metrics, limits."""

import asyncio
import io
import json
import logging
from collections.abc import AsyncGenerator

import httpx
import pytest
import structlog
from litestar import Controller, delete, get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from collab_kit.app import create_app
from collab_kit.errors import FieldError, InvalidRequest, TooManyRequests
from collab_kit.health import Check
from collab_kit.logging import configure_logging, get_logger
from collab_kit.serve import ListenError, serve
from collab_kit.telemetry import request_id_from
from tests.ports import free_port
from tests.problems import assert_problem, wrong_fields
from tests.unit.kit.test_tokens import settings_on


class Body(Struct, forbid_unknown_fields=True):
    number: int


class Slow(TooManyRequests):
    slug = "slow-down"


@get("/broken")
async def broken() -> None:
    raise RuntimeError("a detail that is nobody's business")


@get("/refused")
async def refused() -> None:
    raise Slow("Not so fast.", retry_after_s=7)


@get("/wrong")
async def wrong() -> None:
    raise InvalidRequest(errors=[FieldError("a", "is wrong"), FieldError("b", "too")])


@post("/bodies")
async def bodies(data: JSONBody[Body]) -> Body:
    return data


class Things(Controller):
    path = "/things/{thing:int}"

    @get("/")
    async def read(self, thing: FromPath[int]) -> None: ...

    @put("/")
    async def write(self, thing: FromPath[int]) -> None: ...

    @delete("/")
    async def remove(self, thing: FromPath[int]) -> None: ...


async def ready() -> None:
    return


async def unready() -> None:
    raise ConnectionError("no route")


async def hanging() -> None:
    await asyncio.sleep(60)


@pytest.fixture
async def client() -> AsyncGenerator[httpx.AsyncClient]:
    app = create_app(
        service="test",
        openapi_path="/schema",
        route_handlers=[broken, refused, wrong, bodies, Things],
        checks=[Check("fine", ready), Check("away", unready), Check("hanging", hanging)],
        max_body_bytes=1000,
    )
    stop = asyncio.Event()
    port = free_port()
    task = asyncio.create_task(serve(app, settings_on(port), stop=stop))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        try:
            yield client
        finally:
            stop.set()
            await asyncio.wait_for(task, 10)


async def test_a_fault_of_ours_shows_nothing_of_itself(client: httpx.AsyncClient):
    body = assert_problem(await client.get("/broken"), 500, "internal-error")
    assert "business" not in json.dumps(body)


async def test_a_problem_carries_its_headers(client: httpx.AsyncClient):
    response = await client.get("/refused")
    assert assert_problem(response, 429, "slow-down")["detail"] == "Not so fast."
    assert response.headers["retry-after"] == "7"


async def test_errors_name_every_field(client: httpx.AsyncClient):
    assert wrong_fields(assert_problem(await client.get("/wrong"), 400, "invalid-request")) == {"a", "b"}
    response = await client.post("/bodies", json={"number": 1, "other": 2})
    assert wrong_fields(assert_problem(response, 400, "invalid-request")) == {"other"}


async def test_options_names_the_methods_that_a_path_takes(client: httpx.AsyncClient):
    asked = await client.options("/things/1")
    assert asked.status_code == 204
    assert set(asked.headers["allow"].split(", ")) == {"GET", "PUT", "DELETE", "OPTIONS"}
    assert set((await client.post("/things/1")).headers["allow"].split(", ")) == {"GET", "PUT", "DELETE", "OPTIONS"}
    assert (await client.options("/broken")).headers["allow"] == "GET, OPTIONS"


@pytest.mark.parametrize("content", [b"[]", b"null", b"", b"nonsense"])
async def test_a_body_of_another_shape_is_refused(client: httpx.AsyncClient, content: bytes):
    response = await client.post("/bodies", content=content, headers={"Content-Type": "application/json"})
    assert_problem(response, 400, "invalid-request")


async def test_a_body_may_be_as_large_as_allowed_and_no_larger(client: httpx.AsyncClient):
    fits = b'{"number": 1' + b" " * 900 + b"}"
    assert (await client.post("/bodies", content=fits)).status_code == 201
    assert_problem(await client.post("/bodies", content=b"x" * 1001), 413, "body-too-large")


async def test_readiness_names_what_is_missing_and_does_not_wait_for_it(client: httpx.AsyncClient):
    response = await client.get("/readyz")
    assert response.status_code == 503
    errors = {check["name"]: check["error"] for check in response.json()["checks"]}
    assert errors == {"fine": None, "away": "no route", "hanging": "no answer in 1 s"}


async def test_unmatched_paths_are_one_series(client: httpx.AsyncClient):
    for number in range(3):
        await client.get(f"/nowhere/{number}")
    metrics = (await client.get("/metrics")).text
    assert "/nowhere/" not in metrics
    assert 'route="unmatched",status="404"' in metrics


@pytest.mark.parametrize(
    ("given", "kept"),
    [("0123456789abcdef", True), ("a-b_c-d_e", True), ("short", False), ("x" * 65, False), ("a b c d e f g", False),
     ("newline\nnewline", False), ("", False), (None, False)],
)  # fmt: skip
def test_only_a_sane_request_id_is_taken(given: str | None, kept: bool):
    assert (request_id_from(given) == given) is kept


async def test_a_taken_address_is_an_error_of_its_own(client: httpx.AsyncClient):
    port = client.base_url.port
    assert port is not None
    app = create_app(service="test", openapi_path="/schema", route_handlers=[])
    with pytest.raises(ListenError, match=f"cannot listen on 127.0.0.1:{port}"):
        await serve(app, settings_on(port), stop=asyncio.Event())


def test_a_log_line_is_one_json_object_whoever_writes_it():
    stream = io.StringIO()
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        configure_logging(service="test", instance="test-1", level="info", stream=stream)
        with structlog.contextvars.bound_contextvars(request_id="feedface"):
            get_logger().info("ours", answer=42, path=object)
        secret = "hunter2"
        try:
            raise ValueError("said")
        except ValueError:
            logging.getLogger("a.library").exception("theirs: %s", "formatted")
        get_logger().debug("below the level")
        ours, theirs = [json.loads(line) for line in stream.getvalue().splitlines()]
    finally:
        structlog.reset_defaults()
        root.handlers[:], root.level = before
        logging.captureWarnings(capture=False)
    assert ours["event"] == "ours"
    assert (ours["answer"], ours["request_id"], ours["level"]) == (42, "feedface", "info")
    assert (ours["service"], ours["instance"]) == ("test", "test-1")
    assert ours["time"].endswith("Z")
    assert theirs["event"] == "theirs: formatted"
    assert theirs["logger"] == "a.library"
    assert "ValueError: said" in theirs["exception"]
    assert secret not in theirs["exception"], "local variables stay out of the log"
