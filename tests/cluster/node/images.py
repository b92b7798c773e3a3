"""The images of what the node itself runs in pods, one static program each."""

from __future__ import annotations

from pathlib import Path

from tests.containers.base import ImageConfig, caches, layer_of, write_image

from . import toolchain
from .plan import COREDNS_IMAGE, PAUSE_IMAGE

WRITE_TIMEOUT_S = 120


def system_images() -> list[Path]:
    """Archives of what holds a pod's namespaces and of the name service, written once for what they are built from."""
    programs = {
        PAUSE_IMAGE: toolchain.programs("kubernetes") / "pause",
        COREDNS_IMAGE: toolchain.programs("coredns") / "coredns",
    }

    def write(directory: Path) -> None:
        for number, (reference, program) in enumerate(programs.items()):
            layer = directory / "layer.tar"
            layer_of({program.name: program}, layer)
            config = ImageConfig(entrypoint=(f"/{program.name}",), user="65532:65532")
            write_image(directory / f"{number}.tar", reference=reference, layer=layer, config=config)
            layer.unlink()

    name = caches.key(str(path) for path in programs.values())
    made = caches.made_once("system-images", name, write, timeout_s=WRITE_TIMEOUT_S)
    return sorted(made.glob("*.tar"))
