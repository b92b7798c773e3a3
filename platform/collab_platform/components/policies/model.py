"""What policies read and what they answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

Properties = Mapping[str, Any]
# What Pulumi writes for a value that a preview cannot know (``pulumi.runtime.rpc.UNKNOWN``), spelled out so that
# policies can be run where Pulumi is not installed.
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A resource as a program declares it. ``type`` is Pulumi's token, ``aws:rds/instance:Instance``."""

    type: str
    name: str
    properties: Properties


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """``resource`` breaks ``policy``; ``remedy`` says what it should be instead."""

    policy: str
    resource: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.resource}: {self.policy}: {self.remedy}"


class Policy(Protocol):
    """Yields a remedy for each way in which a resource breaks the policy."""

    def __call__(self, declared: Declared, *, production: bool) -> Iterator[str]: ...


def mapping(value: object) -> Properties:
    """``value`` where it is an object, else an empty one."""
    return cast("Properties", value) if isinstance(value, Mapping) else {}


def items(value: object) -> Sequence[Any]:
    """``value`` where it is a list, else an empty one."""
    return cast("Sequence[Any]", value) if isinstance(value, Sequence) and not isinstance(value, str) else ()
