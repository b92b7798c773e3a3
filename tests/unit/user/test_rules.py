"""Conditions, cursors, and what people may write about teams and searches."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from collab_kit.errors import InvalidRequest
from collab_user.conditions import etag, parse_if_match
from collab_user.cursors import decode_cursor, encode_cursor
from collab_user.search.store import parse_query
from collab_user.service import avatar_url
from collab_user.teams.rules import (
    MemberCursor,
    TeamCursor,
    parse_idempotency_key,
    parse_who,
    start_of_members,
    start_of_teams,
)
from collab_user.teams.schemas import Membership

SOMEBODY = UUID("01890a5d-ac96-774b-bcce-b30209900000")


@pytest.mark.parametrize(
    ("header", "versions"),
    [
        (None, None),
        ("*", None),
        (" * ", None),
        ('"3"', [3]),
        ('W/"3"', [3]),
        ('"3", W/"4" ,"5"', [3, 4, 5]),
        ('"abc"', []),
        ("3", []),
        ("", []),
        ('"3" "4"', []),
        ('"' + "9" * 40 + '"', []),
        ('"-1"', []),
    ],
)
def test_only_our_own_tags_name_versions(header: str | None, versions: list[int] | None):
    assert parse_if_match(header) == versions


@given(st.integers(0, 10**18 - 1))
def test_what_was_read_may_be_changed(version: int):
    assert parse_if_match(etag(version)["ETag"]) == [version]


@given(st.text(max_size=200))
def test_any_header_is_read(header: str):
    parse_if_match(header)


@given(st.uuids())
def test_a_cursor_comes_back_as_it_was(id_: UUID):
    assert start_of_teams(encode_cursor(TeamCursor(id_))) == TeamCursor(id_)
    member = MemberCursor(datetime(2026, 1, 1, tzinfo=UTC), id_)
    assert start_of_members(encode_cursor(member)) == member


@given(st.text(max_size=60))
def test_a_made_up_cursor_is_refused(text: str):
    with pytest.raises(InvalidRequest):
        decode_cursor(text, TeamCursor)


@pytest.mark.parametrize("year", [1, 9999])
def test_a_cursor_at_the_end_of_the_calendar_is_refused(year: int):
    with pytest.raises(InvalidRequest):
        start_of_members(encode_cursor(MemberCursor(datetime(year, 1, 1, tzinfo=UTC), SOMEBODY)))


def test_a_cursor_of_another_list_is_refused():
    with pytest.raises(InvalidRequest):
        start_of_members(encode_cursor(TeamCursor(SOMEBODY)))


def test_who_is_said_in_one_way():
    assert parse_who(Membership(user_id=SOMEBODY, role="member")) == SOMEBODY
    assert parse_who(Membership(email=" Ada@Example.ORG ", role="member")) == "ada@example.org"
    for wrong in (
        Membership(role="member"),
        Membership(user_id=SOMEBODY, email="a@b.c", role="member"),
        *(Membership(email=email, role="member") for email in ("", "ada", "a\x00@b.c", "a@" + "b" * 254)),
    ):
        with pytest.raises(InvalidRequest):
            parse_who(wrong)
    assert Membership(role="manager").email is UNSET


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "ü", "a\n"])
def test_a_wrong_key_is_refused(key: str):
    with pytest.raises(InvalidRequest):
        parse_idempotency_key(key)


def test_a_key_is_what_the_client_says():
    assert parse_idempotency_key(None) is None
    assert parse_idempotency_key("x" * 255) == "x" * 255


def test_a_query_is_folded_and_bounded():
    assert parse_query("  Ada \t L ") == "Ada L"
    assert parse_query("   ") == ""
    for wrong in ("x" * 101, "a\x00b", "a\u202eb"):
        with pytest.raises(InvalidRequest):
            parse_query(wrong)


def test_a_picture_has_an_address_of_its_own():
    assert avatar_url(SOMEBODY, None) is None
    assert avatar_url(SOMEBODY, "ab" * 32) == f"/api/users/{SOMEBODY}/avatar?v={'ab' * 32}"
