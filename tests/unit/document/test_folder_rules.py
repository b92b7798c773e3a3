"""Which folders may be inside which."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab_document.library.rules import MAX_DEPTH, check_move, decode_cursor, encode_cursor
from collab_document.problems import FolderCycle, FoldersTooDeep
from collab_kit.errors import InvalidRequest

IDS = [UUID(int=number) for number in range(1, 40)]


def chain(length: int) -> dict[UUID, UUID | None]:
    return {IDS[number]: IDS[number - 1] if number else None for number in range(length)}


def depth(parents: dict[UUID, UUID | None], folder: UUID) -> int:
    levels, at = 0, folder
    while (above := parents[at]) is not None:
        levels, at = levels + 1, above
        assert levels <= len(parents), "a cycle"
    return levels + 1


def test_a_folder_fits_exactly_as_deep_as_that():
    check_move(chain(MAX_DEPTH - 1), None, IDS[MAX_DEPTH - 2])
    with pytest.raises(FoldersTooDeep):
        check_move(chain(MAX_DEPTH), None, IDS[MAX_DEPTH - 1])


def test_what_is_in_a_folder_counts_too():
    parents = chain(MAX_DEPTH)
    parents[UUID(int=99)] = None
    with pytest.raises(FoldersTooDeep):
        check_move(parents, IDS[0], UUID(int=99))


def test_a_folder_is_never_inside_itself():
    for inside in range(3):
        with pytest.raises(FolderCycle):
            check_move(chain(3), IDS[0], IDS[inside])


@given(st.lists(st.tuples(st.integers(0, 11), st.one_of(st.none(), st.integers(0, 11))), max_size=60))
def test_no_moves_that_are_allowed_make_a_cycle_or_go_too_deep(moves: list[tuple[int, int | None]]):
    parents: dict[UUID, UUID | None] = dict.fromkeys(IDS[:12])
    for folder, parent in moves:
        target = None if parent is None else IDS[parent]
        try:
            check_move(parents, IDS[folder], target)
        except (FolderCycle, FoldersTooDeep):
            continue
        parents[IDS[folder]] = target
        assert max(depth(parents, each) for each in parents) <= MAX_DEPTH


@given(st.uuids())
def test_a_cursor_comes_back_as_it_went(folder: UUID):
    assert decode_cursor(encode_cursor(folder)).id == folder


@given(st.text(max_size=100))
def test_any_text_is_a_cursor_or_an_error(text: str):
    try:
        decode_cursor(text)
    except InvalidRequest:
        return
