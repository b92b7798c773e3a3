"""The annotated environment file that ``collab env init`` writes: every setting of its target, explained.

What is commented out is the default. A file for Kubernetes begins with values that make sense there: two pods of
each part, so that none is missed while it is replaced.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from typing import Any

from collab_platform.environment.leaves import Leaf, columns, leaves
from collab_platform.environment.schema import SCHEMA_VERSION, Environment, TargetName

START: Mapping[TargetName, Mapping[str, Any]] = {
    "local": {},
    "kubernetes": {
        "site.public_url": "https://docs.example.org",
        "services.auth_replicas": 2,
        "services.user_replicas": 2,
        "services.document_replicas": 2,
        "collaboration.replicas": 2,
        "postgresql.shared_buffers_mb": 256,
        "postgresql.max_connections": 200,
        "valkey.max_memory_mb": 256,
    },
}
"""What a new file sets, by target."""


def annotated_file(name: str, target: TargetName = "local") -> str:
    """The text of a new environment file."""
    lines = [
        f"# The {name} environment of collab.",
        "# A value comes from --set KEY=VALUE, else its variable (COLLAB_GATEWAY_PORT), else here, else the default.",
        "# What is commented out below is the default.",
        "",
        f"version = {SCHEMA_VERSION}",
        f'target = "{target}"',
    ]
    section = ""
    for leaf in leaves().values():
        if leaf.key in {"version", "target"} or not leaf.concerns(target):
            continue
        if leaf.table is not None:
            lines += _tables(leaf)
            continue
        if leaf.section != section:
            section = leaf.section
            doc = (type(getattr(Environment(), section)).__doc__ or "").strip()
            lines += ["", f"[{section}]", f"# {doc}"]
        lines += ["", *_wrapped(leaf.description)]
        lines += [f"# Expected: {leaf.expected}."] if _is_worth_saying(leaf.expected) else []
        lines += [f"# For example: {json.dumps(leaf.examples[0])}."] if _needs_example(leaf) else []
        start = START[target]
        lines.append(f"{leaf.name} = {json.dumps(start[leaf.key])}" if leaf.key in start else _commented(leaf))
    return "\n".join(lines) + "\n"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 100, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)


def _tables(leaf: Leaf) -> list[str]:
    """A list of tables: an entry as it could be, commented out."""
    lines = ["", *_wrapped(leaf.description)]
    lines.append(f"# [[{leaf.key}]]")
    if leaf.table is None or not leaf.examples:
        return lines
    shown = leaf.examples[0][0]
    for name, column in columns(leaf.table).items():
        lines.append(f"# {name} = {json.dumps(shown.get(name, column.default))}  # {column.description}")
    return lines


def _is_worth_saying(expected: str) -> bool:
    return expected != "text" and "matching" not in expected and not expected.startswith("a list")


def _needs_example(leaf: Leaf) -> bool:
    """An empty list does not show what its items look like."""
    return isinstance(leaf.default, tuple) and bool(leaf.examples)


def _commented(leaf: Leaf) -> str:
    return f"# {leaf.name} = {json.dumps(leaf.default)}"
