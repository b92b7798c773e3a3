"""Puts the document service together."""

from litestar import Litestar
from litestar.di import Provide

from collab_document.controllers import DocumentsController, KeysController
from collab_document.people import People
from collab_document.service import Documents
from collab_document.settings import DocumentSettings
from collab_kit.app import create_app
from collab_kit.database import Database
from collab_kit.events import Publisher, Subscriber, open_redis
from collab_kit.guard import principal_dependency
from collab_kit.http import Peer
from collab_kit.tasks import background
from collab_kit.tokens import TICKET_AUDIENCE, TICKET_ISSUER, RemoteKeys, Signer, Verifier

__all__ = ["create"]


def create(settings: DocumentSettings) -> Litestar:
    """Raises `SettingsError` when the signing key is not one."""
    signer = Signer(settings.signing_key, issuer=TICKET_ISSUER, audience=TICKET_AUDIENCE)
    database = Database(settings)
    redis = open_redis(settings)
    users = Peer("user", settings.user_url, settings.internal_token, ca_file=settings.ca_file)
    documents = Documents(
        database=database,
        people=People(users),
        events=Publisher(redis),
        signer=signer,
        ticket_ttl_s=settings.ticket_ttl_s,
    )
    keys = RemoteKeys(f"{settings.auth_url}/.well-known/jwks.json", ca_file=settings.ca_file)
    subscriber = Subscriber(redis, documents.on_event)
    return create_app(
        service="document",
        openapi_path="/api/documents/schema",
        route_handlers=[DocumentsController, KeysController],
        dependencies={
            "documents": Provide(lambda: documents, sync_to_thread=False),
            "signer": Provide(lambda: signer, sync_to_thread=False),
            "principal": principal_dependency(Verifier.of_access_tokens(keys)),
        },
        database=database,
        redis=redis,
        lifespan=[users, background(subscriber.run, name="events")],
    )
