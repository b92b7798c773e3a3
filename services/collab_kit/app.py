"""An application as every service has it: errors, health, metrics, request ids, OpenAPI and limits in place."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from inspect import getclosurevars
from typing import TYPE_CHECKING

from litestar import Litestar, Response, Router
from litestar.di import Provide
from litestar.exceptions import NotFoundException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.routes import HTTPRoute
from litestar.types import ControllerRouterHandler

from collab_kit.database import Database
from collab_kit.errors import EXCEPTION_HANDLERS
from collab_kit.health import Check, health_routes
from collab_kit.telemetry import Telemetry

if TYPE_CHECKING:
    from redis.asyncio import Redis

__all__ = ["MAX_BODY_BYTES", "create_app"]

MAX_BODY_BYTES = 64 * 1024
"""No request of this API has a reason to be larger."""

VERSION = "0.1.0"


def create_app(
    *,
    service: str,
    openapi_path: str,
    route_handlers: Sequence[ControllerRouterHandler],
    dependencies: Mapping[str, Provide] | None = None,
    database: Database | None = None,
    redis: "Redis | None" = None,
    checks: Sequence[Check] = (),
    lifespan: Sequence[AbstractAsyncContextManager[object]] = (),
    max_body_bytes: int = MAX_BODY_BYTES,
) -> Litestar:
    """Build the application; nothing is opened before its lifespan starts.

    `database` and `redis` are opened first and closed last, around `lifespan`, and are what `/readyz` checks beside
    `checks`. The description, as JSON, is at `openapi_path` and at `openapi.json` below it.
    """
    opened: list[AbstractAsyncContextManager[object]] = []
    needed: list[Check] = []
    if database is not None:
        opened.append(database)
        needed.append(Check("database", database.check))
    if redis is not None:
        opened.append(_closing(redis))
        needed.append(Check("redis", _ping(redis)))
    app = Litestar(
        route_handlers=[*route_handlers, *health_routes([*needed, *checks])],
        dependencies=dict(dependencies or {}),
        exception_handlers=EXCEPTION_HANDLERS,
        lifespan=[*opened, *lifespan],
        request_max_body_size=max_body_bytes,
        logging_config=None,
        debug=False,
        openapi_config=OpenAPIConfig(
            title=f"collab {service}",
            version=VERSION,
            openapi_router=Router(openapi_path, route_handlers=[], include_in_schema=False, after_request=_no_page),
            render_plugins=[JsonRenderPlugin()],
            use_handler_docstrings=True,
            components=Components(
                security_schemes={
                    "accessToken": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT"),
                }
            ),
        ),
    )
    _name_every_method(app)
    app.asgi_handler = Telemetry(app.asgi_handler)
    return app


def _name_every_method(app: Litestar) -> None:
    """Of a path with several handlers, Litestar answers OPTIONS with the first one's methods: that answer keeps to the
    route that it was made for, which those of the later ones have replaced since."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            made_for = getclosurevars(route.route_handler_map["OPTIONS"][0].fn).nonlocals.get("self")
            if isinstance(made_for, HTTPRoute):
                made_for.methods = route.methods


def _ping(redis: "Redis") -> Callable[[], Awaitable[None]]:
    async def ping() -> None:
        await redis.ping()  # pyright: ignore[reportUnknownMemberType]  # **kwargs is untyped

    return ping


def _no_page(response: Response[object]) -> Response[object]:
    """Litestar answers unknown paths below a description with a page of HTML; ours are problems everywhere."""
    if response.status_code == 404:
        raise NotFoundException
    return response


@asynccontextmanager
async def _closing(redis: "Redis") -> AsyncGenerator[None]:
    try:
        yield
    finally:
        await redis.aclose()
