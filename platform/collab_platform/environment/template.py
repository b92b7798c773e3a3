"""The annotated environment file that ``collab env init`` writes: every setting, commented out, with its default."""

from __future__ import annotations

import json
import textwrap

from collab_platform.environment.leaves import Leaf, leaves
from collab_platform.environment.schema import SCHEMA_VERSION, Environment


def annotated_file(name: str) -> str:
    """The text of a new environment file. What is commented out is the default."""
    lines = [
        f"# The {name} environment of collab.",
        "# A value comes from --set KEY=VALUE, else its variable (COLLAB_GATEWAY_PORT), else here, else the default.",
        "# What is commented out below is the default.",
        "",
        f"version = {SCHEMA_VERSION}",
        'target = "local"',
    ]
    section = ""
    for leaf in leaves().values():
        if leaf.key in {"version", "target"}:
            continue
        if leaf.section != section:
            section = leaf.section
            doc = (type(getattr(Environment(), section)).__doc__ or "").strip()
            lines += ["", f"[{section}]", f"# {doc}"]
        lines += ["", *textwrap.wrap(leaf.description, 100, initial_indent="# ", subsequent_indent="# ")]
        if leaf.expected != "text" and "matching" not in leaf.expected:
            lines.append(f"# Expected: {leaf.expected}.")
        lines.append(f"# {leaf.name} = {_toml(leaf)}")
    return "\n".join(lines) + "\n"


def _toml(leaf: Leaf) -> str:
    return json.dumps(leaf.default)
