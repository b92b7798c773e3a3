"""Puts the document service together."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

from litestar import Litestar, Router
from litestar.di import Provide

from collab_document.access import Access
from collab_document.controllers import DocumentsController, KeysController
from collab_document.convert.wiring import wire_files
from collab_document.deletion import Deletion
from collab_document.erasure.controllers import InternalPeopleController
from collab_document.erasure.service import Erasure
from collab_document.idempotency import Idempotency
from collab_document.library.controllers import FoldersController, LibraryController
from collab_document.library.service import Library
from collab_document.links.controllers import LinksController, OpenLinksController
from collab_document.links.passwords import Attempts, LinkPasswords
from collab_document.links.service import Links
from collab_document.outbox import Outbox
from collab_document.people import People
from collab_document.presenting import Presenter
from collab_document.problems import TooManyAttempts, TooManyWrites
from collab_document.search.controllers import SearchController
from collab_document.search.indexer import Indexer
from collab_document.search.service import Search
from collab_document.search.titles import Titles
from collab_document.service import Documents
from collab_document.settings import DocumentSettings
from collab_document.sharing.controllers import InternalRolesController, InternalTeamsController, SharingController
from collab_document.sharing.service import SharingService
from collab_document.sharing.teams import Teams
from collab_document.talk_wiring import wire_talk
from collab_document.tickets import Tickets
from collab_document.visitors import Passes
from collab_kit.app import create_app
from collab_kit.database import Database
from collab_kit.events import Event, Publisher, Subscriber, open_redis
from collab_kit.guard import internal_guard, principal_dependency
from collab_kit.http import Peer
from collab_kit.sealing import Sealer
from collab_kit.tasks import background, periodically
from collab_kit.tokens import TICKET_AUDIENCE, TICKET_ISSUER, RemoteKeys, Signer, Verifier

__all__ = ["create"]

PURGE_INTERVAL_S = 600.0
ERASURE_INTERVAL_S = 30.0
FEED_INTERVAL_S = 30.0
CONTENT_DEADLINE_S = 5.0
VISITOR_WRITES = 120
VISITOR_WINDOW_S = 300


def create(settings: DocumentSettings) -> Litestar:
    """Raises `SettingsError` when the signing key is not one."""
    signer = Signer(settings.signing_key, issuer=TICKET_ISSUER, audience=TICKET_AUDIENCE)
    database = Database(settings)
    redis = open_redis(settings)
    events = Publisher(redis)
    users = Peer("user", settings.user_url, settings.internal_token, ca_file=settings.ca_file)
    collaboration = _collaboration(settings)
    people = People(users)
    access = Access(database)
    keep = timedelta(days=settings.trash_days)
    presenter = Presenter(database, people, keep=keep)
    idempotency = Idempotency()
    outbox = Outbox(database, {"user": users} | ({"collaboration": collaboration} if collaboration else {}))
    deletion = Deletion(database, events, outbox, keep=keep)
    tickets = Tickets(signer, ttl_s=settings.ticket_ttl_s)
    documents = Documents(
        database=database,
        access=access,
        people=people,
        presenter=presenter,
        idempotency=idempotency,
        deletion=deletion,
        events=events,
        tickets=tickets,
        max_owned=settings.max_owned_documents,
    )
    passes = Passes(settings.signing_key, ttl_s=settings.ticket_ttl_s)
    passwords = LinkPasswords()
    erasure = Erasure(database, events, deletion)
    auth = Peer("auth", settings.auth_url, settings.internal_token, ca_file=settings.ca_file)
    talk = wire_talk(settings, database, events, idempotency, users=users, auth=auth)
    files = wire_files(
        settings,
        database=database,
        access=access,
        documents=documents,
        idempotency=idempotency,
        deletion=deletion,
        attachments=talk.attachments,
    )
    handlers: list[Callable[[Event], Awaitable[None]]] = [documents.on_event, talk.on_event]
    lifespan: list[AbstractAsyncContextManager[object]] = [
        users,
        auth,
        passwords,
        background(outbox.run, name="outbox"),
        _regularly(deletion.purge, PURGE_INTERVAL_S, "purge"),
        _regularly(lambda: idempotency.purge(database), PURGE_INTERVAL_S, "idempotency"),
        _regularly(erasure.work, ERASURE_INTERVAL_S, "erasure"),
        background(Titles(database).run, name="titles"),
        *talk.lifespan,
        *files.lifespan,
    ]
    if collaboration is not None:
        indexer = Indexer(database, collaboration, delay_s=settings.search_delay_s)
        handlers.append(indexer.on_event)
        lifespan += [
            collaboration,
            background(indexer.run, name="search"),
            _regularly(indexer.catch_up, FEED_INTERVAL_S, "search-feed"),
        ]
    keys = RemoteKeys(f"{settings.auth_url}/.well-known/jwks.json", ca_file=settings.ca_file)
    verifier = Verifier.of_access_tokens(keys)
    subscriber = Subscriber(redis, _each(handlers))
    internal = Router(
        "/",
        route_handlers=[InternalPeopleController, InternalRolesController, InternalTeamsController],
        guards=[internal_guard(settings.internal_token)],
        include_in_schema=False,
    )
    provided: dict[str, object] = {
        "access": access,
        "database": database,
        "documents": documents,
        "erasure": erasure,
        "library": Library(database, access, idempotency),
        "links": Links(
            database=database,
            access=access,
            people=people,
            idempotency=idempotency,
            events=events,
            tickets=tickets,
            passes=passes,
            passwords=passwords,
            attempts=Attempts(
                redis,
                kind="link",
                limit=settings.link_attempts,
                window_s=settings.link_window_s,
                refusal=TooManyAttempts,
            ),
            sealer=Sealer(settings.signing_key, purpose="document/links"),
            public_url=settings.public_url,
        ),
        "passes": passes,
        "people": people,
        "search": Search(database, presenter),
        "sharing": SharingService(database=database, access=access, people=people, events=events),
        "signer": signer,
        "teams": Teams(database, events),
        "verifier": verifier,
        "visitor_writes": Attempts(
            redis,
            kind="link-writes",
            limit=VISITOR_WRITES,
            window_s=VISITOR_WINDOW_S,
            refusal=TooManyWrites,
        ),
        **talk.dependencies,
        **files.dependencies,
    }
    return create_app(
        service="document",
        openapi_path="/api/documents/schema",
        route_handlers=[
            DocumentsController,
            FoldersController,
            KeysController,
            LibraryController,
            LinksController,
            OpenLinksController,
            SearchController,
            SharingController,
            internal,
            *talk.route_handlers,
            *files.route_handlers,
        ],
        dependencies={
            **{name: _provide(value) for name, value in provided.items()},
            "principal": principal_dependency(verifier, area="documents"),
        },
        database=database,
        redis=redis,
        lifespan=[*lifespan, background(subscriber.run, name="events")],
    )


def _collaboration(settings: DocumentSettings) -> Peer | None:
    if settings.collaboration_url is None:
        return None
    return Peer(
        "collaboration",
        settings.collaboration_url,
        settings.internal_token,
        deadline_s=CONTENT_DEADLINE_S,
        ca_file=settings.ca_file,
    )


def _provide(value: object) -> Provide:
    return Provide(lambda: value, sync_to_thread=False)


def _regularly(
    work: Callable[[], Awaitable[object]], interval_s: float, name: str
) -> AbstractAsyncContextManager[None]:
    return background(periodically(work, interval_s=interval_s, name=name), name=name)


def _each(handlers: list[Callable[[Event], Awaitable[None]]]) -> Callable[[Event], Awaitable[None]]:
    """One after another; those that fail do not keep the event from the others."""

    async def handle(event: Event) -> None:
        failures: list[Exception] = []
        for handler in handlers:
            try:
                await handler(event)
            except Exception as error:  # noqa: BLE001  # raised below, for the subscriber to log
                failures.append(error)
        if failures:
            raise ExceptionGroup("event not handled", failures)

    return handle
