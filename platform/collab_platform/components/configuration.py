"""A stack's configuration as one validated struct, read from ``pulumi config``.

Pulumi keeps every value as text, objects and lists as JSON. :func:`parse` is pure; :func:`load` asks Pulumi and turns
a fault into an error that ``pulumi up`` prints without a traceback.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec
import pulumi
from msgspec import Struct
from pulumi.runtime.config import CONFIG

from collab_platform.errors import EnvironmentInvalidError

T = TypeVar("T", bound=Struct)


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Base of every struct read from a stack's configuration; keys are in Pulumi's camelCase."""


def load(settings: type[T]) -> T:
    """The configuration of the running program. Raises ``pulumi.RunError``."""
    prefix = f"{pulumi.get_project()}:"
    values = {key.removeprefix(prefix): str(value) for key, value in CONFIG.get().items() if key.startswith(prefix)}
    try:
        return parse(values, settings, project=pulumi.get_project())
    except EnvironmentInvalidError as error:
        faults = "\n".join(f"  - {fault}" for fault in error.details)
        raise pulumi.RunError(f"{error.summary}\n{faults}\n{error.remedy}") from None


def parse(values: Mapping[str, str], settings: type[T], *, project: str) -> T:
    """``values`` (keys without their project) as ``settings``.

    Raises :class:`EnvironmentInvalidError` whose ``details`` name every fault; values themselves, which may be secret,
    are not repeated.
    """
    hints = get_type_hints(settings, include_extras=True)
    fields = {field.encode_name: field for field in msgspec.structs.fields(settings)}
    faults = [f"{project}:{key}: no such setting{_did_you_mean(key, fields)}" for key in values if key not in fields]
    tree: dict[str, object] = {}
    for key, field in fields.items():
        if key not in values:
            if field.required:
                faults.append(f"{project}:{key}: required; set it with `pulumi config set {key} ...`")
            continue
        try:
            tree[key] = values[key] if _is_text(hints[field.name]) else json.loads(values[key])
            msgspec.convert(tree[key], hints[field.name])
        except json.JSONDecodeError:
            faults.append(f"{project}:{key}: expected a number, true, false, or a list or object in JSON or YAML")
        except msgspec.ValidationError as error:
            faults.append(f"{project}:{key}: {error}")
    if not faults:
        try:
            return msgspec.convert(tree, settings)
        except msgspec.ValidationError as error:  # a rule that joins several fields
            faults.append(f"{project}: {error}")
    raise EnvironmentInvalidError(
        f"the configuration of stack project {project} has {len(faults)} fault{'s' if len(faults) > 1 else ''}",
        remedy="stacks/README.md lists every key.",
        details=tuple(faults),
    )


def _is_text(type_: Any) -> bool:
    base = type_.__origin__ if get_origin(type_) is Annotated else type_
    return base is str or (get_origin(base) is Literal and all(isinstance(choice, str) for choice in get_args(base)))


def _did_you_mean(key: str, known: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""
