"""Run the policies over one resource, or over all resources of a stack."""

from __future__ import annotations

from collections.abc import Iterable

from collab_platform.components.policies import aws, cloudflare, kubernetes
from collab_platform.components.policies.model import Declared, Policy, Properties, Violation, mapping

_POLICIES: dict[str, Policy] = {**aws.POLICIES, **cloudflare.POLICIES, **kubernetes.POLICIES}


def check(type_: str, properties: Properties, *, name: str = "", production: bool = True) -> tuple[Violation, ...]:
    """Every policy that a resource breaks."""
    declared = Declared(type=type_, name=name or type_, properties=properties)
    return tuple(
        Violation(policy=policy, resource=declared.name, remedy=remedy)
        for policy, run in _POLICIES.items()
        for remedy in run(declared, production=production)
    )


def check_all(resources: Iterable[Declared], *, production: bool = True) -> tuple[Violation, ...]:
    """The same for a whole stack, with what no resource shows by itself: that a bucket has all its guards.

    Guards are counted, not matched: a preview does not know yet which bucket is meant.
    """
    resources = tuple(resources)
    found = [
        violation
        for declared in resources
        for violation in check(declared.type, declared.properties, name=declared.name, production=production)
    ]
    buckets = [declared for declared in resources if declared.type == "aws:s3/bucket:Bucket"]
    for policy, guard in aws.BUCKET_GUARDS.items():
        guards = sum(declared.type == guard for declared in resources)
        if guards < len(buckets) and (production or policy != "deletion-protection"):
            names = ", ".join(declared.name for declared in buckets)
            kind = guard.rpartition(":")[2]
            found.append(Violation(policy=policy, resource=names, remedy=f"give each bucket a {kind}"))
    return tuple(found)


def from_manifest(manifest: Properties) -> Declared:
    """A Kubernetes manifest as Pulumi would declare it. Raises ``ValueError`` for what is no manifest."""
    match manifest:
        case {"apiVersion": str(version), "kind": str(kind)}:
            pass
        case _:
            raise ValueError("a manifest needs apiVersion and kind")
    group = version if "/" in version else f"core/{version}"
    name = mapping(manifest.get("metadata")).get("name", "")
    return Declared(type=f"kubernetes:{group}:{kind}", name=f"{kind}/{name}", properties=manifest)
