"""The workloads of an installation: namespace, secrets, certificates, datastores, services, gateway, editor."""

from collab_platform.components.apps.layer import Apps
from collab_platform.components.apps.settings import AppsSettings, Chosen, choose

__all__ = ["Apps", "AppsSettings", "Chosen", "choose"]
