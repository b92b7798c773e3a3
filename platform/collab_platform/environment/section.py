"""The base of every table of the environment file, and the kinds of values that several tables hold."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

AddressRange = Annotated[str, Meta(pattern=r"^[0-9A-Fa-f.:]+/[0-9]{1,3}$")]
FilePath = Annotated[str, Meta(max_length=1024)]
HostName = Annotated[str, Meta(pattern=r"^([0-9A-Za-z.:-]{3,253})?$")]


class Section(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the environment file."""
