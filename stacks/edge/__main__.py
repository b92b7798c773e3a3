"""Cloudflare in front of the gateway, with the limits that the environment's own file sets."""

import os

import pulumi

from collab_platform import environment
from collab_platform.components.configuration import load
from collab_platform.components.edge import Edge, EdgeSettings
from collab_platform.errors import EnvironmentInvalidError

settings = load(EdgeSettings)
try:
    chosen = environment.load(
        settings.environment or pulumi.get_stack(), root=environment.project_root(), variables=os.environ, flags={}
    )
except EnvironmentInvalidError as error:
    raise pulumi.RunError(f"{error.summary}\n{error.remedy}") from None
edge = Edge(f"collab-{pulumi.get_stack()}", settings=settings, environment=chosen.environment)
for name, value in edge.outputs.items():
    pulumi.export(name, value)
