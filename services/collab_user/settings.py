"""Settings of the user service."""

from collab_kit.settings import HttpUrl, ServiceSettings

__all__ = ["UserSettings"]


class UserSettings(ServiceSettings, frozen=True, kw_only=True):
    auth_url: HttpUrl
