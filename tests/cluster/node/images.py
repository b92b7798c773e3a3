"""The images of what runs in the cluster's own pods, one static program each."""

from __future__ import annotations

from pathlib import Path

from tests.containers.base import ImageConfig, caches, layer_of, write_image

from . import toolchain
from .plan import COREDNS_IMAGE, PAUSE_IMAGE

WRITE_TIMEOUT_S = 120


def system_images() -> list[Path]:
    """Archives of what holds a pod's namespaces and of the name service."""
    kubernetes, coredns = toolchain.programs("kubernetes"), toolchain.programs("coredns")
    return [program_image(PAUSE_IMAGE, kubernetes / "pause"), program_image(COREDNS_IMAGE, coredns / "coredns")]


def program_image(reference: str, program: Path) -> Path:
    """The archive of an image that runs one of the toolchain's programs, written once for what that is built from."""

    def write(directory: Path) -> None:
        layer = directory / "layer.tar"
        layer_of({program.name: program}, layer)
        config = ImageConfig(entrypoint=(f"/{program.name}",), user="65532:65532")
        write_image(directory / "image.tar", reference=reference, layer=layer, config=config)
        layer.unlink()

    name = f"{program.name}-{caches.key([reference, str(program)])}"
    return caches.made_once("system-images", name, write, timeout_s=WRITE_TIMEOUT_S) / "image.tar"
