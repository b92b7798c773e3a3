"""What container tests stand on where no registry can be pulled from: a base image, and a Docker to build with."""

from __future__ import annotations

from .archive import ImageConfig, layer_of, write_image
from .docker import Docker, DockerError, docker_daemon
from .packages import Unavailable
from .rootfs import BaseImage, ensure_base_archive

__all__ = [
    "BaseImage",
    "Docker",
    "DockerError",
    "ImageConfig",
    "Unavailable",
    "docker_daemon",
    "ensure_base_archive",
    "layer_of",
    "write_image",
]
