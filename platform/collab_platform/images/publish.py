"""Getting images to where they run: a registry, or a cluster's nodes; then the environment's file of images."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path

from collab_platform.errors import CollabError, UsageError
from collab_platform.images.engine import TRANSFER_TIMEOUT_S, Engine
from collab_platform.images.lock import ImageReference
from collab_platform.images.provenance import with_subject
from collab_platform.images.records import Built, read_provenance, write_provenance

Loader = Callable[[Engine, str], None]


def push_image(
    built: Built, *, registry: str, records: Path, engine: Engine, progress: Callable[[str], None] = lambda _: None
) -> ImageReference:
    """Push an image; its reference there, with the digest that the registry gave it. Raises :class:`CollabError`."""
    if not registry:
        raise UsageError(
            "there is no registry to push to",
            remedy="Set kubernetes.registry in the environment's file, or load them instead: `collab image load`.",
        )
    reference = named(built, registry, engine)
    engine.run("image", "push", reference, timeout_s=TRANSFER_TIMEOUT_S, progress=progress)
    image = engine.inspect(reference)
    digest = image.digest_in(reference.rpartition(":")[0]) if image else ""
    if not digest:
        raise CollabError(f"docker pushed {reference} and does not say under which digest")
    statement = with_subject(read_provenance(records, built.name), reference=reference, digest=digest)
    write_provenance(records, built.name, statement)
    return ImageReference(reference=reference, digest=digest)


def load_image(built: Built, *, registry: str, engine: Engine, loader: Loader) -> ImageReference:
    """Load an image onto nodes under the name that it would have in ``registry``, which may be empty."""
    reference = named(built, registry, engine)
    loader(engine, reference)
    return ImageReference(reference=reference)


def loader_for(into: str) -> Loader:
    """What loads an image into ``kind:NAME``, ``k3d:NAME`` or ``minikube``, or else gives its archive to a command.

    Raises :class:`UsageError`.
    """
    kind, _, name = into.partition(":")
    match kind:
        case "kind":
            return _running(lambda reference: ["kind", "load", "docker-image", reference, "--name", name or "kind"])
        case "k3d":
            return _running(lambda reference: ["k3d", "image", "import", reference, "--cluster", name or "k3s-default"])
        case "minikube":
            options = ["--profile", name] if name else []
            return _running(lambda reference: ["minikube", "image", "load", reference, *options])
        case _:
            return _piping(into)


def named(built: Built, registry: str, engine: Engine) -> str:
    """The image's name in a registry, which the engine then knows it by too."""
    reference = f"{registry.rstrip('/')}/{built.reference}" if registry else built.reference
    if registry:
        engine.run("image", "tag", built.reference, reference)
    return reference


def _running(command: Callable[[str], Sequence[str]]) -> Loader:
    def load(engine: Engine, reference: str) -> None:
        engine.call(command(reference))

    return load


def _piping(into: str) -> Loader:
    try:
        command = shlex.split(into)
    except ValueError as error:
        raise UsageError(f"--into: {error}") from None
    if not command:
        raise UsageError(
            "--into is empty",
            remedy="Expected kind:NAME, k3d:NAME, minikube, or a command such as 'ctr -n k8s.io images import -'.",
        )
    return lambda engine, reference: engine.pipe(reference, command)
