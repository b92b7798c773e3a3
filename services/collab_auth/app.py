"""Puts the auth service together."""

from litestar import Litestar
from litestar.di import Provide

from collab_auth.attempts import Attempts
from collab_auth.controllers import InternalController, KeysController, SessionController
from collab_auth.outbox import Outbox
from collab_auth.passwords import Passwords
from collab_auth.service import Accounts
from collab_auth.settings import AuthSettings
from collab_kit.app import create_app
from collab_kit.database import Database
from collab_kit.events import open_redis
from collab_kit.guard import principal_dependency
from collab_kit.http import Peer
from collab_kit.tasks import background, periodically
from collab_kit.tokens import ACCESS_AUDIENCE, ACCESS_ISSUER, Signer, Verifier

__all__ = ["create", "user_peer"]

PURGE_INTERVAL_S = 600.0
OUTBOX_INTERVAL_S = 5.0
OUTBOX_DEADLINE_S = 1.0


def create(settings: AuthSettings) -> Litestar:
    """Raises `SettingsError` when the signing key is not one."""
    signer = Signer(settings.signing_key, issuer=ACCESS_ISSUER, audience=ACCESS_AUDIENCE)
    database = Database(settings)
    redis = open_redis(settings)
    passwords = Passwords(settings)
    users = user_peer(settings)
    outbox = Outbox(database, users)
    accounts = Accounts(
        database=database,
        passwords=passwords,
        attempts=Attempts(redis, settings),
        signer=signer,
        settings=settings,
    )
    return create_app(
        service="auth",
        openapi_path="/api/auth/schema",
        route_handlers=[SessionController, KeysController, InternalController],
        dependencies={
            "accounts": Provide(lambda: accounts, sync_to_thread=False),
            "outbox": Provide(lambda: outbox, sync_to_thread=False),
            "settings": Provide(lambda: settings, sync_to_thread=False),
            "signer": Provide(lambda: signer, sync_to_thread=False),
            "principal": principal_dependency(Verifier.of_access_tokens(signer.own_keys())),
        },
        database=database,
        redis=redis,
        lifespan=[
            passwords,
            users,
            background(periodically(outbox.deliver_due, interval_s=OUTBOX_INTERVAL_S, name="outbox"), name="outbox"),
            background(periodically(accounts.purge, interval_s=PURGE_INTERVAL_S, name="purge"), name="purge"),
        ],
    )


def user_peer(settings: AuthSettings) -> Peer:
    """The user service, tried once and briefly: a person waits for the answer, and the outbox tries again."""
    return Peer(
        "user",
        settings.user_url,
        settings.internal_token,
        deadline_s=OUTBOX_DEADLINE_S,
        attempts=1,
        ca_file=settings.ca_file,
    )
