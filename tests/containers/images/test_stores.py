"""The datastores' images: their first start and the next, TLS, and what they refuse to start with."""

from __future__ import annotations

import re
import secrets
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from collab_platform.datastores.container import container_files
from collab_platform.environment import Environment
from tests.cluster.node.pki import Authority
from tests.containers.base import Docker, DockerError
from tests.containers.images.boxes import Box, box

pytestmark = pytest.mark.timeout(1800)

PASSWORD = 'with "quotes", \\ and $(no command)'
"""What a shell would trip over. SeaweedFS gets it too, in JSON."""
WRONGLY_CONFIGURED = 78
ROLES = ("auth", "user", "document", "collaboration")
PSQL = ("psql", "--no-psqlrc", "--no-password", "-At")


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """A certificate for `localhost` and the authority to trust, as :func:`box` takes files."""
    authority = Authority(tmp_path_factory.mktemp("pki"), "authority")
    pair = authority.issue("store", user="store", hosts=["localhost", "store"])
    return {
        "tls": {"tls.crt": pair.certificate.read_text(), "tls.key": pair.key.read_text()},
        "trust": {"ca.crt": authority.pair.certificate.read_text()},
    }


@pytest.fixture
def volume(docker: Docker) -> Generator[str]:
    name = f"volume-{secrets.token_hex(6)}"
    yield name
    docker.run("volume", "rm", "--force", name)


@pytest.fixture
def network(docker: Docker) -> Generator[str]:
    name = f"network-{secrets.token_hex(6)}"
    docker.run("network", "create", name)
    yield name
    docker.run("network", "rm", name)


def files_of(component: str, *, inside_tls: bool) -> dict[str, str]:
    return container_files(Environment(), inside_tls=inside_tls)[component]


def query(postgresql: Box, sql: str) -> str:
    """What the superuser is answered, from within, over TLS that is verified."""
    connection = "host=localhost user=postgres dbname=postgres sslmode=verify-full sslrootcert=/run/trust/ca.crt"
    script = 'PGPASSWORD=$(cat /run/secrets/collab/postgresql-superuser) exec "$@"'
    return postgresql.execute("sh", "-c", script, "sh", *PSQL, f"--dbname={connection}", "-c", sql).strip()


def test_postgresql_keeps_its_data_and_serves_tls_alone(
    docker: Docker, images: dict[str, str], tmp_path: Path, volume: str, tls: dict[str, dict[str, str]]
) -> None:
    files = {
        "config": files_of("postgresql", inside_tls=True),
        "secrets": {"postgresql-superuser": PASSWORD},
        **tls,
    }
    mount = [f"--volume={volume}:/var/lib/collab"]
    with box(docker, images["postgresql"], tmp_path / "1", files=files, options=mount) as first:
        first.until(lambda: query(first, "select 1") == "1")
        assert query(first, "show ssl") == "on"
        assert query(first, "show data_checksums") == "on"
        assert query(first, "select version from pg_stat_ssl where pid = pg_backend_pid()").startswith("TLSv1.")
        query(first, "create table kept as select 42 as answer")
        with pytest.raises(DockerError, match=r"no encryption|no pg_hba"):
            first.execute("sh", "-c", "PGPASSWORD=x psql 'host=localhost user=postgres sslmode=disable' -c 'select 1'")
        said = docker.run("top", first.name, "-eo", "pid,args") + first.logs()
        assert PASSWORD not in said
        assert first.stop() == 0
        assert "database system is shut down" in first.logs()
    with box(docker, images["postgresql"], tmp_path / "2", files=files, options=mount) as second:
        second.until(lambda: query(second, "select answer from kept") == "42")
        assert "initdb" not in second.logs()


def test_postgresql_that_was_killed_while_it_was_made_starts_anew(
    docker: Docker, images: dict[str, str], tmp_path: Path, volume: str, tls: dict[str, dict[str, str]]
) -> None:
    mount = [f"--volume={volume}:/var/lib/collab"]
    left = "cd /var/lib/collab && mkdir -p cluster.new.abc/cluster && echo 18 > cluster.new.abc/cluster/PG_VERSION"
    docker.run("run", "--rm", *mount, "--entrypoint=sh", images["postgresql"], "-c", left)
    files = {"config": files_of("postgresql", inside_tls=True), "secrets": {"postgresql-superuser": "x"}, **tls}
    with box(docker, images["postgresql"], tmp_path, files=files, options=mount) as started:
        started.until(lambda: query(started, "select 1") == "1")
        assert started.execute("ls", "/var/lib/collab").split() == ["cluster"]


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A start that must fail, and what it must say. ``prepare`` is run on the volume before it."""

    image: str
    reason: str
    files: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    prepare: str = "true"


_SUPERUSER = {"secrets": {"postgresql-superuser": "x"}}
_POSTGRESQL = {"config": files_of("postgresql", inside_tls=False), **_SUPERUSER}
_S3 = {"secrets": {"s3": "x", "s3-admin": "y"}}
REFUSALS = [
    Refusal(image="postgresql", files=_SUPERUSER, reason=r"postgresql\.conf is missing"),
    Refusal(
        image="postgresql",
        files={"config": files_of("postgresql", inside_tls=False)},
        reason="postgresql-superuser, .* is missing or empty",
    ),
    Refusal(
        image="postgresql",
        files=_POSTGRESQL,
        prepare="mkdir -p /var/lib/collab/cluster && echo 17 > /var/lib/collab/cluster/PG_VERSION",
        reason="written by PostgreSQL 17, this is PostgreSQL 18",
    ),
    Refusal(
        image="postgresql",
        files=_POSTGRESQL,
        prepare="mkdir -p /var/lib/collab/cluster && touch /var/lib/collab/cluster/somebodys",
        reason="no PostgreSQL cluster: nothing was touched",
    ),
    Refusal(image="valkey", files={"secrets": {"redis": "x"}}, reason=r"valkey\.conf is missing"),
    Refusal(image="valkey", files={"config": files_of("valkey", inside_tls=False)}, reason="redis is missing or empty"),
    Refusal(image="seaweedfs", environment={"COLLAB_S3_BUCKET": "collab"}, reason="s3 is missing or empty"),
    Refusal(image="seaweedfs", files=_S3, reason="COLLAB_S3_BUCKET must name a bucket"),
    Refusal(
        image="seaweedfs",
        files=_S3,
        environment={"COLLAB_S3_BUCKET": 'x","y'},
        reason="COLLAB_S3_BUCKET must name a bucket",
    ),
    Refusal(
        image="seaweedfs",
        files=_S3,
        environment={"COLLAB_S3_BUCKET": "collab", "COLLAB_TLS": "on"},
        reason=r"tls\.crt is missing",
    ),
]


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: f"{refusal.image}: {refusal.reason}")
def test_stores_say_what_they_cannot_start_with(
    docker: Docker, images: dict[str, str], tmp_path: Path, volume: str, refusal: Refusal
) -> None:
    mount, image = [f"--volume={volume}:/var/lib/collab"], images[refusal.image]
    docker.run("run", "--rm", *mount, "--entrypoint=sh", image, "-c", refusal.prepare)
    with box(docker, image, tmp_path, files=refusal.files, environment=refusal.environment, options=mount) as refused:
        assert refused.wait_exit() == WRONGLY_CONFIGURED
        assert re.search(refusal.reason, refused.logs())


def test_bootstrap_waits_and_may_be_repeated(
    docker: Docker, images: dict[str, str], tmp_path: Path, network: str, tls: dict[str, dict[str, str]]
) -> None:
    passwords = {"postgresql-superuser": PASSWORD, **{f"postgresql-{role}": f"{role} {PASSWORD}" for role in ROLES}}
    environment = {"PGHOST": "store", "PGSSLMODE": "verify-full", "PGSSLROOTCERT": "/run/trust/ca.crt"}
    server = {"config": files_of("postgresql", inside_tls=True), "secrets": passwords, **tls}
    # It has its name from the start and answers later, as behind a Service.
    late = [f"--network={network}", "--network-alias=store", "--entrypoint=sh", "--volume=/var/lib/collab"]
    command = ("-c", "sleep 3; exec collab-postgresql")
    with box(docker, images["postgresql"], tmp_path / "1", files=server, options=late, command=command) as store:
        job = {"secrets": passwords, "trust": tls["trust"]}
        options = [f"--network={network}", "--entrypoint=collab-bootstrap"]
        with box(
            docker, images["postgresql"], tmp_path / "2", files=job, environment=environment, options=options
        ) as waiting:
            assert waiting.wait_exit() == 0, waiting.logs()
            roles = query(store, "select string_agg(rolname, ',' order by rolname) from pg_roles where rolcanlogin")
            assert roles == "collab_auth,collab_collaboration,collab_document,collab_user,postgres"
            docker.run("start", "--attach", waiting.name)
            assert waiting.wait_exit() == 0
            assert PASSWORD not in waiting.logs() + store.logs()


def test_bootstrap_gives_up_in_time(docker: Docker, images: dict[str, str], tmp_path: Path) -> None:
    passwords = {"postgresql-superuser": "x", **{f"postgresql-{role}": "x" for role in ROLES}}
    environment = {"PGHOST": "127.0.0.1", "COLLAB_WAIT_S": "2"}
    options = ["--entrypoint=collab-bootstrap"]
    with box(
        docker,
        images["postgresql"],
        tmp_path,
        files={"secrets": passwords},
        environment=environment,
        options=options,
    ) as waiting:
        assert waiting.wait_exit() == 1
        assert "did not answer within 2 s" in waiting.logs()
        assert "Connection refused" in waiting.logs()


def test_valkey_takes_the_password_over_tls_alone(
    docker: Docker, images: dict[str, str], tmp_path: Path, tls: dict[str, dict[str, str]]
) -> None:
    files = {"config": files_of("valkey", inside_tls=True), "secrets": {"redis": PASSWORD}, **tls}
    trusting = ("valkey-cli", "-h", "localhost", "--tls", "--cacert", "/run/trust/ca.crt")
    with_password = 'REDISCLI_AUTH=$(cat /run/secrets/collab/redis) exec "$@"'
    with box(docker, images["valkey"], tmp_path, files=files) as store:
        store.until(lambda: store.execute("sh", "-c", with_password, "sh", *trusting, "ping").strip() == "PONG")
        assert "NOAUTH" in store.execute(*trusting, "ping")
        with pytest.raises(DockerError):
            store.execute("valkey-cli", "-h", "localhost", "ping")
        assert store.execute("stat", "-c", "%a %u", "/run/collab/valkey.conf").strip() == "600 10001"
        assert PASSWORD not in docker.run("top", store.name, "-eo", "pid,args") + store.logs()
        assert store.stop() == 0
