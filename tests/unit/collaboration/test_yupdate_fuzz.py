"""The strict reader against a plain one: the same updates pass, and what is found in them is the same."""

import pytest
from hypothesis import example, given, settings

from collab_collaboration.lib0 import Malformed, write_bytes
from collab_collaboration.yupdate import Extent, read_extent
from tests.effort import examples
from tests.unit.collaboration.yformat import Rejected, read
from tests.unit.collaboration.yupdates import HARD_JSON, HARD_VALUES, real, spoilt, written


def _strict(update: bytes) -> Extent | None:
    try:
        return read_extent(update)
    except Malformed:
        return None


def _plain(update: bytes) -> Extent | None:
    try:
        found = read(update)
    except Rejected:
        return None
    return Extent(found.spans, found.needs, found.deletes, found.wide)


@settings(max_examples=examples(300))
@given(written())
def test_every_content_is_read_alike(update: bytes) -> None:
    extent = _strict(update)
    assert extent is not None
    assert extent == _plain(update)


@settings(max_examples=examples(100))
@given(real())
def test_real_updates_are_read_alike(update: bytes) -> None:
    extent = _strict(update)
    assert extent is not None
    assert extent == _plain(update)


@settings(max_examples=examples(1500))
@given(spoilt())
@example(b"")
@example(b"\x00\x00")
def test_spoilt_updates_pass_and_fail_alike(update: bytes) -> None:
    assert _strict(update) == _plain(update)


_AT_ROOT = b"\x01\x01\x05\x00"
_ROOT = b"\x01\x01t"


@pytest.mark.parametrize("content", [b"\x05" + _ROOT, b"\x06" + _ROOT + b"\x01k"])
@pytest.mark.parametrize("text", HARD_JSON)
def test_json_at_the_edges_is_judged_alike(content: bytes, text: bytes) -> None:
    update = _AT_ROOT + content + write_bytes(text) + b"\x00"
    assert _strict(update) == _plain(update)


@pytest.mark.parametrize("value", HARD_VALUES)
def test_values_at_the_edges_are_judged_alike(value: bytes) -> None:
    update = _AT_ROOT + b"\x08" + _ROOT + b"\x01" + value + b"\x00"
    assert _strict(update) == _plain(update)


def test_a_deletion_of_nothing_is_malformed() -> None:
    assert _strict(b"\x00\x01\x05\x01\x00\x00") is None


def test_json_as_yjs_wrote_it_long_ago_is_malformed() -> None:
    assert _strict(_AT_ROOT + b"\x02" + _ROOT + b"\x01" + write_bytes(b"null") + b"\x00") is None


def test_hooks_are_malformed() -> None:
    assert _strict(_AT_ROOT + b"\x07" + _ROOT + b"\x05\x01h" + b"\x00") is None


def test_a_client_in_two_parts_is_malformed() -> None:
    part = b"\x01\x7f\x00\x00\x01"
    assert _strict(b"\x01" + part + b"\x00") is not None
    assert _strict(b"\x02" + part + b"\x01\x7f\x01\x00\x01" + b"\x00") is None


def test_a_part_without_structs_is_malformed() -> None:
    assert _strict(b"\x01\x00\x7f\x00\x00") is None
