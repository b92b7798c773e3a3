"""Colours and changes of a profile."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from collab_kit.errors import InvalidRequest
from collab_user.schemas import ProfileChange
from collab_user.service import PALETTE, choose_color, parse_change


def luminance(color: str) -> float:
    """Relative luminance, WCAG 2.2."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("color", PALETTE)
def test_white_letters_can_be_read_on_every_color(color: str):
    assert 1.05 / (luminance(color) + 0.05) >= 4.5


@given(st.uuids())
def test_a_person_keeps_their_color(person: UUID):
    assert choose_color(person) == choose_color(person)
    assert choose_color(person) in PALETTE


def test_people_who_register_together_get_different_colors():
    # UUIDv7s of one millisecond differ in their random tail only.
    ids = [UUID(int=(0x01890A5DAC96774BBCCEB30209900000 + 7 * number)) for number in range(200)]
    assert len({choose_color(person) for person in ids}) == len(PALETTE)


def test_what_is_left_out_is_left_alone():
    assert parse_change(ProfileChange()) == (None, None)
    assert parse_change(ProfileChange(name=" Ada  L ")) == ("Ada L", None)
    assert parse_change(ProfileChange(name=UNSET, color="#ABCDEF")) == (None, "#abcdef")


@pytest.mark.parametrize("color", ["", "red", "#fff", "#12345g", "#1234567", " #123456"])
def test_a_color_is_six_hex_digits(color: str):
    with pytest.raises(InvalidRequest) as raised:
        parse_change(ProfileChange(color=color))
    assert [error.field for error in raised.value.errors] == ["color"]
