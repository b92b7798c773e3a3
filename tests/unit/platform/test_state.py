"""``state.json`` is old or new, never half; secrets and folders have exactly their modes."""

import errno
import os
import stat
from pathlib import Path

import pytest

from collab_platform import files
from collab_platform.blueprint import SecretSpec, derive
from collab_platform.environment import Environment
from collab_platform.errors import CollabError
from collab_platform.files import make_directory, write_atomically
from collab_platform.secrets import ensure_secrets, missing_secrets, read_secret
from collab_platform.targets.local.paths import Paths
from collab_platform.targets.local.state import StateStore, load_state


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_state_comes_back_as_it_was_written(tmp_path: Path):
    store = StateStore(tmp_path / "state.json", "test")
    store.applied("auth-1", "abc")
    store.record("auth", "failed", "it kept exiting")
    again = load_state(tmp_path / "state.json", "test")
    assert again == store.state
    assert again.applied == {"auth-1": "abc"}
    store.applied("auth-1", None)
    assert load_state(tmp_path / "state.json", "test").applied == {}
    assert mode(tmp_path / "state.json") == 0o600


@pytest.mark.parametrize("text", ["", "{", '{"version": 99}', '{"version": 1, "environment": "x", "ports": 3}'])
def test_a_state_that_cannot_be_understood_says_what_to_do(tmp_path: Path, text: str):
    path = tmp_path / "state.json"
    path.write_text(text)
    with pytest.raises(CollabError) as caught:
        load_state(path, "test")
    assert caught.value.remedy


def test_a_full_disk_leaves_the_old_text_and_no_litter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "state.json"
    write_atomically(path, "old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(CollabError, match="no space left"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["state.json"]


def test_folders_have_their_mode_whatever_the_umask(tmp_path: Path):
    before = os.umask(0o077)
    try:
        make_directory(tmp_path / "a/b", 0o711)
    finally:
        os.umask(before)
    assert mode(tmp_path / "a") == mode(tmp_path / "a/b") == 0o711


def test_secrets_are_made_once_and_for_their_owner_alone(tmp_path: Path):
    folder = tmp_path / "secrets"
    specs = derive("test", Environment()).secrets
    ensure_secrets(specs, folder)
    first = {spec.name: read_secret(folder, spec.name) for spec in specs}
    ensure_secrets([*specs, SecretSpec("another")], folder)
    assert {spec.name: read_secret(folder, spec.name) for spec in specs} == first
    assert len(set(first.values())) == len(first)
    assert all(len(value) >= 40 for value in first.values())
    assert first["auth-signing-key"].startswith("-----BEGIN PRIVATE KEY-----")
    assert mode(folder) == 0o700
    assert {mode(path) for path in folder.iterdir()} == {0o600}
    assert missing_secrets(specs, folder) == []


def test_state_directory_follows_the_variable(tmp_path: Path):
    assert Paths.of("team-a", tmp_path, {}).state == tmp_path / ".collab/team-a"
    assert Paths.of("team-a", tmp_path, {"COLLAB_STATE_DIR": "/srv/collab"}).state == Path("/srv/collab/team-a")


def test_sockets_move_where_their_paths_fit(tmp_path: Path):
    near = Paths(root=tmp_path, state=Path("/srv/collab/local"))
    far = Paths(root=tmp_path, state=Path("/srv") / ("x" * 90) / "local")
    odd = Paths(root=tmp_path, state=Path("/srv/50% of; it/local"))
    assert near.sockets == near.run
    assert far.sockets != far.run
    assert len(str(far.supervisor_socket)) < 100
    assert odd.sockets != odd.run
    assert far.sockets != odd.sockets
