"""Images are built, and containers run, where no registry can be pulled from; nothing is left of the daemon."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from collections.abc import Generator
from pathlib import Path

import httpx
import pytest

from tests.cluster.workloads import SERVER
from tests.containers.base import Docker, DockerError, Unavailable, docker_daemon

pytestmark = pytest.mark.timeout(1800)


@pytest.fixture(scope="module")
def docker(tmp_path_factory: pytest.TempPathFactory) -> Generator[Docker]:
    """A private daemon, unless there is one."""
    directory = tmp_path_factory.mktemp("docker")
    try:
        with docker_daemon(directory) as started:
            yield started
        shutil.rmtree(directory)
    except Unavailable as reason:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def image(docker: Docker, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A server on the base image, built with the machine's CA bundle as a secret."""
    context = tmp_path_factory.mktemp("context")
    (context / "server.pl").write_text(SERVER)
    (context / "Dockerfile").write_text(
        "ARG BASE=debian:trixie-slim\nFROM ${BASE}\nCOPY server.pl /\n"
        "RUN --mount=type=secret,id=ca test -s /run/secrets/ca\nUSER 10001\n"
        'CMD ["perl", "/server.pl"]\n'
    )
    docker.build(context, tag="collab.local/server:1", arguments={"BASE": docker.ensure_base_image()})
    return "collab.local/server:1"


def test_the_secret_is_not_in_the_image(docker: Docker, image: str) -> None:
    with pytest.raises(DockerError):
        docker.run("run", "--rm", image, "test", "-e", "/run/secrets/ca")


def test_an_unchanged_build_is_the_same_image(docker: Docker, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("ARG BASE\nFROM ${BASE}\nRUN date +%N > /now\n")
    arguments = {"BASE": docker.ensure_base_image()}
    first = docker.build(tmp_path, tag="collab.local/dated:1", arguments=arguments)
    assert first == docker.build(tmp_path, tag="collab.local/dated:1", arguments=arguments)


def test_a_failed_build_says_why(docker: Docker, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("ARG BASE\nFROM ${BASE}\nRUN echo the reason >&2; exit 3\n")
    with pytest.raises(DockerError, match="the reason"):
        docker.build(tmp_path, tag="collab.local/none:1", arguments={"BASE": docker.ensure_base_image()})


def test_a_published_port_answers_on_loopback(docker: Docker, image: str) -> None:
    container = docker.run("run", "--detach", "--publish=127.0.0.1:0:8080", image).strip()
    published = json.loads(docker.run("inspect", "--format", "{{json .NetworkSettings.Ports}}", container))
    port = published["8080/tcp"][0]["HostPort"]
    deadline = time.monotonic() + 60
    while True:
        try:
            answer = httpx.get(f"http://127.0.0.1:{port}/", timeout=5, trust_env=False)
            break
        except httpx.TransportError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
    assert container.startswith(answer.text)


def test_containers_reach_each_other_by_name(docker: Docker, image: str) -> None:
    # Names of its own: a Docker that is not private may have those of an earlier run.
    network, peer = (f"{what}-{secrets.token_hex(4)}" for what in ("pair", "peer"))
    docker.run("network", "create", network)
    docker.run("run", "--detach", f"--network={network}", f"--name={peer}", image)
    script = f'exec 3<>/dev/tcp/{peer}/8080; printf "GET / HTTP/1.1\\r\\n\\r\\n" >&3; tail -n 1 <&3'
    retried = f"while ! ({script}); do sleep 0.1; done"
    assert docker.run("run", "--rm", f"--network={network}", image, "timeout", "60", "bash", "-c", retried).strip()


def test_nothing_is_left(tmp_path: Path) -> None:
    with docker_daemon(tmp_path) as docker:
        if not docker.private:
            pytest.skip("this machine's own Docker is used")
        docker.run("network", "create", "left-over")
        image = docker.ensure_base_image()
        docker.run("run", "--detach", "--network=left-over", image, "sleep", "infinity")
        own = _devices_of(docker, "left-over")
        assert len(own) == 3
    assert not [name for name in own if Path("/sys/class/net", name).exists()]
    assert str(tmp_path) not in Path("/proc/self/mounts").read_text()
    assert not any(str(tmp_path) in line for line in _command_lines())
    shutil.rmtree(tmp_path)


def _devices_of(docker: Docker, network: str) -> set[str]:
    """Of a network and of the daemon itself: others on this machine have theirs, which come and go."""
    identity = docker.run("network", "inspect", "--format", "{{.Id}}", network)
    option = '{{index .Options "com.docker.network.bridge.name"}}'
    bridges = {f"br-{identity[:12]}", docker.run("network", "inspect", "--format", option, "bridge").strip()}
    return bridges | {port.name for bridge in bridges for port in Path("/sys/class/net", bridge, "brif").iterdir()}


def _command_lines() -> Generator[str]:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
