"""Cursors and titles."""

import base64
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab_document.rules import FIRST_PAGE, MAX_TITLE_CHARS, decode_cursor, encode_cursor, parse_title
from collab_kit.errors import InvalidRequest


@given(st.datetimes(timezones=st.just(UTC)), st.uuids())
def test_a_cursor_comes_back_as_it_went(edited_at: datetime, document: UUID):
    cursor = decode_cursor(encode_cursor(edited_at, document))
    assert (cursor.edited_at, cursor.id) == (edited_at, document)


@given(st.datetimes(timezones=st.just(UTC)), st.uuids())
def test_a_cursor_needs_no_escaping_in_a_query(edited_at: datetime, document: UUID):
    assert set(encode_cursor(edited_at, document)) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    )


def test_no_cursor_is_the_first_page():
    assert decode_cursor(None) is FIRST_PAGE


def encoded(raw: str) -> str:
    return base64.urlsafe_b64encode(raw.encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "text",
    ["", "abc", "ünicode", "=" * 8, encoded("null"), encoded("[]"), encoded("{}"),
     encoded('[2,"2026-01-01T00:00:00Z","01890a5d-ac96-774b-bcce-b302099a8057"]'),
     encoded('[1,"2026-01-01T00:00:00","01890a5d-ac96-774b-bcce-b302099a8057"]'),
     encoded('[1,"2026-01-01T00:00:00Z","nobody"]')],
)  # fmt: skip
def test_what_we_did_not_encode_is_refused(text: str):
    with pytest.raises(InvalidRequest) as raised:
        decode_cursor(text)
    assert [error.field for error in raised.value.errors] == ["cursor"]


@given(st.text(max_size=300))
def test_any_text_is_a_cursor_or_an_error(text: str):
    try:
        decode_cursor(text)
    except InvalidRequest:
        return


@pytest.mark.parametrize(
    ("title", "parsed"), [("", ""), ("  \n ", ""), (" a \t b\n", "a b"), ("Ünïcödé 文書", "Ünïcödé 文書")]
)
def test_white_space_is_folded(title: str, parsed: str):
    assert parse_title(title) == parsed


@pytest.mark.parametrize("title", ["x" * (MAX_TITLE_CHARS + 1), "a\x00b", "a\u202eb", "\ufeff"])
def test_a_title_is_short_and_printable(title: str):
    with pytest.raises(InvalidRequest):
        parse_title(title)
