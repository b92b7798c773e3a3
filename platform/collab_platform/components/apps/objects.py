"""Kubernetes manifests as resources of Pulumi's, whose values may be secret."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

Manifest = Mapping[str, Any]


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
        case ("networking.k8s.io/v1", "NetworkPolicy"):
            return k8s.networking.v1.NetworkPolicy(name, metadata=metadata, spec=manifest["spec"], opts=opts)
        case (version, kind):
            return k8s.apiextensions.CustomResource(
                name,
                api_version=version,
                kind=kind,
                metadata=metadata,
                spec=manifest["spec"],
                opts=opts,
            )
