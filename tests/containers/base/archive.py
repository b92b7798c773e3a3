"""Container images written without a container engine: the archive that ``docker load`` and ``ctr images import`` read.

Format: https://github.com/moby/docker-image-spec, version 1.2. One layer, nothing that depends on when it is written.
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def architecture() -> str:
    """This machine's, as image configurations and Debian name it.

    :raises KeyError: neither of the two that the images are made for.
    """
    return ARCHITECTURES[platform.machine()]


@dataclass(frozen=True, kw_only=True)
class ImageConfig:
    """What a container of the image runs unless told otherwise."""

    entrypoint: Sequence[str] = ()
    command: Sequence[str] = ()
    user: str = ""
    environment: Mapping[str, str] = field(
        default_factory=lambda: {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
    )


def layer_of(files: Mapping[str, Path], layer: Path) -> None:
    """Write a layer with the programs ``{path in the image: file}``, executable by everyone."""
    with tarfile.open(layer, "w", format=tarfile.PAX_FORMAT) as tar:
        for name in sorted(files):
            info = tarfile.TarInfo(name.lstrip("/"))
            info.size = files[name].stat().st_size
            info.mode = 0o755
            with files[name].open("rb") as content:
                tar.addfile(info, content)


def write_image(target: Path, *, reference: str, layer: Path, config: ImageConfig) -> None:
    """Write ``target``, an image named ``reference`` of the one ``layer`` (an uncompressed tar)."""
    with layer.open("rb") as content:
        diff_id = hashlib.file_digest(content, "sha256").hexdigest()
    document = {
        "architecture": architecture(),
        "os": "linux",
        "config": {
            "Env": [f"{name}={value}" for name, value in config.environment.items()],
            "Entrypoint": list(config.entrypoint) or None,
            "Cmd": list(config.command) or None,
            "User": config.user,
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{diff_id}"]},
        "history": [{"created_by": "collab tests"}],
        "created": "1970-01-01T00:00:00Z",
    }
    encoded = json.dumps(document, sort_keys=True).encode()
    name = f"{hashlib.sha256(encoded).hexdigest()}.json"
    manifest = [{"Config": name, "RepoTags": [reference], "Layers": [f"{diff_id}/layer.tar"]}]
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as tar:
        tar.add(layer, f"{diff_id}/layer.tar", filter=_undated)
        for member, body in ((name, encoded), ("manifest.json", json.dumps(manifest).encode())):
            info = tarfile.TarInfo(member)
            info.size = len(body)
            tar.addfile(info, io.BytesIO(body))


def _undated(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.mtime = info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info
