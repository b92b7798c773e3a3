"""Which images there are, and what each is built from: the files its Dockerfile copies, and their hash."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from collab_platform.environment.files import REPOSITORY
from collab_platform.errors import CollabError, UsageError

DEFAULT_BASE = "debian:trixie-slim"
"""What the Dockerfiles are built on unless told otherwise (a test holds the two equal)."""

IMAGES: Mapping[str, str] = {
    "service": "auth, user, document and collaboration, with their migrations",
    "gateway": "nginx with ModSecurity and the OWASP core rule set",
    "web": "the editor, and nginx to serve it",
    "postgresql": "PostgreSQL, for where there is no managed one",
    "valkey": "Valkey, for where there is no managed one",
    "seaweedfs": "S3 object storage, for where there is none",
}
"""Every image and what runs in it."""

# As .dockerignore has it: never part of a build. A test holds the two equal.
LEFT_OUT = frozenset({"__pycache__", "node_modules", "dist", ".vite"})
_HASH_LENGTH = 12
_INSTRUCTION = re.compile(r"(?m)^(COPY|ADD)((?:[^\\\n]|\\\n|\\.)*)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What an image is built from: files (paths from the checkout's root → sha256), and on which base, for what."""

    name: str
    version: str
    base: str
    platform: str
    inputs: Mapping[str, str]

    @property
    def hash(self) -> str:
        """Differs where the image may differ."""
        content = json.dumps([self.name, self.base, self.platform, sorted(self.inputs.items())])
        return hashlib.sha256(content.encode()).hexdigest()[:_HASH_LENGTH]

    @property
    def tag(self) -> str:
        return f"{self.version}-{self.hash}"

    def reference(self, registry: str) -> str:
        """The image's name, in ``registry`` if that is not empty."""
        repository = f"collab-{self.name}"
        return f"{registry.rstrip('/')}/{repository}:{self.tag}" if registry else f"{repository}:{self.tag}"


def chosen(names: tuple[str, ...]) -> tuple[str, ...]:
    """The named images in the catalogue's order; all where none is named. Raises :class:`UsageError`."""
    if unknown := sorted(set(names) - set(IMAGES)):
        raise UsageError(f"no such image: {', '.join(unknown)}", remedy=f"There are: {', '.join(IMAGES)}.")
    return tuple(name for name in IMAGES if not names or name in names)


def checkout(root: Path) -> Path:
    """What to build from: the project if it is a checkout, else (environment files alone) the one that runs."""
    return root if (root / "images").is_dir() else REPOSITORY


def dockerfile(root: Path, name: str) -> Path:
    return root / "images" / name / "Dockerfile"


def recipe(root: Path, name: str, *, base: str = DEFAULT_BASE, platform: str = "") -> Recipe:
    """What the image would be built from now.

    :raises CollabError: ``root`` is no checkout, or a file that the Dockerfile copies is missing.
    """
    path = dockerfile(root, name)
    try:
        text = path.read_text(encoding="utf-8")
        inputs = {path.relative_to(root).as_posix(): _digest(path)}
        for source in copied(text):
            inputs |= {file.relative_to(root).as_posix(): _digest(file) for file in _files(root / source)}
    except FileNotFoundError as error:
        raise CollabError(
            f"image {name} cannot be built here: {error.filename} is missing",
            remedy="Images are built from a checkout of the project; run collab there.",
        ) from None
    return Recipe(name=name, version=version(root), base=base, platform=platform, inputs=dict(sorted(inputs.items())))


def copied(text: str) -> tuple[str, ...]:
    """Paths that a Dockerfile copies from the build's context, in its order."""
    found: list[str] = []
    for match in _INSTRUCTION.finditer(text):
        words = match[2].replace("\\\n", " ").split()
        if not any(word.startswith("--from=") for word in words):
            found += [word.rstrip("/") for word in words if not word.startswith("--")][:-1]
    return tuple(dict.fromkeys(found))


def version(root: Path) -> str:
    """The project's version."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    return str(project["project"]["version"])


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for folder, folders, files in os.walk(path):
        folders[:] = sorted(name for name in folders if name not in LEFT_OUT and not name.startswith(".env"))
        yield from (Path(folder, name) for name in sorted(files) if not _ignored(name))


def _ignored(name: str) -> bool:
    return name in LEFT_OUT or name.endswith(".pyc") or name.startswith(".env")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
