"""An environment on a cluster that nobody asks, with an engine that only plays one."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from collab_platform.environment import Resolved, load
from collab_platform.targets.kubernetes.installation import Installation
from tests.unit.kubernetes_target import fake_pulumi

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import pulumi_aws  # noqa: F401  # pyright: ignore[reportUnusedImport] - loaded for its warnings
    import pulumi_cloudflare  # noqa: F401  # pyright: ignore[reportUnusedImport]

Play = Callable[..., Path]

BASE = 'version = 1\ntarget = "kubernetes"\n[site]\npublic_url = "https://docs.example.org"\n'


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the environment ``team``; nothing of the caller's own Pulumi or cluster is seen."""
    root = tmp_path / "project"
    (root / "environments").mkdir(parents=True)
    (root / "environments" / "team.toml").write_text(BASE)
    for variable in ("COLLAB_PULUMI", "COLLAB_STATE_DIR", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("COLLAB_PROJECT", str(root))
    return root


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Play:
    """Plays an engine; returns the folder in which it notes its calls."""
    folder = tmp_path / "engine"

    def play(script: Mapping[str, Mapping[str, Any]] | None = None, *, version: str = "v3.272.0") -> Path:
        monkeypatch.setenv("COLLAB_PULUMI", str(fake_pulumi.install(folder, script, version=version)))
        return folder

    return play


@pytest.fixture
def resolved(project: Path) -> Resolved:
    return load("team", root=project, variables={}, flags={})


@pytest.fixture
def installation(resolved: Resolved, project: Path) -> Installation:
    return Installation(resolved, root=project)
