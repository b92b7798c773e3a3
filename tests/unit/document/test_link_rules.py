"""Tokens, passwords, expiry and roles of links."""

import itertools
from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import pytest

from collab_document.links.rules import (
    guest_id,
    hash_of,
    new_token,
    parse_expiry,
    parse_guest_name,
    parse_password,
    seconds_left,
    stronger,
)
from collab_document.problems import NoSuchLink
from collab_kit.errors import InvalidRequest
from collab_kit.tokens import Role

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ROLES: tuple[Role, ...] = ("owner", "editor", "commenter", "viewer")


def test_tokens_are_new_and_found_by_their_hash():
    tokens = {new_token() for _ in range(100)}
    assert len({hash_of(token) for token in tokens}) == 100
    assert {len(hash_of(token)) for token in tokens} == {32}


@pytest.mark.parametrize("token", ["", "a" * 42, "a" * 44, "a" * 42 + "=", "ä" * 43, "a" * 42 + "\n", "../" + "a" * 40])
def test_what_we_did_not_make_is_no_link(token: str):
    with pytest.raises(NoSuchLink):
        hash_of(token)


@pytest.mark.parametrize("password", ["", "short", "x" * 129, "half a char \ud800"])
def test_a_password_has_a_length_and_is_text(password: str):
    with pytest.raises(InvalidRequest):
        parse_password(password)


def test_a_password_stays_as_it_is():
    assert parse_password("  pass wörd ") == "  pass wörd "


@pytest.mark.parametrize("expiry", [NOW, NOW - timedelta(1), NOW + timedelta(4000), datetime(2026, 2, 1)])  # noqa: DTZ001
def test_an_expiry_is_in_the_future(expiry: datetime):
    with pytest.raises(InvalidRequest):
        parse_expiry(expiry, NOW)


def test_an_expiry_is_kept_in_universal_time():
    given = datetime(2026, 1, 1, 3, tzinfo=timezone(timedelta(hours=2)))
    assert parse_expiry(given, NOW) == datetime(2026, 1, 1, 1, tzinfo=UTC)


def test_the_stronger_of_two_roles():
    for (place, one), (other_place, other) in itertools.product(enumerate(ROLES), repeat=2):
        assert stronger(one, other) == ROLES[min(place, other_place)]
    assert stronger("viewer", None) == "viewer"


def test_what_is_left_of_a_link():
    assert seconds_left(None, NOW) is None
    assert seconds_left(NOW + timedelta(seconds=90.5), NOW) == 90
    assert seconds_left(NOW + timedelta(milliseconds=1), NOW) == 1


def test_a_guest_is_the_same_for_the_same_key_and_link():
    link, key = uuid4(), new_token()
    assert guest_id(link, key) == guest_id(link, key)
    assert len({guest_id(link, key), guest_id(uuid4(), key), guest_id(link, new_token())}) == 3


@pytest.mark.parametrize("key", ["", "short", "x" * 44, "=" * 43])
def test_a_guests_key_is_as_long_as_a_token(key: str):
    with pytest.raises(InvalidRequest):
        guest_id(uuid4(), key)


def test_a_guest_has_a_name():
    assert parse_guest_name("  Mia \t Muster ") == "Mia Muster"
    assert parse_guest_name(" ") == "Guest"
    assert parse_guest_name("x" * 60) == "x" * 60


@pytest.mark.parametrize("name", ["x" * 61, "a\u202eb", "\ud83c", "a\x00b"])
def test_a_guests_name_is_one_short_line_of_text(name: str):
    with pytest.raises(InvalidRequest):
        parse_guest_name(name)
