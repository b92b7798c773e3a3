"""Whatever a value holds, nginx reads back exactly that value, as one word."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from collab_platform.gateway.quoting import UnquotableError, configuration_templates, quote, verbatim
from tests.unit.gateway.words import words

PRINTABLE = st.text(st.characters(min_codepoint=32, exclude_characters="$\x7f", exclude_categories=["Cs"]), min_size=1)


@given(PRINTABLE)
def test_a_value_is_read_back_as_it_was(value: str):
    assert words(f"root {quote(value)} after") == ["root", value, "after"]


@given(st.text(string.printable))
def test_a_value_is_quoted_refused_or_harmless(value: str):
    try:
        quoted = quote(value)
    except UnquotableError:
        assert "$" in value or any(character < " " for character in value)
    else:
        assert words(quoted or '""') == [value] or value == ""


def test_a_word_is_not_quoted_twice():
    assert quote(quote("a b")) == '"a b"'


def test_verbatim_keeps_variables():
    assert words(verbatim('a "$b" \\$')) == ['a "$b" \\$']


@pytest.mark.parametrize("value", [None, True, 1.5, ["a"]])
def test_only_text_numbers_and_paths_can_stand_in_a_configuration(value: object):
    with pytest.raises(TypeError):
        quote(value)


def test_every_expression_of_a_template_is_quoted_and_none_may_be_undefined():
    template = configuration_templates().from_string("root {{ folder }} {{ port }};")

    assert template.render(folder=Path("/a; b"), port=80) == 'root "/a; b" 80;'
    with pytest.raises(UndefinedError, match="'port' is undefined"):
        template.render(folder="/a")
