"""What an expression asks for: enough of PromQL's grammar to find the metrics in it, and the labels asked of each."""

from __future__ import annotations

import re
from collections.abc import Iterator

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")
_RANGE = re.compile(r"\[[^\]]*\]")
_METRIC = re.compile(r"(?<![\w:.])([a-zA-Z_:][\w:]*)\s*(?:\{([^}]*)\})?(?!\s*\()(?![\w:])")
_LABEL = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
_WORDS = {"and", "or", "unless", "bool", "offset", "inf", "nan"}


def metrics(expression: str) -> Iterator[tuple[str, frozenset[str]]]:
    """Each metric that `expression` reads, with the labels that it is selected by."""
    bare = _RANGE.sub("", _GROUPING.sub("", _STRING.sub('""', expression)))
    for name, selector in _METRIC.findall(bare):
        if name not in _WORDS:
            yield name, frozenset(_LABEL.findall(selector))


def grouped_by(expression: str) -> frozenset[str]:
    """The labels that `expression` aggregates by."""
    found = re.findall(r"\bby\s*\(([^)]*)\)", expression)
    return frozenset(label.strip() for labels in found for label in labels.split(",") if label.strip())
