"""Who watches an environment: monitors, alerts and dashboards; where wanted, Prometheus, Grafana and ELK."""

import pulumi

from collab_platform.components.apps import choose
from collab_platform.components.configuration import load
from collab_platform.components.observability import Observability, ObservabilitySettings

settings = load(ObservabilitySettings)
chosen = choose(settings.environment)
observability = Observability(f"collab-{chosen.name}", settings=settings, chosen=chosen)
for name, value in observability.outputs.items():
    pulumi.export(name, value)
