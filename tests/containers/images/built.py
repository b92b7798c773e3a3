"""The images of this checkout, built as `collab image build` does it, and as archives for a cluster's nodes.

Building needs an engine and minutes; the archives are cached by what the images are built from, so that a run that
changes nothing needs neither.
"""

from __future__ import annotations

import functools
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from collab_platform.images.build import BuildOptions, build_image
from collab_platform.images.catalogue import IMAGES, Recipe, recipe
from collab_platform.images.engine import Engine
from tests.containers.base import Docker, docker_daemon, ensure_base_archive
from tests.containers.base import caches as cache
from tests.containers.base.docker import ca_bundle

ROOT = Path(__file__).resolve().parents[3]
BUILD_TIMEOUT_S = 3600


def engine_of(docker: Docker) -> Engine:
    """The platform's view of a tests' Docker, with what builds on this machine need to reach their packages."""
    variables = os.environ | docker.environment | {"COLLAB_BUILD_CA_FILE": str(ca_bundle())}
    if _mirror_is_frozen():
        variables["APT_CHECK_VALID_UNTIL"] = "false"
    return Engine(client=docker.client, variables=variables)


def recipes(names: Sequence[str] = ()) -> dict[str, Recipe]:
    """What each image is built from here: the base is the tests' own, by a name that changes with its content."""
    base = ensure_base_archive().reference
    return {name: recipe(ROOT, name, base=base) for name in names or IMAGES}


def built_images(docker: Docker, names: Sequence[str] = ()) -> dict[str, str]:
    """References of the images in ``docker`` by name, built where it does not have them.

    :raises CollabError: a build fails; the error's details are its last lines.
    """
    base, engine, records = docker.ensure_base_image(), engine_of(docker), cache.root() / "image-records"
    references: dict[str, str] = {}
    for name, wanted in recipes(names).items():
        reference = wanted.reference("")
        if engine.inspect(reference) is None and _is_kept(wanted):
            docker.load(_archive(wanted))
        elif engine.inspect(reference) is None:
            options = BuildOptions(base=base, network="host")
            build_image(name, source=ROOT, records=records, engine=engine, options=options)
        references[name] = reference
    return references


def image_archives(names: Sequence[str] = ()) -> dict[str, tuple[str, Path]]:
    """``{name: (reference, archive)}`` for `ctr images import` or `docker load`; a Docker starts only to build.

    :raises Unavailable: there is something to build, and no Docker to be had here.
    """
    wanted = recipes(names)
    missing = [name for name, each in wanted.items() if not _is_kept(each)]
    if missing:
        with docker_daemon() as docker:
            references = built_images(docker, missing)
            for name in missing:
                _keep(docker, wanted[name], references[name])
    return {name: (each.reference(""), _archive(each)) for name, each in wanted.items()}


def keep_archives(docker: Docker, references: Mapping[str, str]) -> None:
    """Keep what was built, so that the next run loads it."""
    for name, wanted in recipes(tuple(references)).items():
        if not _is_kept(wanted):
            _keep(docker, wanted, references[name])


def _archive(wanted: Recipe) -> Path:
    return cache.root() / "images" / f"{wanted.name}-{wanted.hash}" / "image.tar"


def _is_kept(wanted: Recipe) -> bool:
    """Whether there is an archive, which then counts as used: the cache forgets what is not."""
    archive = _archive(wanted)
    if not archive.exists():
        return False
    os.utime(archive.parent)
    return True


def _keep(docker: Docker, wanted: Recipe, reference: str) -> None:
    def make(directory: Path) -> None:
        docker.save(directory / "image.tar", reference)

    cache.made_once("images", f"{wanted.name}-{wanted.hash}", make, timeout_s=BUILD_TIMEOUT_S)


@functools.cache
def _mirror_is_frozen() -> bool:
    """Whether this machine's own apt is told to take lists that have expired."""
    command = ["apt-config", "shell", "CHECK", "Acquire::Check-Valid-Until/b"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    except OSError:
        return False
    return "false" in done.stdout
