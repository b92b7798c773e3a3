"""Taking one's data along, over HTTP."""

from typing import Final

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.response import Stream

from collab_kit.errors import PeerUnavailable, problem_responses
from collab_kit.guard import BEARER_SECURITY, Principal, SessionsOnly
from collab_user.controllers import ALWAYS
from collab_user.exporting.archive import Exports
from collab_user.problems import Busy, ProfilePending

__all__ = ["ExportController"]

_ZIP: Final = "application/zip"


class ExportController(Controller):
    path = "/api/users/me/export"
    tags = ("profiles",)
    security = BEARER_SECURITY

    @get(
        "/",
        operation_id="exportMe",
        media_type=_ZIP,
        responses={
            200: ResponseSpec(bytes, description="A ZIP archive.", media_type=_ZIP, generate_examples=False),
            **problem_responses(ProfilePending, Busy, PeerUnavailable, SessionsOnly, *ALWAYS),
        },
    )
    async def export(self, session_holder: NamedDependency[Principal], exports: NamedDependency[Exports]) -> Stream:
        """All that is known of oneself: profile, preferences, picture, teams, account and documents."""
        archive = await exports.make(session_holder.id)
        return Stream(
            archive.chunks(),
            media_type=_ZIP,
            headers={
                "Content-Length": str(archive.size_bytes),
                "Content-Disposition": 'attachment; filename="collab-export.zip"',
                "Cache-Control": "private, no-store",
                "X-Content-Type-Options": "nosniff",
            },
        )
