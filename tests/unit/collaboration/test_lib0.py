"""lib0's encoding: what JavaScript writes is read, and nothing JavaScript could not read back passes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collab_collaboration.lib0 import (
    MAX_UINT,
    Malformed,
    read_bytes,
    read_string,
    read_uint,
    skip_int,
    write_bytes,
    write_string,
    write_uint,
)


@settings(deadline=None)
@given(st.integers(0, MAX_UINT), st.binary(max_size=5))
def test_integers_come_back(value: int, following: bytes) -> None:
    written = write_uint(value)
    assert read_uint(written + following, 0) == (value, len(written))


@settings(deadline=None)
@given(st.text(), st.binary())
def test_texts_and_bytes_come_back_with_their_length_in_bytes(text: str, raw: bytes) -> None:
    written = write_string(text) + write_bytes(raw)
    found, at = read_string(written, 0)
    assert (found, read_bytes(written, at)) == (text, (raw, len(written)))


@pytest.mark.parametrize(
    "written",
    [
        b"",
        b"\x80",
        b"\xff" * 20,
        b"\x80" * 8 + b"\x00",
        write_uint(MAX_UINT + 1),
        write_uint(2**63),
    ],
)
def test_integers_no_browser_reads_are_malformed(written: bytes) -> None:
    with pytest.raises(Malformed):
        read_uint(written, 0)


def test_a_length_beyond_the_end_is_malformed() -> None:
    with pytest.raises(Malformed, match="5 bytes are announced and 2 follow"):
        read_bytes(b"\x05ab", 0)
    with pytest.raises(Malformed, match="not UTF-8"):
        read_string(b"\x02\xc3\x28", 0)


@pytest.mark.parametrize(
    ("written", "length"), [(b"\x00", 1), (b"\x7f", 1), (b"\xbf\x7f", 2), (b"\x80" * 7 + b"\x01", 8)]
)
def test_signed_integers_are_passed_over(written: bytes, length: int) -> None:
    assert skip_int(written + b"\x00", 0) == length


@pytest.mark.parametrize("written", [b"", b"\x80", b"\xff" * 12, b"\xbf" + b"\xff" * 6 + b"\x7f"])
def test_signed_integers_too_long_or_too_large_are_malformed(written: bytes) -> None:
    with pytest.raises(Malformed):
        skip_int(written, 0)
