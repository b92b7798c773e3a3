"""Typed values from the words of a command line, by msgspec.

Typer has Pydantic do this, whose import takes longer than everything else that a short command does together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperArgument, TyperOption

if TYPE_CHECKING:
    # Typer carries its own copy of Click in a private package, yet names its types in the methods one overrides.
    from typer._click import Context, Parameter  # pyright: ignore[reportPrivateUsage]


class Coercion:
    """Stands in for Typer's ``RuntimeParam``: text, numbers, choices and lists of them."""

    def coerce(self, value: object, param: TyperOption | TyperArgument, ctx: Context) -> Any:
        """The value as the parameter's annotation has it. Raises ``typer.BadParameter``."""
        if value is None:
            return () if param.multiple or param.nargs == -1 else None
        import msgspec  # noqa: PLC0415 - `collab --help` does without

        try:
            converted = msgspec.convert(value, param.type_descriptor.annotation, strict=False)
        except msgspec.ValidationError:
            raise typer.BadParameter(f"expected {_expected(param)}, got {value!r}", ctx=ctx, param=param) from None
        return converted


_COERCION = Coercion()


def coerced_by_msgspec(parameters: list[Parameter]) -> list[Parameter]:
    """The same parameters, which from now on know nothing of Pydantic."""
    for parameter in parameters:
        parameter.get_runtime_param = lambda: _COERCION  # pyright: ignore[reportAttributeAccessIssue] - it is Typer's
    return parameters


def _expected(param: TyperOption | TyperArgument) -> str:
    descriptor = param.type_descriptor
    if descriptor.choices:
        return " or ".join(map(str, descriptor.choices))
    if descriptor.annotation is int:
        return "a whole number"
    return "text"
