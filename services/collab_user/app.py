"""Puts the user service together."""

from contextlib import AbstractAsyncContextManager
from typing import Any

from litestar import Litestar, Router
from litestar.di import Provide

from collab_kit.app import create_app
from collab_kit.database import Database
from collab_kit.guard import internal_guard, principal_dependency
from collab_kit.http import Peer
from collab_kit.tasks import background, periodically
from collab_kit.tokens import RemoteKeys, Verifier
from collab_user.accounts import Accounts
from collab_user.administration.controllers import AdministrationController
from collab_user.administration.store import Administration
from collab_user.avatars.controllers import AvatarsController, OwnAvatarController
from collab_user.avatars.store import Avatars
from collab_user.avatars.studio import Studio
from collab_user.controllers import InternalProfilesController, UsersController
from collab_user.erasure.controllers import OwnErasureController
from collab_user.erasure.store import Erasures
from collab_user.exporting.archive import Exports
from collab_user.exporting.controllers import ExportController
from collab_user.objects import Objects
from collab_user.outbox import Handler, Kind, Outbox
from collab_user.preferences.controllers import PreferencesController
from collab_user.preferences.store import PreferenceStore
from collab_user.search.controllers import SearchController
from collab_user.search.store import Search
from collab_user.service import Profiles
from collab_user.settings import UserSettings
from collab_user.teams.controllers import TeamsController
from collab_user.teams.delivery import TeamDelivery
from collab_user.teams.store import Teams

__all__ = ["create"]

OUTBOX_INTERVAL_S = 5.0
PURGE_INTERVAL_S = 600.0
PEER_DEADLINE_S = 3.0


class PeopleController(UsersController, AdministrationController, OwnErasureController):
    """Litestar wants all methods of one path in one controller."""

    path = "/api/users"


def create(settings: UserSettings) -> Litestar:
    database = Database(settings)
    auth = Peer(
        "auth", settings.auth_url, settings.internal_token, deadline_s=PEER_DEADLINE_S, ca_file=settings.ca_file
    )
    documents = _document_peer(settings)
    objects = Objects(settings)
    profiles, preferences = Profiles(database), PreferenceStore(database)
    avatars, teams = Avatars(database, objects), Teams(database, settings.people_search)
    accounts = Accounts(auth)
    erasures = Erasures(database, accounts, documents, teams)
    exports = Exports(
        profiles=profiles,
        preferences=preferences,
        avatars=avatars,
        teams=teams,
        sources={
            "auth": f"{settings.auth_url}/internal/accounts",
            "document": None if settings.document_url is None else f"{settings.document_url}/internal/people",
        },
        token=settings.internal_token,
        ca_file=settings.ca_file,
    )
    handlers: dict[Kind, Handler] = {}
    lifespan: list[AbstractAsyncContextManager[object]] = [auth, exports]
    if documents is not None:
        lifespan.append(documents)
        handlers |= {"team": TeamDelivery(teams, documents).tell, "erasure": erasures.continue_one}
    if settings.s3_endpoint is not None:
        handlers["avatar"] = avatars.delete_object
    outbox = Outbox(database, handlers)
    provided: dict[str, Any] = {
        "administration": Administration(database, accounts),
        "avatars": avatars,
        "erasures": erasures,
        "exports": exports,
        "objects": objects,
        "outbox": outbox,
        "preferences": preferences,
        "profiles": profiles,
        "search": Search(database, settings.people_search),
        "studio": Studio(),
        "teams": teams,
    }
    verifier = Verifier.of_access_tokens(
        RemoteKeys(f"{settings.auth_url}/.well-known/jwks.json", ca_file=settings.ca_file)
    )
    internal = Router(
        "/", route_handlers=[InternalProfilesController], guards=[internal_guard(settings.internal_token)]
    )
    return create_app(
        service="user",
        openapi_path="/api/users/schema",
        route_handlers=[
            PeopleController,
            PreferencesController,
            OwnAvatarController,
            AvatarsController,
            SearchController,
            TeamsController,
            ExportController,
            internal,
        ],
        dependencies={
            **{name: _provide(part) for name, part in provided.items()},
            "principal": principal_dependency(verifier, area="profile"),
            # For what no API token may do.
            "session_holder": principal_dependency(verifier),
        },
        database=database,
        lifespan=[
            *lifespan,
            background(periodically(outbox.deliver_due, interval_s=OUTBOX_INTERVAL_S, name="outbox"), name="outbox"),
            background(periodically(teams.purge, interval_s=PURGE_INTERVAL_S, name="purge"), name="purge"),
        ],
    )


def _document_peer(settings: UserSettings) -> Peer | None:
    """Tried once: a person may wait for the answer, and the outbox tries again."""
    if settings.document_url is None:
        return None
    return Peer(
        "document",
        settings.document_url,
        settings.internal_token,
        deadline_s=PEER_DEADLINE_S,
        attempts=1,
        ca_file=settings.ca_file,
    )


def _provide(part: object) -> Provide:
    return Provide(lambda: part, sync_to_thread=False)
