"""What is known of the images built on this machine: one folder for each, beside the environments' state.

<project>/.collab/_images/NAME/     or COLLAB_STATE_DIR/_images/NAME/; no environment can be called so
├── built.json                      what was built last, and from what
├── sbom.cdx.json                   the image's bill of materials
└── provenance.json                 an in-toto statement, unsigned
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from collab_platform.files import clear_disk_errors, make_directory, write_atomically

_FOLDER = "_images"


class Built(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An image in this machine's engine. ``platform`` is what was asked for, empty for the engine's own; ``size`` is in
    bytes, with what it shares with other images."""

    name: str
    reference: str
    image_id: str
    base: str
    platform: str
    size: int


def records_directory(root: Path, variables: Mapping[str, str] = os.environ) -> Path:
    """Where the records of a project are."""
    chosen = variables.get("COLLAB_STATE_DIR")
    return (Path(chosen).expanduser() if chosen else root / ".collab") / _FOLDER


def read_built(directory: Path, name: str) -> Built | None:
    """What was built last; None where nothing was, or another version wrote it down otherwise."""
    try:
        return msgspec.json.decode((directory / name / "built.json").read_bytes(), type=Built)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def write_built(directory: Path, built: Built, *, sbom: bytes, provenance: Mapping[str, Any]) -> None:
    """Write down a build; ``built.json`` comes last, so that what it stands for is there."""
    folder = directory / built.name
    with clear_disk_errors(folder):
        make_directory(directory.parent, 0o711)
        make_directory(directory, 0o755)
        make_directory(folder, 0o755)
    write_atomically(folder / "sbom.cdx.json", sbom.decode())
    write_provenance(directory, built.name, provenance)
    write_atomically(folder / "built.json", msgspec.json.encode(built).decode())


def write_provenance(directory: Path, name: str, statement: Mapping[str, Any]) -> None:
    document = msgspec.json.format(msgspec.json.encode(statement), indent=1).decode()
    write_atomically(directory / name / "provenance.json", document + "\n")


def read_provenance(directory: Path, name: str) -> dict[str, Any]:
    """Raises ``FileNotFoundError``."""
    return msgspec.json.decode((directory / name / "provenance.json").read_bytes(), type=dict[str, Any])
