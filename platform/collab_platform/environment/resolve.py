"""One environment from its layers: flag > variable > file > default, each value with its origin."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

import msgspec

from collab_platform.environment.leaves import Leaf, columns, json_of, leaves
from collab_platform.environment.rules import contradictions
from collab_platform.environment.schema import Environment
from collab_platform.errors import EnvironmentInvalidError

OriginKind = Literal["flag", "variable", "file", "default"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from; ``where`` is the flag, the variable or the file."""

    kind: OriginKind
    where: str = ""


@dataclass(frozen=True, slots=True)
class Resolved:
    """An environment and, for each leaf key, the origin of its value."""

    name: str
    environment: Environment
    origins: Mapping[str, Origin]


def resolve(
    *,
    name: str,
    file: Mapping[str, Any],
    file_name: str,
    variables: Mapping[str, str],
    flags: Mapping[str, str],
) -> Resolved:
    """Merge the layers and validate every value by its own type, then what values say together.

    ``file`` is the parsed TOML, ``variables`` the process environment, ``flags`` the ``--set`` pairs by dotted key.
    Raises :class:`EnvironmentInvalidError` naming every fault at once.
    """
    faults: list[str] = []
    flat = _flatten(file, file_name, faults)
    faults += [f"--set {key}: no such setting{_did_you_mean(key)}" for key in flags if key not in leaves()]
    values: dict[str, Any] = {}
    origins: dict[str, Origin] = {}
    wrong: set[str] = set()
    for key, leaf in leaves().items():
        origin, raw = _pick(leaf, flat, file_name, variables, flags)
        origins[key] = origin
        if origin.kind == "default":
            values[key] = leaf.default
            continue
        try:
            values[key] = leaf.check(raw) if origin.kind == "file" else leaf.parse(str(raw))
        except msgspec.ValidationError:
            faults += [_fault(leaf, origin, raw)] if leaf.table is None else _table_faults(leaf, origin, raw)
            values[key] = leaf.default
            wrong.add(key)
    environment = _build(values)
    faults += [
        f"{_where(key, origins[key], file_name)}: {problem}"
        for key, asked, problem in contradictions(environment)
        if wrong.isdisjoint((key, *asked))
    ]
    if faults:
        raise EnvironmentInvalidError(
            f"environment {name!r}: {faults[0]}" + (f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""),
            remedy=f"Correct it; `collab env explain -e {name}` lists every setting with its meaning.",
            details=tuple(faults),
        )
    return Resolved(name=name, environment=environment, origins=origins)


def _pick(
    leaf: Leaf,
    flat: Mapping[str, Any],
    file_name: str,
    variables: Mapping[str, str],
    flags: Mapping[str, str],
) -> tuple[Origin, object]:
    if leaf.key in flags:
        return Origin("flag", f"--set {leaf.key}"), flags[leaf.key]
    if leaf.variable in variables:
        return Origin("variable", leaf.variable), variables[leaf.variable]
    if leaf.key in flat:
        return Origin("file", file_name), flat[leaf.key]
    return Origin("default"), leaf.default


def _flatten(file: Mapping[str, Any], file_name: str, faults: list[str]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    sections = {leaf.section for leaf in leaves().values()}
    for key, value in file.items():
        if key in sections:
            if not isinstance(value, Mapping):
                faults.append(f"{file_name}: {key} is a table, for example [{key}]")
                continue
            for inner in value:  # pyright: ignore[reportUnknownVariableType] - TOML is typed leaf by leaf below
                flat[f"{key}.{inner}"] = value[inner]
        else:
            flat[key] = value
    for key in [key for key in flat if key not in leaves()]:
        faults.append(f"{file_name}: {key}: no such setting{_did_you_mean(key)}")
        del flat[key]
    return flat


def _did_you_mean(key: str, known: Iterable[str] | None = None) -> str:
    near = difflib.get_close_matches(key, leaves() if known is None else known, n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""


def _fault(leaf: Leaf, origin: Origin, raw: object) -> str:
    example = leaf.examples[0] if leaf.examples else leaf.default
    hint = f", for example {example!r}" if example not in ("", ()) else ""
    return f"{_where(leaf.key, origin, origin.where)}: expected {leaf.expected}{hint}, got {raw!r}"


def _table_faults(leaf: Leaf, origin: Origin, raw: object) -> list[str]:
    """What is wrong in a list of tables, entry by entry. What was written is not shown: it may hold a secret."""
    try:
        entries: object = json_of(str(raw)) if origin.kind != "file" else raw
    except msgspec.ValidationError:
        entries = None
    where = _where(leaf.key, origin, origin.where)
    if leaf.table is None or not isinstance(entries, list):
        return [f"{where}: expected {leaf.expected}: a table [[{leaf.key}]] for each"]
    known = columns(leaf.table)
    found: list[str] = []
    for number, entry in enumerate(cast("list[object]", entries), 1):
        at = f"{where}: entry {number}"
        if not isinstance(entry, Mapping):
            found.append(f"{at}: expected a table [[{leaf.key}]]")
            continue
        given = cast("Mapping[str, object]", entry)
        found += [f"{at}: {name}: no such setting{_did_you_mean(name, known)}" for name in given if name not in known]
        for name, column in known.items():
            if name not in given and column.default is not msgspec.NODEFAULT:
                continue
            try:
                column.check(given[name])
            except (KeyError, msgspec.ValidationError):
                example = f", for example {column.examples[0]!r}" if column.examples else ""
                found.append(f"{at}: {name}: expected {column.expected}{example}")
    return found or [f"{where}: expected {leaf.expected}"]


def _where(key: str, origin: Origin, file_name: str) -> str:
    """Where to correct a value that does not go with another one."""
    return f"{file_name}: {key}" if origin.kind in {"file", "default"} else origin.where


def _build(values: Mapping[str, Any]) -> Environment:
    tree: dict[str, Any] = {}
    for key, value in values.items():
        *path, last = key.split(".")
        node = tree
        for part in path:
            node = node.setdefault(part, {})
        node[last] = value
    return msgspec.convert(tree, Environment)
