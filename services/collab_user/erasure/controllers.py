"""Erasing oneself over HTTP; administrators erase others: see `collab_user.administration.controllers`."""

from litestar import Controller, delete
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Struct

from collab_kit.errors import FieldError, InvalidRequest, PeerUnavailable, problem_responses
from collab_kit.guard import BEARER_SECURITY, Principal, SessionsOnly
from collab_user.accounts import LastAdmin
from collab_user.controllers import ALWAYS
from collab_user.erasure.store import Erasures
from collab_user.problems import NoSuchPerson, ProfilePending
from collab_user.service import Profiles

__all__ = ["OwnErasureController"]


class Confirmation(Struct, frozen=True, forbid_unknown_fields=True):
    """`confirm` is one's own e-mail address."""

    confirm: str


class OwnErasureController(Controller):
    path = "/api/users"
    tags = ("profiles",)
    security = BEARER_SECURITY

    @delete(
        "/me",
        operation_id="eraseMe",
        responses=problem_responses(ProfilePending, NoSuchPerson, LastAdmin, PeerUnavailable, SessionsOnly, *ALWAYS),
    )
    async def erase_me(
        self,
        data: JSONBody[Confirmation],
        session_holder: NamedDependency[Principal],
        profiles: NamedDependency[Profiles],
        erasures: NamedDependency[Erasures],
    ) -> None:
        """Erase oneself: account, profile, picture, memberships and what one owns, everywhere and for good."""
        own = await profiles.own(session_holder.id)
        if data.confirm.strip().lower() != own.email:
            error = FieldError("confirm", "Expected your own e-mail address.")
            raise InvalidRequest("Nothing was erased.", errors=[error])
        await erasures.erase(session_holder.id, by=session_holder.id)
