"""Environment files on disk."""

import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest

from collab_platform.environment import (
    Environment,
    TargetName,
    annotated_file,
    create,
    environment_names,
    leaves,
    load,
    project_root,
)
from collab_platform.environment.leaves import columns
from collab_platform.environment.template import START
from collab_platform.errors import CollabError, EnvironmentInvalidError

REPOSITORY = Path(__file__).resolve().parents[3]


def uncommented(text: str) -> str:
    """The annotated file with every default switched on."""
    names = {leaf.name for leaf in leaves().values()} | {
        name for leaf in leaves().values() if leaf.table for name in columns(leaf.table)
    }
    names |= {f"[[{leaf.key}]]" for leaf in leaves().values() if leaf.table}
    lines = [line.removeprefix("# ") if line[2:].split(" = ")[0] in names else line for line in text.splitlines()]
    return "\n".join(lines)


TARGETS = get_args(TargetName)


def test_a_new_file_means_the_defaults(tmp_path: Path):
    create("team-a", root=tmp_path)
    assert load("team-a", root=tmp_path, variables={}, flags={}).environment == Environment()
    assert environment_names(tmp_path) == ["team-a"]


@pytest.mark.parametrize("target", TARGETS)
def test_what_a_new_file_shows_as_default_is_the_default(target: TargetName):
    parsed: dict[str, Any] = tomllib.loads(uncommented(annotated_file("x", target)))
    expected = {leaf.key: leaf for leaf in leaves().values() if leaf.concerns(target)}
    sections = {leaf.section for leaf in expected.values()} - {""}
    shown = {key: value for key, value in parsed.items() if key not in sections}
    shown |= {f"{section}.{name}": value for section in sections for name, value in parsed[section].items()}
    assert set(shown) == set(expected)
    for key, leaf in expected.items():
        # An empty list of tables would not show what they look like.
        default = leaf.check(leaf.examples[0]) if leaf.table else leaf.default
        wanted = target if key == "target" else START[target].get(key, default)
        assert leaf.check(shown[key]) == wanted, key


@pytest.mark.parametrize("target", TARGETS)
def test_a_new_file_can_be_used_at_once(tmp_path: Path, target: TargetName):
    create("team-a", root=tmp_path, target=target)
    loaded = load("team-a", root=tmp_path, variables={}, flags={})
    assert loaded.environment.target == target
    set_in_file = {key for key, origin in loaded.origins.items() if origin.kind == "file"}
    assert set_in_file == {"version", "target", *START[target]}


def test_a_file_shows_only_what_its_target_reads():
    local, cluster = annotated_file("x"), annotated_file("x", "kubernetes")
    for section in ("kubernetes", "aws", "cloudflare", "pulumi"):
        assert f"[{section}]" not in local
        assert f"[{section}]" in cluster
    assert "[logs]" not in cluster
    assert "# port =" not in cluster


def test_every_leaf_concerns_some_target_and_most_concern_all():
    assert all(any(leaf.concerns(target) for target in TARGETS) for leaf in leaves().values())
    assert all(leaves()["auth.access_token_ttl_s"].concerns(target) for target in TARGETS)


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
