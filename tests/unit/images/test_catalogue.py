"""What an image is built from, and the name that this gives it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from collab_platform.errors import CollabError, UsageError
from collab_platform.images.catalogue import (
    DEFAULT_BASE,
    IMAGES,
    LEFT_OUT,
    checkout,
    chosen,
    copied,
    dockerfile,
    recipe,
)

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A checkout with one image."""
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.3"\n')
    folder = tmp_path / "images/service"
    folder.mkdir(parents=True)
    (folder / "Dockerfile").write_text(
        "ARG BASE\nFROM ${BASE} AS build\nCOPY source run.sh /work/\nCOPY --from=build /a /b\n"
    )
    (tmp_path / "source").mkdir()
    (tmp_path / "source/module.py").write_text("one = 1\n")
    (tmp_path / "run.sh").write_text("#!/bin/sh\n")
    return tmp_path


def test_every_image_has_its_folder_and_every_folder_its_image() -> None:
    folders = {path.parent.name for path in (ROOT / "images").glob("*/Dockerfile")}
    assert folders == set(IMAGES)


@pytest.mark.parametrize("name", IMAGES)
def test_every_image_takes_its_base_as_an_argument(name: str) -> None:
    text = dockerfile(ROOT, name).read_text()
    assert re.findall(r"^ARG BASE=(.*)$", text, re.MULTILINE) == [DEFAULT_BASE]
    stages = set(re.findall(r"^FROM .* AS (\w+)$", text, re.MULTILINE))
    froms = {source.split()[0] for source in re.findall(r"^FROM (.*)$", text, re.MULTILINE)}
    assert froms <= stages | {"${BASE}"}


@pytest.mark.parametrize("name", IMAGES)
def test_every_image_runs_as_its_own_user(name: str) -> None:
    last = dockerfile(ROOT, name).read_text().rpartition("\nFROM ")[2]
    assert "\nUSER 10001:10001\n" in last


@pytest.mark.parametrize("name", IMAGES)
def test_what_is_copied_is_there_and_gets_into_the_build(name: str) -> None:
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for source in copied(dockerfile(ROOT, name).read_text()):
        assert (ROOT / source).exists(), source
        assert any(source == each or source.startswith(f"{each}/") for each in allowed), source


def test_what_no_build_gets_is_not_hashed() -> None:
    ignored = {line.rpartition("/")[2] for line in (ROOT / ".dockerignore").read_text().splitlines() if "/" in line}
    assert ignored - {"*.pyc", ".env*"} >= LEFT_OUT


def test_sources_are_those_of_the_context() -> None:
    text = "COPY a b /x/\nCOPY --chmod=0755 c/ \\\n    d /y/\nCOPY --from=build /out/ /\nADD e /z\nRUN echo COPY f /g\n"
    assert copied(text) == ("a", "b", "c", "d", "e")


def test_the_tag_is_version_and_hash(project: Path) -> None:
    made = recipe(project, "service")
    assert re.fullmatch(r"1\.2\.3-[0-9a-f]{12}", made.tag)
    assert made.reference("") == f"collab-service:{made.tag}"
    assert (
        made.reference("registry.example.org:5000/team/") == f"registry.example.org:5000/team/collab-service:{made.tag}"
    )


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param("source/module.py", "one = 2\n", id="content"),
        pytest.param("source/new.py", "", id="new"),
        pytest.param("run.sh", "#!/bin/bash\n", id="single file"),
        pytest.param("images/service/Dockerfile", "FROM ${BASE}\nCOPY source run.sh /work/\n", id="Dockerfile"),
    ],
)
def test_the_hash_changes_with_what_is_built_from(project: Path, path: str, text: str) -> None:
    before = recipe(project, "service").hash
    (project / path).write_text(text)
    assert recipe(project, "service").hash != before


def test_the_hash_changes_with_a_name(project: Path) -> None:
    before = recipe(project, "service").hash
    (project / "source/module.py").rename(project / "source/other.py")
    assert recipe(project, "service").hash != before


def test_the_hash_stays_with_what_is_not(project: Path) -> None:
    before = recipe(project, "service").hash
    (project / "README.md").write_text("words")
    (project / "source/__pycache__").mkdir()
    (project / "source/__pycache__/module.pyc").write_bytes(b"\0")
    (project / "source/.env.local").write_text("SECRET=1")
    assert recipe(project, "service").hash == before


def test_another_base_or_platform_is_another_image(project: Path) -> None:
    hashes = {
        recipe(project, "service").hash,
        recipe(project, "service", base="debian@sha256:00").hash,
        recipe(project, "service", platform="linux/arm64").hash,
    }
    assert len(hashes) == 3


def test_without_a_checkout_the_running_one_is_built_from(tmp_path: Path) -> None:
    assert checkout(ROOT) == ROOT
    assert checkout(tmp_path) == ROOT


def test_what_is_missing_is_named(project: Path) -> None:
    (project / "run.sh").unlink()
    with pytest.raises(CollabError, match=r"run\.sh is missing"):
        recipe(project, "service")


def test_names_are_those_of_the_catalogue() -> None:
    assert chosen(()) == tuple(IMAGES)
    assert chosen(("web", "service")) == ("service", "web")
    with pytest.raises(UsageError, match="no such image: sevrice"):
        chosen(("sevrice",))
