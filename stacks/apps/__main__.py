"""The workloads of an environment: namespace, secrets, datastores, services, gateway and editor."""

import pulumi

from collab_platform.components.apps import Apps, AppsSettings, choose
from collab_platform.components.configuration import load

settings = load(AppsSettings)
chosen = choose(settings.environment)
apps = Apps(f"collab-{chosen.name}", settings=settings, chosen=chosen)
for name, value in apps.outputs.items():
    pulumi.export(name, value)
