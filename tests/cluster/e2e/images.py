"""The images of an installation: this checkout's, on the cluster's nodes, and a release after it."""

from __future__ import annotations

import io
import json
import os
import tarfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from collab_platform.images.lock import ImageReference, ImageSet
from tests.cluster.node import Cluster
from tests.containers.images.built import image_archives

LOCK = "COLLAB_TEST_IMAGES"
"""A file like `environments/NAME.images.json`, of images that the cluster has or can pull already."""
RELABELLED = ("service", "gateway", "web")


def images_of_this_checkout(cluster: Cluster) -> ImageSet:
    """Loaded onto the cluster's nodes; built where that was not done yet, which takes minutes.

    :raises Unavailable: they must be built and there is no Docker to be had.
    """
    if given := os.environ.get(LOCK):
        return msgspec.json.decode(Path(given).read_bytes(), type=ImageSet)
    archives = image_archives()
    cluster.load(*(archive for _, archive in archives.values()))
    return ImageSet(images={name: ImageReference(reference=reference) for name, (reference, _) in archives.items()})


def images_of_the_next_release(cluster: Cluster, images: ImageSet, directory: Path) -> ImageSet:
    """The same as another release: other tags, configurations and digests, on the nodes as well.

    :raises Unavailable: the images are not archives on this machine.
    """
    changed = dict(images.images)
    for name, (reference, archive) in image_archives(RELABELLED).items():
        renamed = ImageReference(reference=f"{images.image(name).repository}:next-{reference.rpartition(':')[2]}")
        relabelled = directory / f"{name}.tar"
        relabel(archive, relabelled, reference=renamed.reference)
        cluster.load(relabelled)
        relabelled.unlink()
        changed[name] = renamed
    return ImageSet(images=changed)


def relabel(archive: Path, target: Path, *, reference: str) -> None:
    """Write an image like the one in ``archive`` with another name and a label that says so.

    Of newer archives the OCI half is left out: who imports the other half, `docker save`'s, finds all.
    """
    with tarfile.open(archive) as source, tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as copy:
        manifest: dict[str, Any] = json.loads(_read(source, "manifest.json"))[0]
        configuration: dict[str, Any] = json.loads(_read(source, str(manifest["Config"])))
        labels: dict[str, str] = configuration["config"].get("Labels") or {}
        configuration["config"]["Labels"] = labels | {"collab.test/release": reference}
        encoded = json.dumps(configuration).encode()
        name = f"{sha256(encoded).hexdigest()}.json"
        for layer in dict.fromkeys(manifest["Layers"]):
            member = source.getmember(layer)
            # A layer that two images share may be a link to the other's.
            content = source.extractfile(member)
            assert content is not None
            size = content.seek(0, io.SEEK_END)
            content.seek(0)
            info = tarfile.TarInfo(layer)
            info.size = size
            copy.addfile(info, content)
        described = [{"Config": name, "RepoTags": [reference], "Layers": manifest["Layers"]}]
        for member_name, body in ((name, encoded), ("manifest.json", json.dumps(described).encode())):
            info = tarfile.TarInfo(member_name)
            info.size = len(body)
            copy.addfile(info, io.BytesIO(body))


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    content = archive.extractfile(name)
    assert content is not None, f"{name} is no file"
    return content.read()
