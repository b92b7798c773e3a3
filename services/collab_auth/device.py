"""Where a request came from, as sessions and the audit log keep it."""

from typing import Any

from litestar import Request
from msgspec import Struct

from collab_kit.guard import client_address

__all__ = ["NO_DEVICE", "Device", "device_of"]

MAX_USER_AGENT_CHARS = 300


class Device(Struct, frozen=True):
    address: str | None
    user_agent: str | None


NO_DEVICE = Device(None, None)
"""Of what no request began: a command of the operator, work in the background."""


def device_of(request: Request[Any, Any, Any]) -> Device:
    """What the browser says of itself is cut to a bounded length, and to what can be printed and stored."""
    stated = request.headers.get("user-agent", "")[:MAX_USER_AGENT_CHARS]
    printable = "".join(each for each in stated if each.isprintable())
    return Device(client_address(request), printable or None)
