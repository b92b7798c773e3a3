"""The folder of manifests: whole or not at all, and nothing of others is touched."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from collab_platform.errors import CollabError
from collab_platform.targets.kubernetes import render_files
from collab_platform.targets.kubernetes.render_files import LIST, SECRETS, Difference, compare, publish

FILES = {"a.yaml": "a\n", "b.yaml": "b\n"}


def written(directory: Path, files: dict[str, str] | None = None, *, secrets: str = "") -> Difference:
    return publish(directory, FILES if files is None else files, secrets=secrets, environment="test")


def differs(directory: Path, files: dict[str, str] | None = None, *, secrets: str = "") -> Difference:
    return compare(directory, FILES if files is None else files, secrets=secrets, environment="test")


def listing(directory: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in directory.iterdir() if path.name != LIST}


def test_a_new_folder_is_made(tmp_path: Path):
    place = tmp_path / "deep" / "out"
    assert differs(place) == Difference(added=("a.yaml", "b.yaml"))
    assert not place.exists()
    assert written(place) == Difference(added=("a.yaml", "b.yaml"))
    assert listing(place) == FILES
    assert not differs(place)


def test_changes_are_told_and_made(tmp_path: Path):
    written(tmp_path)
    files = {"a.yaml": "new\n", "c.yaml": "c\n"}
    expected = Difference(added=("c.yaml",), changed=("a.yaml",), removed=("b.yaml",))
    assert differs(tmp_path, files) == expected
    assert listing(tmp_path) == FILES
    assert written(tmp_path, files) == expected
    assert listing(tmp_path) == files


def test_a_file_that_somebody_changed_is_a_difference(tmp_path: Path):
    written(tmp_path)
    (tmp_path / "a.yaml").write_bytes(b"\xff")
    assert differs(tmp_path).changed == ("a.yaml",)
    (tmp_path / "a.yaml").unlink()
    assert differs(tmp_path).added == ("a.yaml",)


def test_files_of_others_stay(tmp_path: Path):
    written(tmp_path)
    (tmp_path / "patch.yaml").write_text("mine")
    written(tmp_path, {"a.yaml": "a\n"})
    assert listing(tmp_path) == {"a.yaml": "a\n", "patch.yaml": "mine"}


def test_a_folder_of_others_is_refused(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("mine")
    for act in (written, differs):
        with pytest.raises(CollabError, match="did not write"):
            act(tmp_path)
    assert listing(tmp_path) == {"notes.txt": "mine"}


def test_a_file_is_no_folder(tmp_path: Path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(CollabError, match="is not a folder"):
        written(tmp_path / "out")


def test_the_folder_of_another_environment_is_refused(tmp_path: Path):
    publish(tmp_path, FILES, secrets="", environment="staging")
    with pytest.raises(CollabError, match="holds the manifests of environment 'staging'"):
        written(tmp_path)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "is damaged"),
        ('{"version": 2, "environment": "test", "files": []}', "is damaged"),
        ('{"version": 1, "environment": "test", "files": ["../x"]}', "outside of the folder"),
    ],
)
def test_a_list_that_cannot_be_is_refused(tmp_path: Path, text: str, why: str):
    (tmp_path / LIST).write_text(text)
    with pytest.raises(CollabError, match=why):
        written(tmp_path)


def test_secrets_are_for_their_owner_and_go_with_the_next_run(tmp_path: Path):
    written(tmp_path, secrets="word\n")
    assert stat.S_IMODE((tmp_path / SECRETS).stat().st_mode) == 0o600
    assert SECRETS not in (tmp_path / LIST).read_text()
    assert not differs(tmp_path)
    assert differs(tmp_path, secrets="other\n").changed == (SECRETS,)
    written(tmp_path)
    assert not (tmp_path / SECRETS).exists()


def test_what_fails_while_it_is_written_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    written(tmp_path)
    write = render_files._write  # pyright: ignore[reportPrivateUsage] - where a disk would be full

    def full(path: Path, text: str, *, mode: int) -> None:
        if path.name == "b.yaml":
            raise OSError(28, "No space left on device")
        write(path, text, mode=mode)

    monkeypatch.setattr(render_files, "_write", full)
    with pytest.raises(CollabError, match="no space left"):
        written(tmp_path, {"a.yaml": "new\n", "b.yaml": "new\n"})
    assert listing(tmp_path) == FILES


def test_a_link_in_the_folder_is_replaced_not_followed(tmp_path: Path):
    written(tmp_path / "out")
    (tmp_path / "elsewhere").write_text("mine")
    (tmp_path / "out" / "a.yaml").unlink()
    (tmp_path / "out" / "a.yaml").symlink_to(tmp_path / "elsewhere")
    written(tmp_path / "out", {"a.yaml": "new\n"})
    assert (tmp_path / "elsewhere").read_text() == "mine"
    assert (tmp_path / "out" / "a.yaml").read_text() == "new\n"
