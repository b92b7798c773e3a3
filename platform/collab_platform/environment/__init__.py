"""What the operator writes: one typed file for each environment, and where each of its values comes from."""

from collab_platform.environment.files import create, environment_names, load, project_root
from collab_platform.environment.leaves import Leaf, leaves
from collab_platform.environment.resolve import Origin, Resolved, resolve
from collab_platform.environment.schema import SCHEMA_VERSION, Environment, TargetName
from collab_platform.environment.template import annotated_file

__all__ = [
    "SCHEMA_VERSION",
    "Environment",
    "Leaf",
    "Origin",
    "Resolved",
    "TargetName",
    "annotated_file",
    "create",
    "environment_names",
    "leaves",
    "load",
    "project_root",
    "resolve",
]
