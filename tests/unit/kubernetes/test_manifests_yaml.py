"""YAML that every reader takes alike."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from collab_platform.targets.kubernetes.manifests_yaml import documents

LEAVES = st.one_of(st.text(), st.integers(-(2**31), 2**31), st.booleans(), st.none())
TREES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(min_size=1), inner), max_leaves=12)


@given(st.dictionaries(st.text(min_size=1), TREES, min_size=1))
def test_what_is_written_is_what_is_read(tree: dict[str, Any]):
    assert list(yaml.safe_load_all(documents([tree]))) == [tree]


@pytest.mark.parametrize(
    "text", ["1e3", "0123", "0x1f", "12e5", "yes", "y", "on", "No", "null", "~", "1_000", "", "1.30"]
)
def test_text_that_could_be_a_number_or_a_word_of_yaml_is_quoted(text: str):
    assert documents([{"a": text}]) == f'---\na: "{text}"\n'


def test_text_of_several_lines_is_a_block():
    assert documents([{"a": "one\n  two\n"}]) == "---\na: |\n  one\n    two\n"


def test_the_order_is_always_the_same():
    one: dict[str, Any] = {
        "spec": {"b": 1, "a": [1]},
        "metadata": {"name": "x", "labels": {}},
        "kind": "K",
        "apiVersion": "v1",
    }
    text = documents([one])
    assert text.splitlines()[1:3] == ["apiVersion: v1", "kind: K"]
    assert text == documents([dict(reversed(one.items()))])
