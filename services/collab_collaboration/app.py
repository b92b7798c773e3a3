"""Puts the collaboration service together: its HTTP side, and beside it in the same event loop the WebSockets."""

import gc
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager

from litestar import Litestar, Router
from litestar.di import Provide

from collab_collaboration.history.controllers import HistoryController, VersionsController, holder_dependency
from collab_collaboration.history.restorer import Restorer
from collab_collaboration.history.store import HistoryStore
from collab_collaboration.history.versions import Versions
from collab_collaboration.hub import Hub
from collab_collaboration.internal import InternalController
from collab_collaboration.objects import Objects
from collab_collaboration.oplog import OperationLog
from collab_collaboration.roles import Roles
from collab_collaboration.server import TICK_INTERVAL_S, Server
from collab_collaboration.settings import CollaborationSettings
from collab_collaboration.tickets import Tickets
from collab_collaboration.work import WorkProcess
from collab_kit.app import create_app
from collab_kit.database import Database
from collab_kit.events import Publisher, Subscriber, open_redis
from collab_kit.guard import internal_guard
from collab_kit.http import Peer
from collab_kit.tasks import background, periodically

__all__ = ["create"]


def create(settings: CollaborationSettings) -> Litestar:
    database = Database(settings)
    redis = open_redis(settings)
    hub = Hub(settings, database, redis)
    documents_peer = Peer("document", settings.document_url, settings.internal_token, ca_file=settings.ca_file)
    roles = Roles(documents_peer)
    tickets = Tickets.of_document_service(settings.document_url, roles, ca_file=settings.ca_file)
    server = Server(settings, hub, tickets, roles)
    log, objects, history = OperationLog(database), Objects(settings), HistoryStore(database)
    versions = Versions(history, objects)
    work = WorkProcess()
    # Comparing, which anybody may ask for again and again, in a process of its own: nobody's version waits for it.
    comparing = WorkProcess(niceness=5)
    restorer = Restorer(hub, history, work)
    publisher = Publisher(redis)
    internal = Router("/", route_handlers=[InternalController], guards=[internal_guard(settings.internal_token)])
    subscriber = Subscriber(redis, server.on_event)
    ticking = periodically(server.tick, interval_s=TICK_INTERVAL_S, name="tick")

    @asynccontextmanager
    async def collaborate() -> AsyncGenerator[None]:
        async with hub, background(subscriber.run, name="events"), background(ticking, name="tick"):
            await server.start()
            # What start-up made stays for ever: the collector, which stops the loop, need not look at it each time.
            gc.collect()
            gc.freeze()
            try:
                yield
            finally:
                await server.drain()

    # Readiness does not need Redis: without it, edits reach other replicas through PostgreSQL, a second later.
    return create_app(
        service="collaboration",
        openapi_path="/api/collaboration/schema",
        route_handlers=[VersionsController, HistoryController, internal],
        dependencies={
            "hub": Provide(lambda: hub, sync_to_thread=False),
            "work": Provide(lambda: work, sync_to_thread=False),
            "comparing": Provide(lambda: comparing, sync_to_thread=False),
            "restorer": Provide(lambda: restorer, sync_to_thread=False),
            "publisher": Provide(lambda: publisher, sync_to_thread=False),
            "versions": Provide(lambda: versions, sync_to_thread=False),
            "history": Provide(lambda: history, sync_to_thread=False),
            "log": Provide(lambda: log, sync_to_thread=False),
            "holder": holder_dependency(tickets, history),
        },
        database=database,
        lifespan=[aclosing(redis), documents_peer, work, comparing, collaborate()],
    )
