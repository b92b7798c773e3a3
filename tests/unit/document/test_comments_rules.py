"""What a comment may be."""

import base64
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab_document.comments.rules import parse_body, parse_mentions, parse_position, parse_quote
from collab_kit.errors import InvalidRequest


@given(st.text(max_size=5000))
def test_a_body_that_is_taken_can_be_stored_and_is_taken_again(text: str):
    try:
        body = parse_body(text)
    except InvalidRequest:
        return
    assert 0 < len(body) <= 4000
    assert "\x00" not in body
    assert parse_body(body) == body


@pytest.mark.parametrize("text", ["", " \n\t ", "x" * 4001, "a\x00", "a\x1b[0m", "a\x85b", "a\x7f"])
def test_bodies_that_are_refused(text: str):
    with pytest.raises(InvalidRequest):
        parse_body(text)


@pytest.mark.parametrize("text", ["x", "x" * 4000, "  two\n\tlines ", "مرحبا", "👩‍👩‍👧", "a\r\nb"])
def test_bodies_that_are_taken(text: str):
    assert parse_body(text) == text.replace("\r\n", "\n").strip()


@given(st.text(max_size=600))
def test_a_quote_is_one_printable_line(text: str):
    try:
        quote = parse_quote(text)
    except InvalidRequest:
        return
    assert quote.isprintable()
    assert len(quote) <= 500


@given(st.binary(min_size=1, max_size=512))
def test_a_position_stays_as_it_is(raw: bytes):
    text = base64.b64encode(raw).decode()
    assert parse_position("anchor.start", text) == text


@pytest.mark.parametrize("text", ["", "=", "a b", "AAAA!", "AAA", "ä", base64.b64encode(b"x" * 513).decode()])
def test_positions_that_are_refused(text: str):
    with pytest.raises(InvalidRequest) as refused:
        parse_position("anchor.end", text)
    assert [error.field for error in refused.value.errors] == ["anchor.end"]


def test_mentions_count_once_each():
    people = [UUID(int=number) for number in range(20)]
    assert parse_mentions(people + people) == people
    with pytest.raises(InvalidRequest):
        parse_mentions([*people, uuid4()])
