"""The images' shell scripts say the same as the platform's Python, and refuse what they cannot start with."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from collab_platform.datastores.postgresql import DATABASE, INITDB_OPTIONS, SUPERUSER
from collab_platform.datastores.seaweedfs import VARIABLES, render_identities, server_arguments

IMAGES = Path(__file__).resolve().parents[3] / "images"
SCRIPTS = sorted(IMAGES.glob("*/*.sh"))
S3_PORTS = {
    "master": 9333,
    "master-grpc": 19333,
    "volume": 9340,
    "volume-grpc": 19340,
    "filer": 8888,
    "filer-grpc": 18888,
    "s3": 8333,
    "s3-grpc": 18333,
}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: f"{script.parent.name}/{script.name}")
def test_scripts_are_posix(script: Path) -> None:
    shell = shutil.which("dash") or shutil.which("sh")
    assert shell
    done = subprocess.run([shell, "-n", str(script)], capture_output=True, text=True, check=False, timeout=20)
    assert done.returncode == 0, done.stderr
    text = script.read_text()
    assert text.startswith("#!/bin/sh\n")
    assert re.search(r"^set -eu$", text, re.MULTILINE)


def test_initdb_is_told_the_same() -> None:
    call = re.search(r"initdb (.*?[^\\])\n", (IMAGES / "postgresql/entrypoint.sh").read_text(), re.DOTALL)
    assert call
    given = shlex.split(call[1].replace("\\\n", " "))
    assert [option for option in given if not option.startswith(("--pgdata", "--pwfile"))] == list(INITDB_OPTIONS)


def test_bootstrap_uses_the_same_names() -> None:
    text = (IMAGES / "postgresql/bootstrap.sh").read_text()
    assert f"PGUSER:-{SUPERUSER}" in text
    assert f"COLLAB_BOOTSTRAP_DATABASE:-{DATABASE}" in text
    wanted = (IMAGES.parent / "platform/collab_platform/datastores/bootstrap.sql").read_text()
    for variable in re.findall(r"^\\getenv \w+ (\w+)$", wanted, re.MULTILINE):
        assert re.search(rf"export .*\b{variable}\b", text), variable


def test_seaweedfs_is_told_the_same() -> None:
    text = (IMAGES / "seaweedfs/entrypoint.sh").read_text()
    call = re.search(r"^exec weed (.*)$", text.replace("\\\n", " "), re.MULTILINE)
    assert call
    here = call[1].replace("$data/objects", "/data").replace("$run", "/run").replace('"$@"', "")
    given = shlex.split(here)
    wanted = server_arguments(
        data=Path("/data"),
        sockets=Path("/run"),
        identities=Path("/run/identities.json"),
        host="127.0.0.1",
        ports=S3_PORTS,
    )
    # Of all that it serves, S3 alone is for others.
    assert sorted(given) == sorted([*wanted, "-s3.ip.bind=0.0.0.0"])
    assert dict(re.findall(r"^export (WEED_\w+)=(.*)$", text, re.MULTILINE)) == VARIABLES


def test_seaweedfs_knows_the_same_people(tmp_path: Path) -> None:
    text = (IMAGES / "seaweedfs/entrypoint.sh").read_text()
    document = re.search(r"<< JSON\n(.*?)\nJSON\n", text, re.DOTALL)
    assert document
    script = tmp_path / "identities.sh"
    script.write_text(f"cat << JSON\n{document[1]}\nJSON\n")
    said = subprocess.run(
        ["sh", str(script)],
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
        env={"bucket": "collab", "secret_key": '"a"', "admin_secret_key": '"b"', "PATH": "/usr/bin:/bin"},
    ).stdout
    import msgspec

    wanted = render_identities(bucket="collab", secret_key="a", admin_secret_key="b")
    assert msgspec.json.decode(said) == msgspec.json.decode(wanted)


@pytest.mark.parametrize("name", ["postgresql", "valkey", "seaweedfs"])
def test_no_secret_gets_into_arguments(name: str) -> None:
    """A secret that the shell has read is only ever printed by the shell itself, or exported."""
    for script in (IMAGES / name).glob("*.sh"):
        for line in script.read_text().splitlines():
            called = re.match(r"\s*(?:exec )?(initdb|psql|pg_isready|postgres|valkey-server|weed)\b(.*)", line)
            if called:
                assert "secret" not in called[2]
                assert "PASSWORD" not in called[2].upper() or "--no-password" in called[2] or "--pwfile" in called[2]
