"""Environment files on disk."""

import tomllib
from pathlib import Path

import pytest

from collab_platform.environment import (
    Environment,
    annotated_file,
    create,
    environment_names,
    leaves,
    load,
    project_root,
)
from collab_platform.errors import CollabError, EnvironmentInvalidError

REPOSITORY = Path(__file__).resolve().parents[3]


def uncommented(text: str) -> str:
    """The annotated file with every default switched on."""
    names = {leaf.name for leaf in leaves().values()}
    lines = [line.removeprefix("# ") if line[2:].split(" = ")[0] in names else line for line in text.splitlines()]
    return "\n".join(lines)


def test_a_new_file_means_the_defaults(tmp_path: Path):
    create("team-a", root=tmp_path)
    assert load("team-a", root=tmp_path, variables={}, flags={}).environment == Environment()
    assert environment_names(tmp_path) == ["team-a"]


def test_what_a_new_file_shows_as_default_is_the_default():
    parsed = tomllib.loads(uncommented(annotated_file("x")))
    sections = {leaf.section for leaf in leaves().values()} - {""}
    assert sum(len(parsed[section]) for section in sections) + len(set(parsed) - sections) == len(leaves())
    for key, leaf in leaves().items():
        node = parsed
        for part in key.split("."):
            node = node[part]
        assert node == leaf.default, key


def test_the_file_that_ships_is_current():
    assert (REPOSITORY / "environments" / "local.toml").read_text() == annotated_file("local")


def test_a_file_is_never_overwritten(tmp_path: Path):
    path = create("local", root=tmp_path)
    path.write_text("version = 1\n")
    with pytest.raises(CollabError, match="exists already"):
        create("local", root=tmp_path)
    assert path.read_text() == "version = 1\n"


@pytest.mark.parametrize("name", ["", "Local", "../x", "a/b", "1st", "a" * 32])
def test_a_name_that_cannot_be_one_is_refused(tmp_path: Path, name: str):
    for act in (lambda: create(name, root=tmp_path), lambda: load(name, root=tmp_path, variables={}, flags={})):
        with pytest.raises(EnvironmentInvalidError, match="cannot name an environment"):
            act()


def test_an_unknown_environment_names_the_known_ones(tmp_path: Path):
    create("staging", root=tmp_path)
    with pytest.raises(EnvironmentInvalidError, match=r"no environment 'prod'.*known: staging") as caught:
        load("prod", root=tmp_path, variables={}, flags={})
    assert "collab env init prod" in caught.value.remedy


@pytest.mark.parametrize("content", [b"version = ", b"\xff\xfe", b"a = 1\na = 2\n"])
def test_broken_toml_names_the_file(tmp_path: Path, content: bytes):
    create("local", root=tmp_path).write_bytes(content)
    with pytest.raises(EnvironmentInvalidError, match=r"environments/local\.toml is not valid TOML"):
        load("local", root=tmp_path, variables={}, flags={})


def test_the_project_is_the_nearest_folder_with_environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("COLLAB_PROJECT", raising=False)
    create("local", root=tmp_path)
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    assert project_root(deep) == tmp_path.resolve()
    monkeypatch.setenv("COLLAB_PROJECT", str(deep))
    assert project_root(tmp_path) == deep.resolve()
