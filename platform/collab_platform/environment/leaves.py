"""The schema, flattened: one :class:`Leaf` for each value an operator may set."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta, Struct

from collab_platform.environment.schema import Environment, TargetName

# What only one target reads: whole sections, and leaves of sections that others read too.
_ONLY: dict[str, TargetName] = {
    "gateway.host": "local",
    "gateway.port": "local",
    "gateway.tls": "local",
    "services.ca_file": "local",
    "logs": "local",
    "kubernetes": "kubernetes",
    "aws": "kubernetes",
    "cloudflare": "kubernetes",
    "pulumi": "kubernetes",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One value of an environment.

    ``key`` is dotted (``gateway.port``), ``variable`` the name it has among the operator's variables
    (``COLLAB_GATEWAY_PORT``), ``type_`` the annotated type that validates it.
    """

    key: str
    type_: Any
    default: Any
    description: str
    examples: tuple[Any, ...]

    @property
    def variable(self) -> str:
        return "COLLAB_" + self.key.upper().replace(".", "_")

    @property
    def section(self) -> str:
        return self.key.rpartition(".")[0]

    @property
    def name(self) -> str:
        return self.key.rpartition(".")[2]

    @property
    def expected(self) -> str:
        """What a value must be, in words: ``an integer from 0 to 65535``."""
        return _describe(self.type_)

    def concerns(self, target: TargetName) -> bool:
        """Whether ``target`` reads it."""
        return _ONLY.get(self.key, _ONLY.get(self.section, target)) == target

    @property
    def table(self) -> type[Struct] | None:
        """What each entry of a list of tables (``[[auth.oidc]]``) is; None for every other value."""
        item = _item(self.type_)
        return item if isinstance(item, type) and issubclass(item, Struct) else None

    def parse(self, text: str) -> Any:
        """The value of a flag or variable; a list has commas between its items, one of tables is JSON.

        Raises ``msgspec.ValidationError``.
        """
        if self.table is not None:
            return msgspec.convert(json_of(text), self.type_)
        if _item(self.type_) is None:
            return msgspec.convert(text, self.type_, strict=False)
        return msgspec.convert([item.strip() for item in text.split(",") if item.strip()], self.type_)

    def check(self, value: object) -> Any:
        """The value from a file, whose types are already its own. Raises ``msgspec.ValidationError``."""
        return msgspec.convert(value, self.type_, strict=True)


def json_of(text: str) -> object:
    """A list of tables as a flag or variable says it. Raises ``msgspec.ValidationError``, which shows nothing of it."""
    try:
        return msgspec.json.decode(text or "[]")
    except msgspec.DecodeError:
        raise msgspec.ValidationError("Expected JSON") from None


@cache
def columns(table: type[Struct]) -> dict[str, Leaf]:
    """The values of a list's tables by their names; the default of one that is needed is ``msgspec.NODEFAULT``."""
    return {leaf.key: leaf for leaf in _walk(table, "")}


@cache
def leaves() -> dict[str, Leaf]:
    """Every leaf of :class:`Environment` by its key, in the order of the schema."""
    return {leaf.key: leaf for leaf in _walk(Environment, "")}


def _walk(struct: type[Struct], prefix: str) -> list[Leaf]:
    hints = get_type_hints(struct, include_extras=True)
    found: list[Leaf] = []
    for field in msgspec.structs.fields(struct):
        type_ = hints[field.name]
        if isinstance(type_, type) and issubclass(type_, Struct):
            found += _walk(type_, f"{prefix}{field.name}.")
            continue
        metas = _metas(type_)
        found.append(
            Leaf(
                key=prefix + field.name,
                type_=type_,
                default=field.default,
                description=next(meta.description for meta in reversed(metas) if meta.description),
                examples=tuple(next((meta.examples for meta in metas if meta.examples), ())),
            )
        )
    return found


def _metas(type_: Any) -> list[Meta]:
    return [item for item in getattr(type_, "__metadata__", ()) if isinstance(item, Meta)]


def _item(type_: Any) -> Any:
    """The type of a list's items; None for what is no list."""
    base = type_.__origin__ if _metas(type_) else type_
    return get_args(base)[0] if get_origin(base) is tuple else None


def _describe(type_: Any) -> str:
    metas = _metas(type_)
    base = type_.__origin__ if metas else type_
    if (item := _item(type_)) is not None:
        if isinstance(item, type) and issubclass(item, Struct):
            return f"a list of tables, each with {', '.join(columns(item))}"
        return f"a list, each item {_describe(item)}"
    if get_origin(base) is Literal:
        choices = [str(choice) for choice in get_args(base)]
        return "one of " + ", ".join(choices) if len(choices) > 1 else choices[0]
    if base is int:
        low = next((meta.ge for meta in metas if meta.ge is not None), None)
        high = next((meta.le for meta in metas if meta.le is not None), None)
        return f"an integer from {low:,} to {high:,}" if low is not None and high is not None else "an integer"
    if base is bool:
        return "true or false"
    pattern = next((meta.pattern for meta in metas if meta.pattern), None)
    return f"text matching {pattern}" if pattern else "text"
