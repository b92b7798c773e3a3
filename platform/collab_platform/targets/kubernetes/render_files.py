"""The folder that manifests are written to: whole or not at all, and nothing of anyone else's is touched.

``.collab-render.json`` lists what was written. Files that are not on it stay; a folder that has files and no list is
somebody else's.
"""

from __future__ import annotations

import contextlib
import os
import signal
import tempfile
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from collab_platform.errors import CollabError
from collab_platform.files import clear_disk_errors

LIST = ".collab-render.json"
SECRETS = "secrets.yaml"
_HANDLED = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


class Written(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What ``.collab-render.json`` says. :data:`SECRETS` is never on it: where it is, it is ours."""

    version: Literal[1] = 1
    environment: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How a folder differs from what would be written to it; names of files, sorted."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


def compare(directory: Path, files: Mapping[str, str], *, secrets: str, environment: str) -> Difference:
    """What :func:`publish` would do. ``secrets`` empty: whether there is a file of Secrets is not looked at.

    Raises :class:`CollabError` for a folder that is not ours.
    """
    before = _written(directory, environment)
    wanted = {**files, **({SECRETS: secrets} if secrets else {})}
    there = {name: _read(directory / name) for name in wanted}
    return Difference(
        added=tuple(sorted(name for name, text in there.items() if text is None)),
        changed=tuple(sorted(name for name, text in there.items() if text is not None and text != wanted[name])),
        removed=tuple(sorted(name for name in set(before) - set(wanted) if (directory / name).exists())),
    )


def publish(directory: Path, files: Mapping[str, str], *, secrets: str, environment: str) -> Difference:
    """Make ``directory`` hold ``files``, and :data:`SECRETS` (0600) if there are any; else no file of Secrets.

    Everything is written beside its place first: until all of it is on the disk, nothing changes. A signal waits until
    the files are in place. Raises :class:`CollabError` for a folder that is not ours and a disk that is full.
    """
    difference = compare(directory, files, secrets=secrets, environment=environment)
    stale = [*difference.removed, *(() if secrets else (SECRETS,))]
    listed = Written(environment=environment, files=tuple(sorted(files)))
    wanted = {**files, **({SECRETS: secrets} if secrets else {}), LIST: _encode(listed)}
    with clear_disk_errors(directory):
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".collab-render-", dir=directory) as staging:
            for name, text in wanted.items():
                _write(Path(staging) / name, text, mode=0o600 if name == SECRETS else 0o644)
            with _undisturbed():
                # Should the power fail between two of them: what is new is already listed, and known to be ours.
                (Path(staging) / LIST).replace(directory / LIST)
                for name in files:
                    (Path(staging) / name).replace(directory / name)
                if secrets:
                    (Path(staging) / SECRETS).replace(directory / SECRETS)
                for name in stale:
                    (directory / name).unlink(missing_ok=True)
    return difference


def _written(directory: Path, environment: str) -> tuple[str, ...]:
    """The files that an earlier run wrote. Raises :class:`CollabError` for a folder that is not ours."""
    remedy = "Name another folder with -o, or empty this one."
    if directory.exists() and not directory.is_dir():
        raise CollabError(f"{directory} is not a folder", remedy=remedy)
    if not directory.is_dir() or not any(directory.iterdir()):
        return ()
    try:
        written = msgspec.json.decode((directory / LIST).read_bytes(), type=Written)
    except FileNotFoundError:
        raise CollabError(f"{directory} has files that `collab render` did not write", remedy=remedy) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CollabError(f"{directory / LIST} is damaged: {error}", remedy=remedy) from None
    if written.environment != environment:
        raise CollabError(f"{directory} holds the manifests of environment {written.environment!r}", remedy=remedy)
    if any(Path(name).name != name or name in {"", ".", ".."} for name in written.files):
        raise CollabError(f"{directory / LIST} lists files outside of the folder", remedy=remedy)
    return written.files


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (UnicodeDecodeError, IsADirectoryError):
        return ""


def _encode(written: Written) -> str:
    return msgspec.json.format(msgspec.json.encode(written), indent=2).decode() + "\n"


def _write(path: Path, text: str, *, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(descriptor, mode)
        file.write(text)
        file.flush()
        os.fsync(descriptor)


@contextlib.contextmanager
def _undisturbed() -> Generator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _HANDLED)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
