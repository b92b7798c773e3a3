"""What would change within a resource, in lines that give no secret away. Pure.

The engine writes ``[secret]`` for what it knows to be secret. What a Kubernetes Secret holds is hidden whether it
knows or not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

REDACTED = "[secret]"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_LONGEST = 80
_MOST_LINES = 40
# What the cluster writes by itself is neither ours nor drift.
_NOISE = (
    "status",
    "metadata.managedFields",
    "metadata.resourceVersion",
    "metadata.generation",
    "metadata.uid",
    "metadata.creationTimestamp",
    "metadata.selfLink",
)
_PATH = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.\[\]]+)')
_ABSENT = object()


def diff_lines(
    type_: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None, paths: Mapping[str, str] | Sequence[str]
) -> tuple[str, ...]:
    """A line for each changed property; ``paths`` are Pulumi's property paths, with the kind of change if known.

    Where the engine names none, the two states are compared.
    """
    before, after = old or {}, new or {}
    kinds = dict(paths) if isinstance(paths, Mapping) else dict.fromkeys(paths, "")
    named = kinds or dict.fromkeys(changed_paths(before, after), "")
    lines = [
        _line(type_, path, kind, _at(before, path), _at(after, path))
        for path, kind in sorted(named.items())
        if not is_noise(path)
    ]
    if len(lines) > _MOST_LINES:
        return (*lines[:_MOST_LINES], f"and {len(lines) - _MOST_LINES} more")
    return tuple(lines)


def is_noise(path: str) -> bool:
    """Whether a property is the cluster's or Pulumi's own book-keeping."""
    return path.startswith("__") or any(
        path == noise or path.startswith((f"{noise}.", f"{noise}[")) for noise in _NOISE
    )


def changed_paths(before: object, after: object, prefix: str = "") -> Iterator[str]:
    """Paths of the leaves in which two property trees differ."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        old, new = cast("Mapping[str, Any]", before), cast("Mapping[str, Any]", after)
        for key in sorted({*old, *new}):
            step = key if re.fullmatch(r"[A-Za-z_$][\w$]*", key) else f'["{key}"]'
            path = prefix + (f".{step}" if prefix and not step.startswith("[") else step)
            yield from changed_paths(old.get(key, _ABSENT), new.get(key, _ABSENT), path)
    elif before != after:
        yield prefix


def _line(type_: str, path: str, kind: str, old: object, new: object) -> str:
    if _is_secret_place(type_, path):
        old, new = (REDACTED if value is not _ABSENT else value for value in (old, new))
    replaces = " (replaces it)" if kind.endswith("-replace") else ""
    if kind.startswith("add") or (old is _ABSENT and new is not _ABSENT):
        return f"+ {path}: {_shown(new)}{replaces}"
    if kind.startswith("delete") or (new is _ABSENT and old is not _ABSENT):
        return f"- {path}: {_shown(old)}{replaces}"
    return f"~ {path}: {_shown(old)} -> {_shown(new)}{replaces}"


def _is_secret_place(type_: str, path: str) -> bool:
    return type_.startswith("kubernetes:core/v1:Secret") and re.match(r"(data|stringData)\b", path) is not None


def _shown(value: object) -> str:
    if value is _ABSENT:
        return "nothing"
    if value == UNKNOWN:
        return "known after it is made"
    text = value if isinstance(value, str) else json.dumps(value, default=str, sort_keys=True)
    text = text.replace(UNKNOWN, "...").replace("\n", "\\n")
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _at(tree: object, path: str) -> object:
    for quoted, index, name in _PATH.findall(path):
        if isinstance(tree, Mapping):
            tree = cast("Mapping[str, Any]", tree).get(quoted or name or index, _ABSENT)
        elif isinstance(tree, list) and index:
            entries = cast("list[Any]", tree)
            tree = entries[int(index)] if int(index) < len(entries) else _ABSENT
        else:
            return _ABSENT
    return tree
