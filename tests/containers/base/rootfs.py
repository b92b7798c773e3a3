"""The image that others are built on where no registry can be pulled from: a small Debian, made by mmdebstrap.

It stands for ``debian:<suite>-slim``: the same packages and the CA certificates, without documentation or translations.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import archive, caches, packages

SUITE = "trixie"
TIMEOUT_S = 600
RECIPE = (
    "--variant=minbase",
    "--include=ca-certificates",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    "--format=tar",
)


@dataclass(frozen=True, kw_only=True)
class BaseImage:
    """An image archive and the name that it loads as."""

    reference: str
    archive: Path


def ensure_base_archive(suite: str = SUITE) -> BaseImage:
    """The base image of a Debian release, made once and cached by what it is made from.

    :raises Unavailable: mmdebstrap cannot be had here, or cannot reach a mirror.
    """
    name = f"{suite}-{caches.key([suite, archive.architecture(), *RECIPE])}"
    reference = f"collab.local/base:{name}"

    def make(directory: Path) -> None:
        packages.ensure({"mmdebstrap": "mmdebstrap"})
        layer = directory / "layer.tar"
        command = ["mmdebstrap", "--quiet", *RECIPE, suite, str(layer)]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT_S,
            stdin=subprocess.DEVNULL,
            env=os.environ | {"SOURCE_DATE_EPOCH": "0"},
        )
        if done.returncode:
            raise packages.Unavailable(f"`{' '.join(command)}` failed:\n{done.stderr.strip()[-2000:]}")
        config = archive.ImageConfig(command=("/bin/bash",))
        archive.write_image(directory / "image.tar", reference=reference, layer=layer, config=config)
        layer.unlink()

    made = caches.made_once("base", name, make, timeout_s=2 * TIMEOUT_S)
    return BaseImage(reference=reference, archive=made / "image.tar")
