"""The whole system behind a real gateway: nginx with the whole route table, the four services and their stores."""

from collections.abc import AsyncIterator, Iterator

import pytest

from collab_platform.gateway import find_nginx
from tests.datastores import Datastores
from tests.integration.contract.people import Cast
from tests.integration.gateway.conftest import generous, modsecurity, write_editor
from tests.integration.gateway.harness import RunningGateway, running_gateway
from tests.ports import free_port
from tests.services import Stage

# What would be asked often enough here to be refused, or takes long for good reasons.
_AUTH = {
    "COLLAB_PASSWORD_MEMORY_KIB": "64",
    "COLLAB_PASSWORD_PASSES": "1",
    "COLLAB_SIGN_IN_ADDRESS_ATTEMPTS": "100000",
}


@pytest.fixture(scope="session")
def services(datastores: Datastores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Prepared, with addresses; they start once the gateway that they are to be reached through has its own."""
    stage = Stage.prepare(tmp_path_factory.mktemp("services"), datastores)
    stage.ports["collaboration"] = free_port()
    try:
        yield stage
    finally:
        stage.close()


@pytest.fixture(scope="session")
async def gateway(
    services: Stage, datastores: Datastores, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningGateway]:
    """Without a firewall, so that whatever is asked reaches the service."""
    websocket_port = free_port()
    addresses = {(name, "http"): (f"127.0.0.1:{port}",) for name, port in services.ports.items()}
    addresses |= {
        ("collaboration", "websocket"): (f"127.0.0.1:{websocket_port}",),
        ("seaweedfs", "s3"): (datastores.object_store.endpoint.removeprefix("http://"),),
    }
    folder = tmp_path_factory.mktemp("gateway")
    write_editor(folder)
    async with running_gateway(folder, find_nginx("off"), addresses, environment=generous()) as running:
        services.public_url = running.url
        _start(services, datastores, websocket_port)
        yield running


@pytest.fixture(scope="session")
async def firewall(gateway: RunningGateway, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningGateway]:
    """Another way in to the same services, with the web application firewall."""
    folder = tmp_path_factory.mktemp("firewall")
    write_editor(folder)
    async with running_gateway(folder, modsecurity(), gateway.site.upstreams, environment=generous()) as running:
        yield running


@pytest.fixture(scope="session")
def cast(services: Stage, gateway: RunningGateway) -> Iterator[Cast]:
    with Cast(services, gateway.url) as cast:
        yield cast


def _start(services: Stage, datastores: Datastores, websocket_port: int) -> None:
    store = datastores.object_store
    bucket = {
        "COLLAB_S3_ENDPOINT": store.endpoint,
        "COLLAB_S3_BUCKET": "collab",
        "COLLAB_S3_REGION": "us-east-1",
        "COLLAB_S3_ACCESS_KEY": store.access_key,
        "COLLAB_S3_SECRET_KEY_FILE": str(services.write_secret("s3-secret-key", store.secret_key)),
    }
    services.start_all(
        {
            "auth": _AUTH | {"COLLAB_MAIL_FOLDER": str(services.directory / "mail")},
            "user": bucket,
            "document": bucket | {"COLLAB_S3_PUBLIC_URL": services.public_url},
            "collaboration": bucket | {"COLLAB_WEBSOCKET_PORT": str(websocket_port)},
        }
    )
