"""``collab image``: the container images of an installation."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from msgspec import Struct

from collab_cli import complete
from collab_cli.catalogue import CATALOGUE
from collab_cli.changing import changing
from collab_cli.documents import Document
from collab_cli.group import Command
from collab_cli.measures import duration, size
from collab_cli.options import group_app, with_session
from collab_cli.session import Session
from collab_platform.images.build import BuildOptions, build_image, current, is_current
from collab_platform.images.catalogue import DEFAULT_BASE, IMAGES, checkout, chosen
from collab_platform.images.engine import find_engine
from collab_platform.images.lock import ImageReference, read_images, write_images
from collab_platform.images.publish import load_image, loader_for, push_image
from collab_platform.images.records import read_built, records_directory

if TYPE_CHECKING:
    from collab_platform.images.engine import Engine
    from collab_platform.images.records import Built

app = group_app(CATALOGUE["image"].summary)

Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NAME",
        help="Images; all of them if none is named.",
        show_default=False,
        autocompletion=complete.images,
    ),
]


class BuiltImage(Struct, frozen=True, kw_only=True):
    """``built`` is false for one that stood already. ``size`` is in bytes."""

    name: str
    reference: str
    image_id: str
    size: int
    built: bool
    elapsed_s: float


class ImageBuildDocument(Document, frozen=True, kw_only=True):
    """``collab image build``; in ``records`` is a folder for each image, with its SBOM and provenance."""

    schema: Literal["collab/image-build/v1"] = "collab/image-build/v1"
    images: tuple[BuiltImage, ...]
    records: str


class ImageLockDocument(Document, frozen=True, kw_only=True):
    """``collab image push`` and ``load``: what ``path`` now says of these images."""

    schema: Literal["collab/image-lock/v1"] = "collab/image-lock/v1"
    environment: str
    path: str
    images: dict[str, ImageReference]


class ListedImage(Struct, frozen=True, kw_only=True):
    """``reference`` is the last that was built, ``current`` whether that is of these sources, ``used`` what the
    environment runs."""

    name: str
    summary: str
    reference: str | None
    current: bool
    size: int | None
    used: str | None


class ImageListDocument(Document, frozen=True, kw_only=True):
    """``collab image list``."""

    schema: Literal["collab/image-list/v1"] = "collab/image-list/v1"
    environment: str
    images: tuple[ListedImage, ...]


BUILD_EXAMPLES = """\
collab image build                        all that are not built yet
collab image build service web
collab image build --base registry.example.org/debian@sha256:1f2e..."""


@app.command("build", cls=Command, epilog=BUILD_EXAMPLES)
@with_session
def build(
    session: Session,
    names: Names = None,
    *,
    base: Annotated[
        str, typer.Option("--base", metavar="REFERENCE", help="Debian image to build on; pin it by digest.")
    ] = DEFAULT_BASE,
    platform: Annotated[
        str, typer.Option("--platform", metavar="OS/ARCH", help="Platform, e.g. linux/arm64. [default: the engine's]")
    ] = "",
    network: Annotated[
        str, typer.Option("--network", metavar="NAME", help="Network of the build, e.g. host. [default: the engine's]")
    ] = "",
    fresh: Annotated[bool, typer.Option("--fresh", help="Build anew, with no cache and the newest base.")] = False,
) -> None:
    """Build the images that these sources do not have yet.

    Each is named after its version and a hash of what it is built from. What it holds (SBOM) and how it came to be
    (provenance, unsigned) is written beside the environments' state.
    """
    wanted, records = chosen(tuple(names or ())), records_directory(session.root)
    engine, source = find_engine(), checkout(session.root)
    options = BuildOptions(base=base, platform=platform, network=network, fresh=fresh)
    images: list[BuiltImage] = []
    with changing(session.output, again="collab image build") as journal:
        for name in wanted:
            started = time.monotonic()
            with journal.step(f"build-{name}", f"build {name}") as step:
                built, new = build_image(
                    name,
                    source=source,
                    records=records,
                    engine=engine,
                    options=options,
                    progress=lambda line, step=step: step.tell("progress", line),
                )
                step.outcome = built.reference if new else "stands already"
            images.append(
                BuiltImage(
                    name=name,
                    reference=built.reference,
                    image_id=built.image_id,
                    size=built.size,
                    built=new,
                    elapsed_s=round(time.monotonic() - started, 3),
                )
            )
    if session.output.json:
        session.output.document(ImageBuildDocument(images=tuple(images), records=str(records)))
        return
    for image in images:
        how = duration(image.elapsed_s) if image.built else "stood already"
        session.output.text(f"{image.reference}  {size(image.size)}  {how}")


PUSH_EXAMPLES = """\
collab image push -e production
collab image push -e production --registry registry.example.org/team"""


@app.command("push", cls=Command, epilog=PUSH_EXAMPLES)
@with_session
def push(
    session: Session,
    names: Names = None,
    registry: Annotated[
        str | None,
        typer.Option(
            "--registry", metavar="HOST/PATH", help="Registry. [default: the environment's]", show_default=False
        ),
    ] = None,
) -> None:
    """Push images to the environment's registry, and write down their digests.

    They are in environments/NAME.images.json then, which belongs beside the environment's file under version control.
    Log in first: `docker login`.
    """
    where = session.resolved.environment.kubernetes.registry if registry is None else registry
    records = records_directory(session.root)

    def send(engine: Engine, built: Built, tell: Callable[[str], None]) -> ImageReference:
        return push_image(built, registry=where, records=records, engine=engine, progress=tell)

    _deliver(session, names, "push", send)


LOAD_EXAMPLES = """\
collab image load -e staging --into kind:dev
collab image load -e staging --into minikube
collab image load -e lab --into "ssh node1 sudo ctr -n k8s.io images import -\""""


@app.command("load", cls=Command, epilog=LOAD_EXAMPLES)
@with_session
def load(
    session: Session,
    names: Names = None,
    into: Annotated[
        str,
        typer.Option(
            "--into",
            metavar="WHERE",
            help="kind:NAME, k3d:NAME, minikube, or a command that reads an image archive from its stdin.",
            show_default=False,
        ),
    ] = "",
) -> None:
    """Load images onto the nodes of a cluster that pulls from no registry.

    They are written to environments/NAME.images.json without a digest, which only a registry gives.
    """
    loader = loader_for(into)
    registry = session.resolved.environment.kubernetes.registry

    def send(engine: Engine, built: Built, _tell: Callable[[str], None]) -> ImageReference:
        return load_image(built, registry=registry, engine=engine, loader=loader)

    _deliver(session, names, "load", send)


@app.command("list", cls=Command, epilog="collab image list\ncollab image list -e production -o json")
@with_session
def list_(session: Session) -> None:
    """List the images: what was built here, and what the environment runs."""
    records, source = records_directory(session.root), checkout(session.root)
    used = read_images(session.root, session.environment).images
    images = tuple(_listed(name, read_built(records, name), source, used.get(name)) for name in IMAGES)
    if session.output.json:
        session.output.document(ImageListDocument(environment=session.environment, images=images))
        return
    width = max(map(len, IMAGES))
    for image in images:
        session.output.text(f"{image.name:<{width}}  {image.summary}")
        state = "of these sources" if image.current else "of other sources"
        built = f"{image.reference}, {size(image.size or 0)}, {state}" if image.reference else "not built here"
        session.output.text(f"{'':<{width}}    built  {built}")
        session.output.text(f"{'':<{width}}    used   {image.used or 'none'}")


def _deliver(
    session: Session,
    names: list[str] | None,
    verb: str,
    send: Callable[[Engine, Built, Callable[[str], None]], ImageReference],
) -> None:
    """Send each image; the environment's file is written once, when all have arrived."""
    wanted, records = chosen(tuple(names or ())), records_directory(session.root)
    engine, source = find_engine(), checkout(session.root)
    built = [current(name, source=source, records=records, engine=engine) for name in wanted]
    sent: dict[str, ImageReference] = {}
    with changing(session.output, again=f"collab image {verb}{session.environment_flag}") as journal:
        for image in built:
            with journal.step(f"{verb}-{image.name}", f"{verb} {image.name}") as step:
                sent[image.name] = send(engine, image, lambda line, step=step: step.tell("progress", line))
                step.outcome = sent[image.name].pinned
    path = write_images(session.root, session.environment, sent)
    if session.output.json:
        session.output.document(ImageLockDocument(environment=session.environment, path=str(path), images=sent))
        return
    for reference in sent.values():
        session.output.text(reference.pinned)
    session.output.note(f"Written to {path}. Next: collab up{session.environment_flag}")


def _listed(name: str, built: Built | None, source: Path, used: ImageReference | None) -> ListedImage:
    return ListedImage(
        name=name,
        summary=IMAGES[name],
        reference=built.reference if built else None,
        current=built is not None and is_current(built, source),
        size=built.size if built else None,
        used=used.pinned if used else None,
    )
