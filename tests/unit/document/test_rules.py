"""Cursors, titles, keys and preconditions."""

import base64
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab_document.problems import PreconditionFailed
from collab_document.rules import (
    FIRST_PAGE,
    MAX_TITLE_CHARS,
    Listing,
    decode_cursor,
    encode_cursor,
    etag_of,
    expected_versions,
    parse_key,
    parse_name,
    parse_title,
    require_version,
)
from collab_kit.errors import InvalidRequest

LISTINGS: tuple[Listing, ...] = ("all", "mine", "shared", "favourites", "recent", "trash", "folder")


@given(st.sampled_from(LISTINGS), st.datetimes(timezones=st.just(UTC)), st.uuids())
def test_a_cursor_comes_back_as_it_went(listing: Listing, at: datetime, document: UUID):
    cursor = decode_cursor(encode_cursor(listing, at, document), listing)
    assert (cursor.at, cursor.id) == (at, document)


@given(st.datetimes(timezones=st.just(UTC)), st.uuids())
def test_a_cursor_needs_no_escaping_in_a_query(at: datetime, document: UUID):
    assert set(encode_cursor("all", at, document)) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    )


def test_a_cursor_is_of_one_list_only():
    cursor = encode_cursor("recent", datetime.now(UTC), UUID(int=1))
    with pytest.raises(InvalidRequest):
        decode_cursor(cursor, "favourites")


def test_no_cursor_is_the_first_page():
    assert decode_cursor(None, "mine") is FIRST_PAGE


def encoded(raw: str) -> str:
    return base64.urlsafe_b64encode(raw.encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "text",
    ["", "abc", "ünicode", "=" * 8, "A" * 600, encoded("null"), encoded("[]"), encoded("{}"),
     encoded('[1,"2026-01-01T00:00:00Z","01890a5d-ac96-774b-bcce-b302099a8057"]'),
     encoded('[3,"all","2026-01-01T00:00:00Z","01890a5d-ac96-774b-bcce-b302099a8057"]'),
     encoded('[2,"all","2026-01-01T00:00:00","01890a5d-ac96-774b-bcce-b302099a8057"]'),
     encoded('[2,"every","2026-01-01T00:00:00Z","01890a5d-ac96-774b-bcce-b302099a8057"]'),
     encoded('[2,"all","2026-01-01T00:00:00Z","01890a5d-ac96-774b-bcce-b302099a8057",1]'),
     encoded('[2,"all","2026-01-01T00:00:00Z","nobody"]')],
)  # fmt: skip
def test_what_we_did_not_encode_is_refused(text: str):
    with pytest.raises(InvalidRequest) as raised:
        decode_cursor(text, "all")
    assert [error.field for error in raised.value.errors] == ["cursor"]


@given(st.text(max_size=300))
def test_any_text_is_a_cursor_or_an_error(text: str):
    try:
        decode_cursor(text, "all")
    except InvalidRequest:
        return


@pytest.mark.parametrize(
    ("title", "parsed"), [("", ""), ("  \n ", ""), (" a \t b\n", "a b"), ("Ünïcödé 文書", "Ünïcödé 文書")]
)
def test_white_space_is_folded(title: str, parsed: str):
    assert parse_title(title) == parsed


@pytest.mark.parametrize("title", ["x" * (MAX_TITLE_CHARS + 1), "a\x00b", "a\u202eb", "\ufeff", "\ud800"])
def test_a_title_is_short_and_printable(title: str):
    with pytest.raises(InvalidRequest):
        parse_title(title)


def test_a_name_is_a_title_that_is_not_empty():
    assert parse_name("  Meetings\t2026 ") == "Meetings 2026"
    with pytest.raises(InvalidRequest):
        parse_name(" ")


@pytest.mark.parametrize("key", ["", "x" * 256, "tëst", "a\nb"])
def test_a_key_is_short_and_printable_ascii(key: str):
    with pytest.raises(InvalidRequest):
        parse_key(key)


def test_a_key_may_be_missing():
    assert parse_key(None) is None
    assert parse_key("8e03978e-40d5") == "8e03978e-40d5"


@given(st.integers(min_value=1, max_value=2**40))
def test_an_etag_names_its_version(version: int):
    assert expected_versions(etag_of(version)) == {version}


@pytest.mark.parametrize(
    ("header", "versions"),
    [(None, None), ("*", None), (" * ", None), ('"3"', {3}), ('"3", "4"', {3, 4}), ('W/"3"', set[int]()),
     ('"abc"', set[int]()), ('""', set[int]()), ('"' + "9" * 30 + '"', set[int]()), ('"-1"', set[int]())],
)  # fmt: skip
def test_which_versions_a_header_names(header: str | None, versions: set[int] | None):
    assert expected_versions(header) == versions


@pytest.mark.parametrize("header", ["", "3", '"3', '"a" "b"', 'w/"3"', ","])
def test_what_is_no_such_header_is_refused(header: str):
    with pytest.raises(InvalidRequest) as raised:
        expected_versions(header)
    assert [error.field for error in raised.value.errors] == ["If-Match"]


def test_only_a_version_that_was_named_will_do():
    require_version(None, 3)
    require_version({2, 3}, 3)
    for expected in (set[int](), {2}):
        with pytest.raises(PreconditionFailed):
            require_version(expected, 3)
