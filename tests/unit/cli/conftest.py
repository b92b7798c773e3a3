"""A project of its own for every test of the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from collab_platform.environment import create


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the environment ``local``; nothing of the caller's own environment is seen."""
    create("local", root=tmp_path)
    for variable in ("COLLAB_ENV", "NO_COLOR", "COLUMNS", "DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("COLLAB_PROJECT", str(tmp_path))
    return tmp_path
