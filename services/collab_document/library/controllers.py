"""Favourites, recents and folders over HTTP."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from collab_document.headers import ETAG, IdempotencyKey, IfMatch, tagged
from collab_document.library.rules import MAX_FOLDERS
from collab_document.library.schemas import Folder, FolderChange, FolderPage, NewFolder, Placing
from collab_document.library.service import Library
from collab_document.problems import (
    FolderCycle,
    FoldersTooDeep,
    IdempotencyKeyReused,
    NoSuchDocument,
    NoSuchFolder,
    PreconditionFailed,
    TooManyFolders,
)
from collab_document.refusals import ALWAYS
from collab_document.rules import expected_versions
from collab_kit.errors import InvalidRequest, problem_responses
from collab_kit.guard import BEARER_SECURITY, Caller

__all__ = ["FoldersController", "LibraryController"]

Limit = Annotated[int, QueryParameter(ge=1, le=MAX_FOLDERS, description="Folders on a page.")]


class LibraryController(Controller):
    path = "/api/documents/{document_id:uuid}"
    tags = ("library",)
    security = BEARER_SECURITY

    @put(
        "/favourite",
        operation_id="putFavourite",
        status_code=204,
        responses=problem_responses(NoSuchDocument, *ALWAYS),
    )
    async def set_favourite(
        self, document_id: FromPath[UUID], principal: Caller, library: NamedDependency[Library]
    ) -> None:
        """Make a document one of the caller's favourites."""
        await library.set_favourite(principal, document_id)

    @delete("/favourite", operation_id="deleteFavourite", responses=problem_responses(NoSuchDocument, *ALWAYS))
    async def unset_favourite(
        self, document_id: FromPath[UUID], principal: Caller, library: NamedDependency[Library]
    ) -> None:
        """Make it one no longer."""
        await library.unset_favourite(principal, document_id)

    @post(
        "/opened",
        operation_id="noteOpened",
        status_code=204,
        responses=problem_responses(NoSuchDocument, *ALWAYS),
    )
    async def opened(self, document_id: FromPath[UUID], principal: Caller, library: NamedDependency[Library]) -> None:
        """Note that the caller opened a document; fetching a ticket does it too."""
        await library.note_opened(principal, document_id)

    @put(
        "/folder",
        operation_id="putFolder",
        status_code=204,
        responses=problem_responses(InvalidRequest, NoSuchDocument, NoSuchFolder, *ALWAYS),
    )
    async def place(
        self,
        document_id: FromPath[UUID],
        data: JSONBody[Placing],
        principal: Caller,
        library: NamedDependency[Library],
    ) -> None:
        """File a document into one of the caller's own folders, or into none."""
        await library.place(principal, document_id, data.folder)


class FoldersController(Controller):
    path = "/api/documents/folders"
    tags = ("library",)
    security = BEARER_SECURITY

    @get("/", operation_id="listFolders", responses=problem_responses(InvalidRequest, *ALWAYS))
    async def page(
        self,
        principal: Caller,
        library: NamedDependency[Library],
        cursor: FromQuery[str | None] = None,
        limit: Limit = MAX_FOLDERS,
    ) -> FolderPage:
        """The caller's own folders, oldest first."""
        return await library.folders(principal, cursor=cursor, limit=limit)

    @post(
        "/",
        operation_id="createFolder",
        response_headers=[ETAG],
        responses=problem_responses(
            InvalidRequest, NoSuchFolder, FoldersTooDeep, TooManyFolders, IdempotencyKeyReused, *ALWAYS
        ),
    )
    async def create(
        self,
        data: JSONBody[NewFolder],
        principal: Caller,
        library: NamedDependency[Library],
        idempotency_key: IdempotencyKey = None,
    ) -> Response[Folder]:
        """Make a folder."""
        return tagged(await library.create_folder(principal, data, key=idempotency_key))

    @patch(
        "/{folder_id:uuid}",
        operation_id="updateFolder",
        response_headers=[ETAG],
        responses=problem_responses(
            InvalidRequest, NoSuchFolder, FolderCycle, FoldersTooDeep, PreconditionFailed, *ALWAYS
        ),
    )
    async def change(
        self,
        folder_id: FromPath[UUID],
        data: JSONBody[FolderChange],
        principal: Caller,
        library: NamedDependency[Library],
        if_match: IfMatch = None,
    ) -> Response[Folder]:
        """Rename a folder, or move it into another."""
        expected = expected_versions(if_match)
        return tagged(await library.change_folder(principal, folder_id, data, expected=expected))

    @delete("/{folder_id:uuid}", operation_id="deleteFolder", responses=problem_responses(NoSuchFolder, *ALWAYS))
    async def remove(self, folder_id: FromPath[UUID], principal: Caller, library: NamedDependency[Library]) -> None:
        """Delete a folder; what is in it moves to where it was."""
        await library.delete_folder(principal, folder_id)
