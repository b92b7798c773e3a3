"""Finding a docker that can build, and handing images to clusters; with programs that only write down their calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from collab_platform.errors import CollabError, PreflightError, UsageError
from collab_platform.images.engine import Engine, ImageInfo, find_engine
from collab_platform.images.publish import loader_for, push_image
from collab_platform.images.records import Built

BUILT = Built(name="web", reference="collab-web:1-a", image_id="sha256:00", base="debian", platform="", size=1)


def program(folder: Path, name: str, script: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def path_of(*folders: Path) -> dict[str, str]:
    return {"PATH": ":".join([*map(str, folders), "/usr/bin/nowhere"])}


def test_without_docker_one_is_told_to_install_it(tmp_path: Path) -> None:
    with pytest.raises(PreflightError, match="no `docker` on PATH") as raised:
        find_engine(path_of(tmp_path))
    assert "Install" in raised.value.remedy


def test_a_docker_that_cannot_build_is_passed_over(tmp_path: Path) -> None:
    program(tmp_path / "new", "docker", '[ "$1" = --version ] && echo "Docker version 28.2.2" && exit; exit 1')
    with pytest.raises(PreflightError, match="buildx"):
        find_engine(path_of(tmp_path / "new"))
    old = program(tmp_path / "old", "docker", '[ "$1" = buildx ] && exit 1; echo "Docker version 20.10.24"')
    assert find_engine(path_of(tmp_path / "new", tmp_path / "old")).client == old


def test_a_daemon_that_does_not_answer_is_named(tmp_path: Path) -> None:
    program(tmp_path, "docker", '[ "$1" = version ] && { echo "Cannot connect" >&2; exit 1; }; exit 0')
    with pytest.raises(PreflightError, match="does not answer") as raised:
        find_engine(path_of(tmp_path))
    assert raised.value.details == ("Cannot connect",)


def test_a_failed_command_tells_its_last_lines(tmp_path: Path) -> None:
    engine = Engine(client=program(tmp_path, "docker", "echo first; echo the reason >&2; exit 3"), variables={})
    with pytest.raises(CollabError, match="the reason") as raised:
        engine.run("build", ".")
    assert raised.value.details == ("first", "the reason")


def test_a_build_tells_its_steps(tmp_path: Path) -> None:
    script = 'echo "#5 [build 2/3] RUN make"; echo "#5 0.1 noise"; echo "#6 [3/3] COPY a b"'
    engine = Engine(client=program(tmp_path, "docker", script), variables={})
    told: list[str] = []
    engine.build(["."], progress=told.append)
    assert told == ["[build 2/3] RUN make", "[3/3] COPY a b"]


@pytest.mark.parametrize(
    ("into", "tool", "called"),
    [
        ("kind:dev", "kind", "load docker-image collab-web:1-a --name dev"),
        ("k3d:dev", "k3d", "image import collab-web:1-a --cluster dev"),
        ("minikube", "minikube", "image load collab-web:1-a"),
    ],
)
def test_clusters_own_tools_are_called(tmp_path: Path, into: str, tool: str, called: str) -> None:
    program(tmp_path, tool, f'echo "$@" > {tmp_path}/calls')
    engine = Engine(client=tmp_path / "docker", variables=path_of(tmp_path))
    loader_for(into)(engine, BUILT.reference)
    assert (tmp_path / "calls").read_text().strip() == called


def test_a_command_gets_the_archive(tmp_path: Path) -> None:
    engine = Engine(client=program(tmp_path, "docker", 'echo "archive of $3"'), variables=path_of(tmp_path))
    loader_for(f"sh -c 'cat > {tmp_path}/archive'")(engine, BUILT.reference)
    assert (tmp_path / "archive").read_text() == "archive of collab-web:1-a\n"


def test_a_command_that_fails_or_is_not_there_is_named(tmp_path: Path) -> None:
    engine = Engine(client=program(tmp_path, "docker", "echo archive"), variables=path_of(tmp_path))
    with pytest.raises(CollabError, match="exit code 4") as raised:
        loader_for("sh -c 'cat >/dev/null; echo no room; exit 4'")(engine, BUILT.reference)
    assert raised.value.details == ("no room",)
    with pytest.raises(PreflightError, match="no `nothing-of-the-kind`"):
        loader_for("nothing-of-the-kind import -")(engine, BUILT.reference)
    with pytest.raises(PreflightError, match="no `kind`"):
        loader_for("kind:dev")(engine, BUILT.reference)


def test_an_image_that_cannot_be_saved_is_not_taken_for_loaded(tmp_path: Path) -> None:
    engine = Engine(client=program(tmp_path, "docker", "exit 1"), variables=path_of(tmp_path))
    with pytest.raises(CollabError, match="could not save"):
        loader_for("cat")(engine, BUILT.reference)


@pytest.mark.parametrize("into", ["", "   ", "cat 'unclosed"])
def test_where_to_load_must_make_sense(into: str) -> None:
    with pytest.raises(UsageError, match="--into"):
        loader_for(into)


def test_a_push_needs_a_registry(tmp_path: Path) -> None:
    engine = Engine(client=tmp_path / "docker", variables={})
    with pytest.raises(UsageError, match="no registry") as raised:
        push_image(BUILT, registry="", records=tmp_path, engine=engine)
    assert "kubernetes.registry" in raised.value.remedy


def test_the_digest_is_that_of_the_same_repository() -> None:
    info = ImageInfo(id="sha256:0", size=1, repo_digests=["other/web@sha256:1", "r.example/web@sha256:2"])
    assert info.digest_in("r.example/web") == "sha256:2"
    assert info.digest_in("r.example/service") == ""
