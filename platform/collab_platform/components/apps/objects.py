"""Kubernetes manifests as resources of Pulumi's, whose values may be secret."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

Manifest = Mapping[str, Any]

_SPECIFIED: Mapping[tuple[str, str], Callable[..., pulumi.Resource]] = {
    ("apps/v1", "Deployment"): k8s.apps.v1.Deployment,
    ("networking.k8s.io/v1", "NetworkPolicy"): k8s.networking.v1.NetworkPolicy,
    ("policy/v1", "PodDisruptionBudget"): k8s.policy.v1.PodDisruptionBudget,
}
"""What is nothing but a specification."""


def encoded(texts: Mapping[str, str]) -> dict[str, str]:
    """What a Secret holds, as the API server keeps it."""
    return {key: base64.b64encode(value.encode()).decode() for key, value in texts.items()}


def declare(name: str, manifest: Manifest, opts: pulumi.ResourceOptions) -> pulumi.Resource:
    """The object that a manifest describes."""
    metadata = manifest["metadata"]
    match (manifest["apiVersion"], manifest["kind"]):
        case ("v1", "Namespace"):
            return k8s.core.v1.Namespace(name, metadata=metadata, opts=opts)
        case ("v1", "ConfigMap"):
            return k8s.core.v1.ConfigMap(name, metadata=metadata, data=manifest["data"], opts=opts)
        case ("v1", "Secret"):
            return k8s.core.v1.Secret(
                name,
                metadata=metadata,
                type=manifest.get("type", "Opaque"),
                # `stringData` cannot be read back, so it would look like drift.
                data=pulumi.Output.secret(manifest["stringData"]).apply(encoded),
                opts=opts,
            )
        case ("v1", "ServiceAccount"):
            token = manifest["automountServiceAccountToken"]
            return k8s.core.v1.ServiceAccount(name, metadata=metadata, automount_service_account_token=token, opts=opts)
        case known if known in _SPECIFIED:
            return _SPECIFIED[known](name, metadata=metadata, spec=manifest["spec"], opts=opts)
        case (version, kind):
            return k8s.apiextensions.CustomResource(
                name,
                api_version=version,
                kind=kind,
                metadata=metadata,
                spec=manifest["spec"],
                opts=opts,
            )
