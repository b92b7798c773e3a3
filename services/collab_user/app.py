"""Puts the user service together."""

from litestar import Litestar, Router
from litestar.di import Provide

from collab_kit.app import create_app
from collab_kit.database import Database
from collab_kit.guard import internal_guard, principal_dependency
from collab_kit.tokens import RemoteKeys, Verifier
from collab_user.controllers import InternalProfilesController, UsersController
from collab_user.service import Profiles
from collab_user.settings import UserSettings

__all__ = ["create"]


def create(settings: UserSettings) -> Litestar:
    database = Database(settings)
    profiles = Profiles(database)
    keys = RemoteKeys(f"{settings.auth_url}/.well-known/jwks.json", ca_file=settings.ca_file)
    internal = Router(
        "/", route_handlers=[InternalProfilesController], guards=[internal_guard(settings.internal_token)]
    )
    return create_app(
        service="user",
        openapi_path="/api/users/schema",
        route_handlers=[UsersController, internal],
        dependencies={
            "profiles": Provide(lambda: profiles, sync_to_thread=False),
            "principal": principal_dependency(Verifier.of_access_tokens(keys)),
        },
        database=database,
    )
