"""Rendering needs helm, and no cluster."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import tomlkit

from collab_platform.environment import load
from collab_platform.environment.files import REPOSITORY
from collab_platform.images.lock import write_images
from collab_platform.targets.kubernetes.render import Rendering, render
from tests.cluster.node import helm
from tests.unit.kubernetes.installations import IMAGES, NAME, file, write_certificates


@dataclass(frozen=True, kw_only=True)
class Project:
    """A project's folder with one environment, and a state directory of its own."""

    root: Path
    variables: Mapping[str, str]

    @property
    def state(self) -> Path:
        return self.root / "state" / NAME / "kubernetes"

    def configure(self, option: str, **kubernetes: Any) -> None:
        written = file(option, **kubernetes)
        text = tomlkit.dumps(written)
        assert tomllib.loads(text) == written
        (self.root / "environments" / f"{NAME}.toml").write_text(text)

    def render(self, **options: Any) -> Rendering:
        resolved = load(NAME, root=self.root, variables={}, flags={})
        return render(resolved, root=self.root, variables=self.variables, **options)

    def values(self) -> list[str]:
        """Every secret value and private key that was made."""
        keys = [*(self.state / "secrets").iterdir(), *(self.state / "pki").glob("*.key")]
        return [path.read_text().strip() for path in keys]


@pytest.fixture(scope="session")
def helm_program() -> Path:
    return helm()


@pytest.fixture
def project(tmp_path: Path, helm_program: Path) -> Project:
    return _project(tmp_path, helm_program)


@pytest.fixture(scope="session")
def rendered(
    tmp_path_factory: pytest.TempPathFactory, helm_program: Path
) -> Callable[[str], tuple[Project, Rendering]]:
    """An option's project and what it renders to without secrets, once for all tests."""

    @cache
    def make(option: str) -> tuple[Project, Rendering]:
        project = _project(tmp_path_factory.mktemp("project"), helm_program)
        project.configure(option)
        return project, project.render()

    return make


def _project(root: Path, helm_program: Path) -> Project:
    (root / "environments").mkdir()
    (root / "charts").symlink_to(REPOSITORY / "charts")
    write_certificates(root)
    write_images(root, NAME, IMAGES.images)
    variables = {"COLLAB_HELM": str(helm_program), "COLLAB_STATE_DIR": str(root / "state")}
    return Project(root=root, variables=variables)


@pytest.fixture
def collab(project: Project, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Runs ``collab`` in the project; its exit code."""
    from collab_cli.main import main

    for name, value in {**project.variables, "COLLAB_PROJECT": str(project.root)}.items():
        monkeypatch.setenv(name, value)
    return lambda *arguments: main(arguments)
