"""An environment as files for GitOps or plain ``kubectl``: no engine, no cluster, no secret unless asked for."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from collab_platform.blueprint import Blueprint, derive
from collab_platform.components.policies import check_all, from_manifest
from collab_platform.environment import Environment, Resolved
from collab_platform.errors import CollabError, EnvironmentInvalidError
from collab_platform.given import given_secrets
from collab_platform.images.lock import ImageSet, read_images
from collab_platform.targets.kubernetes import manifests, render_text
from collab_platform.targets.kubernetes.charts import Helm, charts_directory, find_helm, render_release
from collab_platform.targets.kubernetes.external_secrets import (
    external_keys,
    external_revisions,
    external_secret_manifests,
)
from collab_platform.targets.kubernetes.externals import Externals, asks_for_client_certificates, externals_of
from collab_platform.targets.kubernetes.generated import (
    Generated,
    ensure_generated,
    is_due,
    read_generated,
    require_authority,
    require_managed,
    revisions,
)
from collab_platform.targets.kubernetes.manifests_yaml import documents, sort_key
from collab_platform.targets.kubernetes.pki import certificates
from collab_platform.targets.kubernetes.releases import releases
from collab_platform.targets.kubernetes.render_files import SECRETS
from collab_platform.targets.kubernetes.secret_objects import certificate_manifest, secret_manifest, secret_objects
from collab_platform.targets.kubernetes.tunnel import runs_tunnel, tunnel_manifests
from collab_platform.targets.local.paths import Paths
from collab_platform.targets.lock import environment_lock

Manifest = Mapping[str, Any]

NAMESPACE_FILE = "00-namespace.yaml"
_TRUST_FILE = "10-trust.yaml"
_EXTERNAL_SECRETS_FILE = "11-external-secrets.yaml"
_POSTGRESQL_FILE = "21-postgresql.yaml"
_RELEASE_FILES = {
    "datastores": "20-datastores.yaml",
    "services": "30-services.yaml",
    "gateway": "40-gateway.yaml",
    "web": "50-web.yaml",
    "observability": "60-observability.yaml",
}
_TUNNEL_FILE = "41-tunnel.yaml"
_LOCK_WAIT_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """``files`` by name; ``secrets`` is the text of the file with the Secrets, empty where nobody asked for it."""

    files: Mapping[str, str]
    secrets: str = ""
    objects: int


def render(
    resolved: Resolved,
    *,
    root: Path,
    include_secrets: bool = False,
    making: bool = True,
    variables: Mapping[str, str] = os.environ,
) -> Rendering:
    """The files of an environment. ``making`` false: what secrets and certificates are due is imagined, not kept.

    Raises :class:`EnvironmentInvalidError`, :class:`~collab_platform.errors.PreflightError` where there is no helm,
    :class:`CollabError` for a chart that refuses its values, an image that is not known, or a broken policy, which its
    ``details`` list.
    """
    environment = resolved.environment
    if environment.target != "kubernetes":
        raise EnvironmentInvalidError(
            f"environment {resolved.name!r} has the target {environment.target}: only kubernetes has manifests",
            remedy="`collab env init NAME --target kubernetes` writes a file for one that has.",
        )
    if include_secrets and environment.kubernetes.secrets == "external":
        raise CollabError(
            "the secrets of this environment are in a store: there are none to write",
            remedy="Leave --include-secrets out: ExternalSecret objects are rendered.",
        )
    helm = find_helm(variables)
    blueprint, images = derive(resolved.name, environment), read_images(root, resolved.name)
    externals = externals_of(environment, root=root)
    state = Paths.of(resolved.name, root, variables).state
    given = given_secrets(environment, root)
    generated = _generated(state, blueprint, environment, making=making)
    if generated is not None:
        generated = replace(generated, secrets={**generated.secrets, **given})
    parts = _Parts(
        blueprint=blueprint, environment=environment, images=images, externals=externals, generated=generated
    )
    files = _manifests(parts, helm, charts_directory(root))
    secrets: list[Manifest] = []
    if include_secrets and generated is not None:
        require_managed(state / "kubernetes", generated, environment)
        secrets = _secrets(blueprint, environment, generated)
    _hold_to_policies([each for listed in files.values() for each in listed] + secrets)
    texts = {name: documents(listed) for name, listed in files.items()}
    texts["kustomization.yaml"] = render_text.kustomization(list(files))
    texts["README.md"] = render_text.readme(
        resolved.name,
        environment,
        secrets=_secret_names(blueprint, environment),
        external=external_keys(blueprint, environment) if environment.kubernetes.secrets == "external" else (),
    )
    texts[".gitignore"] = f"{SECRETS}\n"
    return Rendering(
        files=texts,
        secrets=documents(secrets) if secrets else "",
        objects=sum(map(len, files.values())) + len(secrets),
    )


def _generated(state: Path, blueprint: Blueprint, environment: Environment, *, making: bool) -> Generated | None:
    """Secrets and certificates; ``None`` where a store has them."""
    if environment.kubernetes.secrets == "external":
        return None
    directory = state / "kubernetes"
    if not is_due(directory, blueprint, environment):
        return read_generated(directory, blueprint, environment)
    if not making:
        require_authority(directory)
        with tempfile.TemporaryDirectory(prefix="collab-render-") as copy:
            imagined = shutil.copytree(directory, Path(copy) / "kubernetes")
            return ensure_generated(imagined, blueprint, environment)
    with environment_lock(state, "collab render", wait_s=_LOCK_WAIT_S):
        return ensure_generated(directory, blueprint, environment)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """All that manifests are made of. ``generated`` is ``None`` where a store has the secrets."""

    blueprint: Blueprint
    environment: Environment
    images: ImageSet
    externals: Externals
    generated: Generated | None


def _manifests(parts: _Parts, helm: Helm, charts: Path) -> dict[str, list[Manifest]]:
    """The manifests by file, in the order in which the files are to be applied."""
    blueprint, environment = parts.blueprint, parts.environment
    externals, generated, cluster = parts.externals, parts.generated, environment.kubernetes
    found: dict[str, list[Manifest]] = {NAMESPACE_FILE: [manifests.namespace_manifest(environment)]}
    authorities = (generated.authorities if generated and cluster.tls_inside else "") + externals.ca
    if authorities:
        found[_TRUST_FILE] = [manifests.trust_manifest(environment, authorities)]
    if cluster.secrets == "external":
        found[_EXTERNAL_SECRETS_FILE] = list(external_secret_manifests(blueprint, environment))
    if cluster.postgresql == "cloudnative-pg":
        found[_POSTGRESQL_FILE] = list(manifests.postgresql_manifests(environment))
    if runs_tunnel(environment):
        found[_TUNNEL_FILE] = list(tunnel_manifests(environment))
    words = revisions(generated, blueprint, environment) if generated else external_revisions(environment)
    for release in releases(blueprint, environment, parts.images, externals, revisions=words):
        rendered = render_release(helm, release, charts=charts, namespace=cluster.namespace)
        found[_RELEASE_FILES[release.name]] = sorted(rendered, key=sort_key)
    if asks_for_client_certificates(environment):
        gateway = found[_RELEASE_FILES["gateway"]]
        gateway.append(manifests.client_authority_manifest(environment, externals.client_ca))
    return dict(sorted(found.items()))


def _secrets(blueprint: Blueprint, environment: Environment, generated: Generated) -> list[Manifest]:
    found: list[Manifest] = [
        secret_manifest(each, generated.secrets, environment) for each in secret_objects(blueprint, environment)
    ]
    found += [
        certificate_manifest(each, generated.certificates[each.component], generated.authorities, environment)
        for each in certificates(blueprint, environment)
    ]
    return sorted(found, key=sort_key)


def _secret_names(blueprint: Blueprint, environment: Environment) -> tuple[tuple[str, str], ...]:
    """Each Secret that must exist, and its keys."""
    found = [(each.name, ", ".join([*each.plain, *each.keys])) for each in secret_objects(blueprint, environment)]
    found += [(each.secret, "tls.crt, tls.key, ca.crt") for each in certificates(blueprint, environment)]
    if environment.kubernetes.tls_secret:
        found.append((environment.kubernetes.tls_secret, "tls.crt, tls.key, of the public name"))
    if environment.kubernetes.image_pull_secret:
        found.append((environment.kubernetes.image_pull_secret, ".dockerconfigjson"))
    return tuple(sorted(found))


def _hold_to_policies(rendered: Iterable[Manifest]) -> None:
    violations = check_all(from_manifest(each) for each in rendered)
    if len(violations) > 0:
        count = f"{len(violations)} violations" if len(violations) > 1 else "1 violation"
        raise CollabError(
            f"the manifests break the policies ({count}); nothing is written: {violations[0]}",
            remedy="stacks/README.md tells what the policies ask for.",
            details=tuple(map(str, violations)),
        )
