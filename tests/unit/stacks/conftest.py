"""Loads Pulumi's SDKs before any test does.

They warn of deprecated resources of their own when they are loaded, whichever one is wanted; warnings fail tests here.
"""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import pulumi_aws
    import pulumi_cloudflare  # noqa: F401  # pyright: ignore[reportUnusedImport] - loaded for its warnings
    import pulumi_kubernetes

    for module in ("core", "helm", "networking"):
        hasattr(getattr(pulumi_kubernetes, module), "__all__")

    for module in ("ec2", "elasticache", "iam", "kms", "rds", "s3", "secretsmanager", "vpc"):
        hasattr(getattr(pulumi_aws, module), "__all__")  # modules are lazy: the first look at one loads it
