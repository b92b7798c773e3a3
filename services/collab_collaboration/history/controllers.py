"""Versions and history over HTTP. The ticket that opens a document's WebSocket is the authentication here too."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, MediaType, Request, Response, delete, get, patch, post
from litestar.datastructures import ResponseHeader
from litestar.di import NamedDependency, Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Struct

from collab_collaboration.attribution import learn_clients
from collab_collaboration.history.problems import (
    DocumentDamaged,
    DocumentTooLarge,
    NoLongerAllowed,
    NoSuchDocument,
    NoSuchVersion,
    RoleTooLow,
    TooLargeToCompare,
    TooManyVersions,
)
from collab_collaboration.history.restorer import Restorer
from collab_collaboration.history.rules import (
    FIRST_CLIENTS,
    FIRST_SESSIONS,
    FIRST_VERSIONS,
    PAGE_LIMIT_MAX,
    ClientCursor,
    SessionCursor,
    VersionCursor,
    decode_cursor,
    encode_cursor,
    parse_name,
    require_role,
)
from collab_collaboration.history.schemas import (
    Client,
    ClientPage,
    Difference,
    EditSession,
    HistoryPage,
    Restored,
    Version,
    VersionName,
    VersionPage,
)
from collab_collaboration.history.store import HistoryStore, StoredVersion
from collab_collaboration.history.versions import Versions
from collab_collaboration.oplog import OperationLog
from collab_collaboration.tickets import Forbidden, Tickets
from collab_collaboration.work import WorkProcess
from collab_kit.errors import PeerUnavailable, StoreUnavailable, Unauthenticated, problem_responses
from collab_kit.events import DocumentNews, Publisher
from collab_kit.guard import BEARER_SECURITY
from collab_kit.tokens import InvalidToken, Role

__all__ = ["HistoryController", "Holder", "VersionsController", "holder_dependency"]

_ALWAYS = (Unauthenticated, NoLongerAllowed, NoSuchDocument, StoreUnavailable, PeerUnavailable)
_YJS = "application/octet-stream"
_NEWS = "versions"
Limit = Annotated[int, QueryParameter(ge=1, le=PAGE_LIMIT_MAX, description="Items on a page.")]
Context = Annotated[
    int | None,
    QueryParameter(ge=0, le=100, description="Unchanged blocks shown next to a change; without it, all are."),
]
Against = Annotated[UUID | None, QueryParameter(description="Another version; without it, the present text.")]
ClientLimit = Annotated[int, QueryParameter(ge=1, le=1000, description="Clients on a page.")]


class Holder(Struct, frozen=True):
    """Who holds a valid ticket for the document, and the role that is theirs now."""

    user: UUID
    role: Role
    link: UUID | None
    """The share link they came with."""


def holder_dependency(tickets: Tickets, store: HistoryStore) -> Provide:
    """The dependency `holder`, for handlers with `document_id` in their path; a deleted document is 404."""

    async def provide_holder(request: Request[Any, Any, Any]) -> Holder:
        document: UUID = request.path_params["document_id"]
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("Send a collaboration ticket: Authorization: Bearer <ticket>.")
        try:
            ticket, role = await tickets.verify(token.strip(), document)
        except InvalidToken as error:
            raise Unauthenticated(str(error)) from error
        except Forbidden as error:
            raise NoLongerAllowed from error
        life = await store.life(document)
        if life is not None and life.deleted:
            raise NoSuchDocument
        return Holder(ticket.sub, role, ticket.link)

    return Provide(provide_holder)


class VersionsController(Controller):
    path = "/api/collaboration/documents/{document_id:uuid}/versions"
    tags = ("versions",)
    security = BEARER_SECURITY

    @post(
        "/",
        operation_id="createVersion",
        responses=problem_responses(RoleTooLow, TooManyVersions, DocumentDamaged, *_ALWAYS),
    )
    async def create(
        self,
        document_id: FromPath[UUID],
        data: JSONBody[VersionName],
        holder: NamedDependency[Holder],
        work: NamedDependency[WorkProcess],
        publisher: NamedDependency[Publisher],
    ) -> Version:
        """Name the document as it is now, with every edit acknowledged before; owners and editors."""
        require_role(holder.role, "owner", "editor")
        made = await work.version(document_id, name=parse_name(data.name), user=holder.user)
        await publisher.publish(DocumentNews(document_id, _NEWS))
        return _present(made)

    @get("/", operation_id="listVersions", responses=problem_responses(*_ALWAYS))
    async def page(
        self,
        document_id: FromPath[UUID],
        holder: NamedDependency[Holder],  # noqa: ARG002  # asking for it is what checks the ticket
        history: NamedDependency[HistoryStore],
        cursor: FromQuery[str | None] = None,
        limit: Limit = 50,
    ) -> VersionPage:
        """The versions of a document, newest first."""
        after = decode_cursor(cursor, FIRST_VERSIONS)
        found = await history.versions(document_id, before=after.id, limit=limit + 1)
        page = found[:limit]
        following = encode_cursor(VersionCursor(1, page[-1].id)) if len(found) > limit else None
        return VersionPage([_present(version) for version in page], following)

    @get("/{version_id:uuid}", operation_id="getVersion", responses=problem_responses(NoSuchVersion, *_ALWAYS))
    async def one(
        self,
        document_id: FromPath[UUID],
        version_id: FromPath[UUID],
        holder: NamedDependency[Holder],  # noqa: ARG002  # asking for it is what checks the ticket
        versions: NamedDependency[Versions],
    ) -> Version:
        """One version, without its content."""
        return _present(await versions.get(document_id, version_id))

    @get(
        "/{version_id:uuid}/state",
        operation_id="getVersionState",
        media_type=_YJS,
        responses={
            200: ResponseSpec(bytes, description="A Yjs update, encoding version 1.", media_type=_YJS),
            **problem_responses(NoSuchVersion, DocumentDamaged, *_ALWAYS),
        },
        response_headers=[ResponseHeader(name="Cache-Control", value="private, no-store")],
    )
    async def state(
        self,
        document_id: FromPath[UUID],
        version_id: FromPath[UUID],
        holder: NamedDependency[Holder],  # noqa: ARG002  # asking for it is what checks the ticket
        versions: NamedDependency[Versions],
    ) -> Response[bytes]:
        """The document as of a version: a Yjs update to apply to an empty document."""
        return Response(await versions.state(document_id, version_id), media_type=_YJS)

    @get(
        "/{version_id:uuid}/difference",
        operation_id="getVersionDifference",
        media_type=MediaType.JSON,
        responses={
            200: ResponseSpec(Difference, description="What changed since the version."),
            **problem_responses(NoSuchVersion, TooLargeToCompare, DocumentDamaged, *_ALWAYS),
        },
        response_headers=[ResponseHeader(name="Cache-Control", value="private, no-store")],
    )
    async def difference(
        self,
        document_id: FromPath[UUID],
        version_id: FromPath[UUID],
        holder: NamedDependency[Holder],  # noqa: ARG002  # asking for it is what checks the ticket
        comparing: NamedDependency[WorkProcess],
        *,
        after: Against = None,
        context: Context = None,
    ) -> Response[bytes]:
        """What makes a version's text into the present one, or into another version's, block by block."""
        found = await comparing.difference(document_id, version_id, after, context=context)
        return Response(bytes(found), media_type=MediaType.JSON)

    @post(
        "/{version_id:uuid}/restore",
        operation_id="restoreVersion",
        status_code=200,
        responses=problem_responses(
            RoleTooLow, NoSuchVersion, TooManyVersions, DocumentTooLarge, DocumentDamaged, *_ALWAYS
        ),
    )
    async def restore(
        self,
        document_id: FromPath[UUID],
        version_id: FromPath[UUID],
        holder: NamedDependency[Holder],
        restorer: NamedDependency[Restorer],
        publisher: NamedDependency[Publisher],
    ) -> Restored:
        """Make the text what it was in a version, by one more edit, and keep what it was as a version; owners and
        editors. Nobody who has the document open is disconnected.
        """
        require_role(holder.role, "owner", "editor")
        before = await restorer.restore(document_id, version_id, user=holder.user, link=holder.link)
        if before is None:
            return Restored(None)
        await publisher.publish(DocumentNews(document_id, _NEWS))
        return Restored(_present(before))

    @patch(
        "/{version_id:uuid}",
        operation_id="renameVersion",
        responses=problem_responses(RoleTooLow, NoSuchVersion, *_ALWAYS),
    )
    async def rename(
        self,
        document_id: FromPath[UUID],
        version_id: FromPath[UUID],
        data: JSONBody[VersionName],
        holder: NamedDependency[Holder],
        *,
        versions: NamedDependency[Versions],
        publisher: NamedDependency[Publisher],
    ) -> Version:
        """Give a version another name; owners and editors."""
        require_role(holder.role, "owner", "editor")
        renamed = await versions.rename(document_id, version_id, parse_name(data.name))
        await publisher.publish(DocumentNews(document_id, _NEWS))
        return _present(renamed)

    @delete(
        "/{version_id:uuid}",
        operation_id="deleteVersion",
        responses=problem_responses(RoleTooLow, NoSuchVersion, *_ALWAYS),
    )
    async def remove(
        self,
        document_id: FromPath[UUID],
        version_id: FromPath[UUID],
        holder: NamedDependency[Holder],
        versions: NamedDependency[Versions],
        publisher: NamedDependency[Publisher],
    ) -> None:
        """Delete a version for good; the document's owner."""
        require_role(holder.role, "owner")
        await versions.delete(document_id, version_id)
        await publisher.publish(DocumentNews(document_id, _NEWS))


class HistoryController(Controller):
    path = "/api/collaboration/documents/{document_id:uuid}"
    tags = ("history",)
    security = BEARER_SECURITY

    @get("/history", operation_id="listHistory", responses=problem_responses(*_ALWAYS))
    async def sessions(
        self,
        document_id: FromPath[UUID],
        holder: NamedDependency[Holder],  # noqa: ARG002  # asking for it is what checks the ticket
        history: NamedDependency[HistoryStore],
        cursor: FromQuery[str | None] = None,
        limit: Limit = 50,
    ) -> HistoryPage:
        """Who wrote when, what began last first."""
        after = decode_cursor(cursor, FIRST_SESSIONS)
        found = await history.sessions(
            document_id, began_before=after.began_at, author_before=after.author, limit=limit + 1
        )
        page = found[:limit]
        following = SessionCursor(1, page[-1].began_at, page[-1].author) if len(found) > limit else None
        items = [
            EditSession(
                author=session.author,
                began_at=session.began_at,
                ended_at=session.ended_at,
                operations=session.operations,
                size_bytes=session.size_bytes,
            )
            for session in page
        ]
        return HistoryPage(items, encode_cursor(following) if following else None)

    @get("/clients", operation_id="listClients", responses=problem_responses(*_ALWAYS))
    async def clients(
        self,
        document_id: FromPath[UUID],
        holder: NamedDependency[Holder],  # noqa: ARG002  # asking for it is what checks the ticket
        history: NamedDependency[HistoryStore],
        log: NamedDependency[OperationLog],
        *,
        cursor: FromQuery[str | None] = None,
        limit: ClientLimit = 1000,
    ) -> ClientPage:
        """Which person wrote as which Yjs client: what colours a text, or the difference of two versions, by author."""
        after = decode_cursor(cursor, FIRST_CLIENTS)
        if cursor is None and (life := await history.life(document_id)) is not None:
            # Compaction learns them; of what came since it has not.
            await learn_clients(log, document_id, life.base)
        found = await history.clients(document_id, after=after.client, limit=limit + 1)
        page = found[:limit]
        following = encode_cursor(ClientCursor(1, page[-1].client)) if len(found) > limit else None
        return ClientPage([Client(each.client, each.author) for each in page], following)


def _present(version: StoredVersion) -> Version:
    return Version(
        id=version.id,
        name=version.name,
        sequence=version.seq,
        created_by=version.created_by,
        created_at=version.created_at,
        authors=version.authors,
        size_bytes=version.size_bytes,
    )
