"""What was typed, and where a page of hits ends."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab_document.search.rules import MAX_QUERY_CHARS, decode_cursor, encode_cursor, parse_query, storable
from collab_kit.errors import InvalidRequest


@pytest.mark.parametrize(
    ("text", "before", "prefix"),
    [
        ("meet", "", "'meet':*"),
        ("  minutes  of\tmeet ", "minutes of", "'meet':*"),
        ('"minutes of" mon', '"minutes of"', "'mon':*"),
        ("日本", "", "'日本':*"),
        ('"minutes of"', '"minutes of"', None),
        ('"minutes of mon', '"minutes of mon', None),
        ("minutes -mon", "minutes -mon", None),
        ("minutes or", "minutes or", None),
        ("minutes or mon", "minutes or mon", None),
        ("or mon", "or mon", None),
        ("door mon", "door", "'mon':*"),
        ("wait...", "wait...", None),
        ("o'neil", "o'neil", None),
    ],
)
def test_the_last_word_may_be_unfinished(text: str, before: str, prefix: str | None):
    asked = parse_query(text)
    assert (asked.before, asked.prefix) == (before, prefix)


@pytest.mark.parametrize("text", ["", " \n", "\x00", "x" * (MAX_QUERY_CHARS + 1)])
def test_a_search_has_a_length(text: str):
    with pytest.raises(InvalidRequest) as raised:
        parse_query(text)
    assert [error.field for error in raised.value.errors] == ["q"]


@given(st.text(max_size=MAX_QUERY_CHARS))
def test_nothing_that_means_something_to_postgresql_is_in_the_prefix(text: str):
    try:
        prefix = parse_query(text).prefix
    except InvalidRequest:
        return
    assert prefix is None or prefix.removeprefix("'").removesuffix("':*").isalnum()


@given(st.text())
def test_what_is_stored_can_be(text: str):
    assert "\x00" not in storable(text)
    storable(text).encode()


@given(st.floats(allow_nan=False, allow_infinity=False, width=32), st.uuids())
def test_a_cursor_comes_back_as_it_went(rank: float, document: UUID):
    cursor = decode_cursor(encode_cursor(rank, document))
    assert (cursor.rank, cursor.id) == (rank, document)


@given(st.text(max_size=100))
def test_any_text_is_a_cursor_or_an_error(text: str):
    try:
        decode_cursor(text)
    except InvalidRequest:
        return
