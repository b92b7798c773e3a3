"""What is written down of a build: an in-toto statement with SLSA v1 provenance (https://slsa.dev/spec/v1.0/provenance).

It is not signed, and says of itself no more than an operator's machine can: level 1. Whoever publishes images signs the
statement, or has a hosted builder make it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from collab_platform.images.catalogue import Recipe

BUILD_TYPE = "https://collab.dev/build-types/dockerfile/v1"
BUILDER = "https://collab.dev/builders/collab-image-build"


def provenance(
    recipe: Recipe,
    *,
    reference: str,
    image_id: str,
    base_digests: Mapping[str, str],
    commit: str,
    modified: bool,
    sbom_sha256: str,
    engine: str,
    collab: str,
    started: datetime,
    finished: datetime,
) -> dict[str, Any]:
    """The statement. ``base_digests``: the base's id and, where it came from a registry, digest.

    ``commit`` is that of the checkout, empty without one; ``modified`` if the checkout had changes beside it.
    """
    dependencies = [
        {"name": path, "digest": {"sha256": digest}, "annotations": {"kind": "file of the checkout"}}
        for path, digest in recipe.inputs.items()
    ]
    for kind, digest in base_digests.items():
        dependencies.append(_descriptor(recipe.base, digest, {"kind": "base image", "digest-of": kind}))
    if commit:
        note = "with changes that are not committed" if modified else "as committed"
        dependencies.append({"name": "checkout", "digest": {"gitCommit": commit}, "annotations": {"state": note}})
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [_descriptor(reference, image_id, {"digest-of": "image configuration"})],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {"image": recipe.name, "base": recipe.base, "platform": recipe.platform},
                "internalParameters": {"recipe": recipe.hash},
                "resolvedDependencies": dependencies,
            },
            "runDetails": {
                "builder": {"id": BUILDER, "version": {"collab": collab, "docker": engine}},
                "metadata": {"startedOn": _time(started), "finishedOn": _time(finished)},
                "byproducts": [
                    {
                        "name": "sbom.cdx.json",
                        "mediaType": "application/vnd.cyclonedx+json",
                        "digest": {"sha256": sbom_sha256},
                    }
                ],
            },
        },
    }


def with_subject(statement: Mapping[str, Any], *, reference: str, digest: str) -> dict[str, Any]:
    """The statement, also about the image as a registry has it."""
    subject = _descriptor(reference, digest, {"digest-of": "manifest in the registry"})
    return {**statement, "subject": [*(each for each in statement["subject"] if each["name"] != reference), subject]}


def _descriptor(name: str, digest: str, annotations: Mapping[str, str]) -> dict[str, Any]:
    return {"name": name, "digest": {"sha256": digest.removeprefix("sha256:")}, "annotations": dict(annotations)}


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
