"""The charts of ``charts/`` with the values that an environment amounts to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from collab_platform.components.apps.settings import Chosen
from collab_platform.components.policies.model import mapping
from collab_platform.errors import CollabError
from collab_platform.targets.kubernetes.charts import charts_directory
from collab_platform.targets.kubernetes.externals import Externals
from collab_platform.targets.kubernetes.releases import releases


def install(
    chart: str,
    *,
    chosen: Chosen,
    externals: pulumi.Output[Externals],
    revisions: pulumi.Output[Mapping[str, str]],
    after: Sequence[pulumi.Resource],
    opts: pulumi.ResourceOptions,
) -> k8s.helm.v4.Chart:
    """One release, when ``after`` stands; it is done when its pods are ready."""

    def values(known: Externals, words: Mapping[str, str]) -> dict[str, Any]:
        try:
            found = releases(chosen.blueprint, chosen.environment, chosen.images, known, revisions=words)
        except CollabError as error:
            raise pulumi.RunError("\n".join([error.summary, *error.details, error.remedy])) from None
        return without_waiting(dict(next(release.values for release in found if release.name == chart)))

    return k8s.helm.v4.Chart(
        chart,
        chart=str(charts_directory(chosen.root) / chart),
        name=chart,
        namespace=chosen.environment.kubernetes.namespace,
        values=pulumi.Output.all(externals, revisions).apply(lambda both: values(*both)),
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=list(after))),
    )


def without_waiting(values: dict[str, Any]) -> dict[str, Any]:
    """Pulumi would wait for the address that an Ingress's controller writes into its status, and not every one does."""
    ingress = mapping(values.get("ingress"))
    if ingress.get("kind") != "ingress":
        return values
    annotations = {**mapping(ingress.get("annotations")), "pulumi.com/skipAwait": "true"}
    return {**values, "ingress": {**ingress, "annotations": annotations}}
