"""Building images with `docker build`, and writing down of what."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version as installed_version
from pathlib import Path

from collab_platform.errors import CollabError
from collab_platform.images import sbom
from collab_platform.images.catalogue import DEFAULT_BASE, Recipe, dockerfile, recipe
from collab_platform.images.engine import Engine
from collab_platform.images.provenance import provenance
from collab_platform.images.records import Built, read_built, write_built

PASSED_ON = ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "NPM_CONFIG_REGISTRY", "APT_CHECK_VALID_UNTIL")
"""The operator's variables that a build hears of: where packages come from. None of them reaches an image."""
_CERTIFICATES = ("COLLAB_BUILD_CA_FILE", "SSL_CERT_FILE")
_GIT_TIMEOUT_S = 20


@dataclass(frozen=True, kw_only=True)
class BuildOptions:
    """How to build. ``network`` is docker's (``host`` where its own reaches no registry); ``fresh`` uses no cache and
    asks for the base anew."""

    base: str = DEFAULT_BASE
    platform: str = ""
    network: str = ""
    fresh: bool = False


def build_image(
    name: str,
    *,
    source: Path,
    records: Path,
    engine: Engine,
    options: BuildOptions,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[Built, bool]:
    """Build an image from the checkout ``source`` unless the engine has it; whether it was built now.

    Raises :class:`CollabError` with the build's last lines; what was built before stands.
    """
    wanted = recipe(source, name, base=options.base, platform=options.platform)
    reference = wanted.reference("")
    held, known = engine.inspect(reference), read_built(records, name)
    if held and known and known.image_id == held.id and known.reference == reference and not options.fresh:
        return known, False
    started = datetime.now(UTC)
    commit, modified = checkout_state(source)
    arguments = _arguments(wanted, commit, engine.variables, options)
    engine.build(
        [f"--tag={reference}", f"--file={dockerfile(source, name)}", *arguments, str(source)], progress=progress
    )
    image = engine.inspect(reference)
    if image is None:
        raise CollabError(f"docker built {reference}, and does not have it")
    bill = engine.read_file(reference, sbom.PATH)
    built = Built(
        name=name,
        reference=reference,
        image_id=image.id,
        base=wanted.base,
        platform=wanted.platform,
        size=image.size,
    )
    statement = provenance(
        wanted,
        reference=reference,
        image_id=built.image_id,
        base_digests=_base_digests(engine, wanted.base),
        commit=commit,
        modified=modified,
        sbom_sha256=hashlib.sha256(bill).hexdigest(),
        engine=engine.run("version", "--format", "{{.Server.Version}}").strip(),
        collab=installed_version("collab"),
        started=started,
        finished=datetime.now(UTC),
    )
    write_built(records, built, sbom=bill, provenance=statement)
    return built, True


def current(name: str, *, source: Path, records: Path, engine: Engine) -> Built:
    """What was built last, if the engine still has it and the checkout is what it was built from.

    Raises :class:`CollabError`.
    """
    remedy = f"`collab image build {name}`"
    known = read_built(records, name)
    if known is None:
        raise CollabError(f"image {name} has not been built on this machine", remedy=remedy)
    if not is_current(known, source):
        raise CollabError(f"image {name} was built from other sources than the checkout has now", remedy=remedy)
    held = engine.inspect(known.reference)
    if held is None or held.id != known.image_id:
        raise CollabError(f"the engine no longer has {known.reference} as it was built", remedy=remedy)
    return known


def is_current(built: Built, source: Path) -> bool:
    """Whether a build on the same base, for the same platform, would be of the same sources."""
    return recipe(source, built.name, base=built.base, platform=built.platform).reference("") == built.reference


def checkout_state(source: Path) -> tuple[str, bool]:
    """The commit of a checkout and whether there are changes beside it; ``("", False)`` where git cannot say."""
    commit = _git(source, "rev-parse", "HEAD")
    if commit is None:
        return "", False
    return commit.strip(), bool(_git(source, "status", "--porcelain"))


def _arguments(wanted: Recipe, commit: str, variables: Mapping[str, str], options: BuildOptions) -> list[str]:
    labels = {
        "title": f"collab-{wanted.name}",
        "version": wanted.version,
        "revision": commit,
        "licenses": "Apache-2.0",
        "base.name": wanted.base,
    }
    arguments = [f"--build-arg=BASE={wanted.base}"]
    arguments += [f"--label=org.opencontainers.image.{key}={value}" for key, value in labels.items() if value]
    # Named without their values, which docker takes from its environment: they may hold a password.
    arguments += [f"--build-arg={name}" for name in PASSED_ON if variables.get(name)]
    if certificates := next((variables[name] for name in _CERTIFICATES if variables.get(name)), ""):
        arguments.append(f"--secret=id=ca,src={certificates}")
    if options.platform:
        arguments.append(f"--platform={options.platform}")
    if options.network:
        arguments.append(f"--network={options.network}")
    if options.fresh:
        arguments += ["--no-cache", "--pull"]
    return arguments


def _base_digests(engine: Engine, base: str) -> dict[str, str]:
    """The base's digests by what they are of; none where the engine built on it without keeping it."""
    if image := engine.inspect(base):
        configuration = {"image configuration": image.id}
        pulled = [entry.rpartition("@")[2] for entry in image.repo_digests or []]
        return configuration | ({"manifest in the registry": pulled[0]} if pulled else {})
    return {"manifest in the registry": base.rpartition("@")[2]} if "@sha256:" in base else {}


def _git(source: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(source), *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=_GIT_TIMEOUT_S,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
