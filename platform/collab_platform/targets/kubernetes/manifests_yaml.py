"""Manifests as YAML that every reader takes alike, in an order that does not change. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

import yaml

# Text that no YAML reader, of 1.1 or 1.2, could take for anything but text.
_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./:@-]*")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_TEXT = "tag:yaml.org,2002:str"
_HEAD = ("apiVersion", "kind", "metadata", "type", "name", "namespace")


class _Dumper(yaml.SafeDumper):
    """Indents lists, quotes what could be misread, writes long text as a block."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 - PyYAML's signature
        return super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _text(_dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    if "\n" in text and not re.search(r"[ \t]\n|\t", text):
        return yaml.ScalarNode(_TEXT, text, style="|")
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    return yaml.ScalarNode(_TEXT, text, style=None if plain else '"')


_Dumper.add_representer(str, _text)


def documents(manifests: Iterable[Mapping[str, Any]]) -> str:
    """One file of manifests, in the given order."""
    return "".join(f"---\n{_document(manifest)}" for manifest in manifests)


def sort_key(manifest: Mapping[str, Any]) -> tuple[str, str]:
    """Orders the objects of one part: by kind, then by name."""
    return str(manifest["kind"]), str(manifest["metadata"]["name"])


def _document(value: Mapping[str, Any]) -> str:
    return yaml.dump(_ordered(value), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)


def _ordered(value: Any) -> Any:
    if isinstance(value, Mapping):
        entries = {str(key): item for key, item in cast("Mapping[object, Any]", value).items()}
        first = [key for key in _HEAD if key in entries]
        return {key: _ordered(entries[key]) for key in [*first, *sorted(entries.keys() - set(first))]}
    if isinstance(value, list):
        return [_ordered(item) for item in cast("list[Any]", value)]
    return value
