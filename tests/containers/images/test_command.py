"""`collab image` from end to end: built, pushed to a real registry, loaded; what it writes down of that."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tarfile
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.containers.base import Docker, Unavailable, packages
from tests.containers.images.built import engine_of
from tests.ports import free_port

pytestmark = pytest.mark.timeout(1800)

CONFIGURATION = """\
version: 0.1
storage: {{filesystem: {{rootdirectory: {root}}}}}
http: {{addr: "127.0.0.1:{port}"}}
log: {{accesslog: {{disabled: true}}}}
"""


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """The reference registry, on loopback, where docker needs no TLS."""
    try:
        packages.ensure({"docker-registry": "docker-registry"})
    except Unavailable as reason:
        pytest.skip(str(reason))
    program, directory, port = packages.find("docker-registry"), tmp_path_factory.mktemp("registry"), free_port()
    assert program
    (directory / "config.yml").write_text(CONFIGURATION.format(root=directory / "data", port=port))
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen([str(program), "serve", str(directory / "config.yml")], stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                assert httpx.get(f"http://127.0.0.1:{port}/v2/", timeout=5, trust_env=False).status_code == 200
                break
            except httpx.TransportError:
                assert process.poll() is None, (directory / "log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.1)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of environment files alone; images are built from the running checkout."""
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments/lab.toml").write_text("")
    return tmp_path


def collab(docker: Docker, project: Path, *arguments: str) -> dict[str, Any]:
    """The document that `collab image …` prints."""
    engine = engine_of(docker)
    # The client that can build may not be the first on PATH.
    path = f"{docker.client.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    done = subprocess.run(
        [sys.executable, "-m", "collab_cli", "image", *arguments, "-e", "lab", "-o", "json"],
        cwd=project,
        env={**engine.variables, "PATH": path, "COLLAB_PROJECT": str(project)},
        capture_output=True,
        text=True,
        check=False,
        timeout=1200,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_built_pushed_loaded_and_written_down(docker: Docker, project: Path, registry: str) -> None:
    base = docker.ensure_base_image()
    build = ("build", "valkey", "--base", base, "--network", "host")
    first, again = (collab(docker, project, *build)["images"][0] for _ in range(2))
    assert first["reference"] == again["reference"]
    assert again["built"] is False

    records = project / ".collab/_images/valkey"
    bill = (records / "sbom.cdx.json").read_bytes()
    statement = json.loads((records / "provenance.json").read_text())
    definition = statement["predicate"]["buildDefinition"]
    named = {each["name"]: each["digest"] for each in definition["resolvedDependencies"]}
    assert base in named
    for path in ("images/valkey/Dockerfile", "images/valkey/entrypoint.sh"):
        content = Path(__file__).parents[3].joinpath(path).read_bytes()
        assert named[path] == {"sha256": hashlib.sha256(content).hexdigest()}
    assert statement["predicate"]["runDetails"]["byproducts"][0]["digest"]["sha256"] == hashlib.sha256(bill).hexdigest()

    where = f"{registry}/team"
    pushed = collab(docker, project, "push", "valkey", "--registry", where)["images"]["valkey"]
    repository, _, tag = pushed["reference"].rpartition(":")
    assert repository == f"{where}/collab-valkey"
    # The registry itself is asked, by tag: what it has there is what was written down.
    accepted = {"Accept": "application/vnd.docker.distribution.manifest.v2+json"}
    url = f"http://{registry}/v2/team/collab-valkey/manifests"
    answer = httpx.get(f"{url}/{tag}", headers=accepted, timeout=20, trust_env=False)
    assert answer.headers["Docker-Content-Digest"] == pushed["digest"]
    assert f"sha256:{hashlib.sha256(answer.content).hexdigest()}" == pushed["digest"]
    lock = json.loads((project / "environments/lab.images.json").read_text())
    assert lock == {"version": 1, "images": {"valkey": pushed}}
    subjects = json.loads((records / "provenance.json").read_text())["subject"]
    assert pushed["digest"].removeprefix("sha256:") in [each["digest"]["sha256"] for each in subjects]

    listed = {each["name"]: each for each in collab(docker, project, "list")["images"]}
    assert listed["valkey"]["current"] is True
    assert listed["valkey"]["used"] == f"{repository}@{pushed['digest']}"
    assert listed["web"]["reference"] is None

    archive = project / "archive.tar"
    loaded = collab(docker, project, "load", "valkey", "--into", f"sh -c 'cat > {archive}'")["images"]["valkey"]
    assert loaded == {"reference": first["reference"], "digest": ""}
    with tarfile.open(archive) as tar:
        manifest = tar.extractfile("manifest.json")
        assert manifest
        assert json.load(manifest)[0]["RepoTags"] == [first["reference"]]
