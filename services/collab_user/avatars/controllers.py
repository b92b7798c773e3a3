"""Pictures over HTTP."""

from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, put
from litestar.datastructures import ResponseHeader
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIFormat, OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.params import FromPath, QueryParameter

from collab_kit.errors import StoreUnavailable, problem_responses
from collab_kit.guard import BEARER_SECURITY, Caller
from collab_user.avatars.problems import NoSuchAvatar, NotAnImage
from collab_user.avatars.store import Avatars
from collab_user.avatars.studio import Studio
from collab_user.conditions import ETAG_HEADER, etag
from collab_user.controllers import ALWAYS
from collab_user.objects import Objects, StorageNotConfigured
from collab_user.problems import Busy, ProfilePending
from collab_user.schemas import Profile
from collab_user.service import present

__all__ = ["MAX_AVATAR_BYTES", "AvatarsController", "OwnAvatarController"]

MAX_AVATAR_BYTES: Final = 5 * 1024 * 1024
_SENT: Final = ("image/png", "image/jpeg", "image/webp", "image/gif")
_WEBP: Final = "image/webp"
ContentHash = Annotated[
    str, QueryParameter(name="v", pattern="^[0-9a-f]{64}$", description="As `avatar_url` of the profile has it.")
]


@dataclass
class AvatarOperation(Operation):
    """Litestar describes bodies by the types that handlers take, and has none for an image."""

    def __post_init__(self) -> None:
        image = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
        self.request_body = RequestBody(
            content={kind: OpenAPIMediaType(schema=image) for kind in _SENT},
            description=f"At most {MAX_AVATAR_BYTES} bytes and 25 million pixels.",
            required=True,
        )


class OwnAvatarController(Controller):
    path = "/api/users/me/avatar"
    tags = ("profiles",)
    security = BEARER_SECURITY

    @put(
        "/",
        operation_id="putAvatar",
        operation_class=AvatarOperation,
        request_max_body_size=MAX_AVATAR_BYTES,
        responses=problem_responses(NotAnImage, ProfilePending, Busy, StorageNotConfigured, *ALWAYS),
        response_headers=[ETAG_HEADER],
    )
    async def upload(
        self,
        request: Request[Any, Any, Any],
        principal: Caller,
        objects: NamedDependency[Objects],
        studio: NamedDependency[Studio],
        avatars: NamedDependency[Avatars],
    ) -> Response[Profile]:
        """Have a picture, or another one: a PNG, JPEG, WebP or GIF, of which the middle is taken as a square."""
        objects.require_storage()
        row = await avatars.put(principal.id, await studio.draw(await request.body()))
        return Response(present(row), headers=etag(row.version))

    @delete(
        "/",
        operation_id="deleteAvatar",
        status_code=200,
        responses=problem_responses(ProfilePending, *ALWAYS),
        response_headers=[ETAG_HEADER],
    )
    async def remove(self, principal: Caller, avatars: NamedDependency[Avatars]) -> Response[Profile]:
        """Have no picture; the answer is the profile without it."""
        row = await avatars.remove(principal.id)
        return Response(present(row), headers=etag(row.version))


class AvatarsController(Controller):
    """For everybody: see `collab_user.service.avatar_url`."""

    path = "/api/users"
    tags = ("profiles",)

    @get(
        "/{user_id:uuid}/avatar",
        operation_id="getAvatar",
        media_type=_WEBP,
        responses={
            200: ResponseSpec(bytes, description="256 pixels square.", media_type=_WEBP, generate_examples=False),
            **problem_responses(NoSuchAvatar, StorageNotConfigured, StoreUnavailable),
        },
        response_headers=[
            # A day, not a year: within it the caches forget a person who is erased.
            ResponseHeader(name="Cache-Control", value="public, max-age=86400, immutable"),
            ResponseHeader(name="X-Content-Type-Options", value="nosniff"),
            ResponseHeader(name="Content-Security-Policy", value="default-src 'none'; sandbox"),
        ],
    )
    async def one(
        self, user_id: FromPath[UUID], content_hash: ContentHash, avatars: NamedDependency[Avatars]
    ) -> Response[bytes]:
        """Someone's picture. What a URL shows never changes."""
        content = await avatars.read(user_id, content_hash)
        return Response(content, media_type=_WEBP, headers={"ETag": f'"{content_hash}"'})
