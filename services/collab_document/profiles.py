"""What the user service knows of people, for whoever asks it for some of that."""

from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar

import msgspec
from msgspec import Struct

from collab_kit.errors import PeerUnavailable
from collab_kit.http import Peer

__all__ = ["MAX_ASKED", "ask_profiles"]

MAX_ASKED = 100
"""As many ids as the user service takes in one call."""

T = TypeVar("T", bound=Struct)


class _Profiles(Struct, Generic[T], frozen=True):
    items: list[T]


async def ask_profiles(users: Peer, kind: type[T], query: Mapping[str, str | Sequence[str]]) -> list[T]:
    """Profiles by `id` or by `email`, of each as much as `kind` has. Raises `PeerUnavailable`."""
    response = await users.call("GET", "/internal/profiles", query=query)
    if response.status_code != 200:
        raise PeerUnavailable(f"The user service answered with status {response.status_code}.")
    try:
        return msgspec.json.decode(response.content, type=_Profiles[kind]).items
    except msgspec.DecodeError as error:
        raise PeerUnavailable("The user service answered with something else.") from error
