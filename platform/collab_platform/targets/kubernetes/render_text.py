"""The files beside the manifests: what lists them, and what tells how to apply them. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from collab_platform.environment import Environment


def kustomization(files: Sequence[str]) -> str:
    """``kustomization.yaml``: every file of manifests, in order. Secrets are applied by themselves."""
    lines = "".join(f"  - {name}\n" for name in sorted(files))
    return f"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n{lines}"


def readme(name: str, environment: Environment, *, secrets: Sequence[tuple[str, str]], external: Sequence[str]) -> str:
    """``README.md``: how to apply the manifests, and what has to be there before."""
    cluster = environment.kubernetes
    apply = "kubectl apply --server-side --field-manager=collab"
    parts = [
        f"# collab: manifests of the environment `{name}`\n",
        f"Written by `collab render -e {name}`: change the environment's file and render again, not these files.\n"
        f"Namespace: `{cluster.namespace}`. Public address: {environment.site.public_url}\n",
        "## Apply\n",
    ]
    if external:
        steps = [f"{apply} -k ."]
    else:
        steps = [f"{apply} -f 00-namespace.yaml", f"{apply} -f secrets.yaml", f"{apply} -k ."]
    parts += ["    " + "\n    ".join(steps) + "\n"]
    if not external:
        parts += [
            f"`secrets.yaml` is written by `collab render -e {name} --include-secrets` alone, for its owner's eyes:\n"
            "it is not to be committed. What is in it was made once and is kept in the environment's state directory:\n"
            "back that up, and render on machines that have it.\n"
        ]
    parts += [
        "Argo CD and Flux take the folder as it is. The Job `migrate-…` brings the databases up to date; pods wait\n"
        "for it. Its name changes with what it does, so an older one may be removed.\n",
        "## Needed in the cluster\n",
        "\n".join(f"- {each}" for each in _needs(environment)) + "\n",
        f"## Secrets that must exist in `{cluster.namespace}`\n",
        "| Secret | keys |\n| --- | --- |",
        "\n".join(f"| `{secret}` | {keys} |" for secret, keys in secrets) + "\n",
    ]
    if external:
        parts += [
            f"External Secrets makes them from the {cluster.secret_store_kind} `{cluster.secret_store}`, which must "
            "hold:\n",
            "\n".join(f"- `{key}`" for key in external) + "\n",
        ]
    return "\n".join(parts)


def _needs(environment: Environment) -> list[str]:
    cluster = environment.kubernetes
    needs = ["Kubernetes 1.30 or newer"]
    if cluster.network_policies:
        needs.append("a network that enforces NetworkPolicy")
    if cluster.ingress == "ingress":
        needs.append(f"an ingress controller for class `{cluster.ingress_class or 'default'}`")
    if cluster.ingress == "gateway-api":
        needs.append(f"the Gateway API 1.2 or newer, with the Gateway `{cluster.gateway_name}`")
    if cluster.postgresql == "cloudnative-pg":
        needs.append("the CloudNativePG operator 1.26 or newer, in `cnpg-system`")
    if cluster.secrets == "external":
        needs.append("the External Secrets operator with its API `v1`")
    if cluster.autoscaling:
        needs.append("metrics-server")
    if cluster.observability:
        needs.append(f"the Prometheus operator; Prometheus in `{cluster.monitoring_namespace}`")
    return needs
