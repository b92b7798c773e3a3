"""The auth service's side of a person: whether they may sign in, and as what."""

from typing import Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct, UnsetType

from collab_kit.errors import Conflict, PeerUnavailable
from collab_kit.http import Peer
from collab_user.problems import NoSuchPerson

__all__ = ["AccountState", "Accounts", "LastAdmin"]


class LastAdmin(Conflict):
    slug = "last-admin"
    title = "There would be no administrator left"


class AccountState(Struct, frozen=True, kw_only=True):
    """An account as the auth service has it; `version` counts its changes."""

    id: UUID
    email: str
    is_admin: bool
    disabled: bool
    verified: bool
    version: int | None = None


class _Change(Struct, frozen=True, kw_only=True):
    is_admin: bool | UnsetType
    disabled: bool | UnsetType
    by: UUID


class Accounts:
    def __init__(self, auth: Peer) -> None:
        self._auth = auth

    async def change(
        self, person: UUID, *, is_admin: bool | UnsetType = UNSET, disabled: bool | UnsetType = UNSET, by: UUID
    ) -> AccountState:
        """Raises `NoSuchPerson`, `LastAdmin`, `PeerUnavailable`."""
        body = msgspec.json.encode(_Change(is_admin=is_admin, disabled=disabled, by=by))
        answer = await self._call("PATCH", person, body)
        try:
            return msgspec.json.decode(answer, type=AccountState)
        except msgspec.DecodeError as error:
            raise PeerUnavailable("The auth service answered with something else.") from error

    async def end(self, person: UUID, *, by: UUID) -> None:
        """Remove the account for good; one that is gone is no error. Raises `LastAdmin`, `PeerUnavailable`."""
        await self._call("DELETE", person, msgspec.json.encode({"by": by}))

    async def _call(self, method: Literal["PATCH", "DELETE"], person: UUID, body: bytes) -> bytes:
        answer = await self._auth.call(method, f"/internal/accounts/{person}", body=body)
        slug = _slug(answer.content) if answer.is_client_error else ""
        if answer.status_code == 409 and slug == LastAdmin.slug:
            raise LastAdmin("Make somebody else an administrator first.")
        if answer.status_code == 404 and slug == "no-such-account":
            if method == "DELETE":
                return b""
            raise NoSuchPerson
        if not answer.is_success:
            raise PeerUnavailable(f"The auth service answered with status {answer.status_code}.")
        return answer.content


class _Problem(Struct, frozen=True):
    type: str = ""


def _slug(content: bytes) -> str:
    try:
        return msgspec.json.decode(content, type=_Problem).type.rpartition("/")[2]
    except msgspec.DecodeError:
        return ""
