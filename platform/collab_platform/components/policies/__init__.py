"""The policy set: what no resource may be, whoever wrote it.

Pure functions over a resource's type and its properties, as Pulumi writes them (camelCase). Tests run them over every
resource recorded under mocks; :func:`from_manifest` lets a rendered Kubernetes manifest through the same door.

A preview writes a placeholder for what it does not know yet, a key's name say. That counts as set; what policies
compare is constants, which a preview knows.
"""

from collab_platform.components.policies.check import check, check_all, from_manifest
from collab_platform.components.policies.model import Declared, Violation

__all__ = ["Declared", "Violation", "check", "check_all", "from_manifest"]
