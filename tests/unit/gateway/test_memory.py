"""A folder in memory, which nobody else has prepared."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from collab_platform.errors import CollabError
from collab_platform.gateway import make_memory_directory, memory_directory


def test_each_place_has_a_folder_of_its_own_which_stays_the_same(tmp_path: Path):
    first, second = (memory_directory(tmp_path / name, memory=tmp_path) for name in ("a", "b"))

    assert first is not None
    assert second is not None
    assert first != second
    assert memory_directory(tmp_path / "a", memory=tmp_path) == first
    assert not first.exists()
    for _ in range(2):
        make_memory_directory(first)
        assert first.stat().st_mode & 0o777 == 0o711


def test_without_memory_there_is_none(tmp_path: Path):
    assert memory_directory(tmp_path, memory=tmp_path / "absent") is None


def test_what_somebody_else_has_prepared_is_not_taken(tmp_path: Path):
    folder = memory_directory(tmp_path, memory=tmp_path)
    assert folder is not None

    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(CollabError, match="somebody else"):
        make_memory_directory(folder)
    folder.rmdir()
    folder.symlink_to(tmp_path)
    with pytest.raises(CollabError, match="somebody else"):
        make_memory_directory(folder)
    folder.unlink()
    folder.write_text("")
    with pytest.raises(CollabError, match="somebody else"):
        make_memory_directory(folder)
    if os.geteuid() == 0:
        folder.unlink()
        folder.mkdir(mode=0o711)
        os.chown(folder, 65534, 65534)
        with pytest.raises(CollabError, match="somebody else"):
            make_memory_directory(folder)
