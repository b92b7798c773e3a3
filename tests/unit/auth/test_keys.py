"""Which key signs and which are published, at every moment of a rotation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab_auth.keys.rules import Choice, KeyState, choose

LIFE_S = 900.0


def key(kid: str, signs_in_s: float, *, revoked: bool = False, can_sign: bool = True) -> KeyState:
    return KeyState(kid=kid, signs_in_s=signs_in_s, revoked=revoked, can_sign=can_sign)


OLD = key("old", float("-inf"))


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ([OLD], Choice("old", frozenset({"old"}))),
        ([OLD, key("new", 600)], Choice("old", frozenset({"old", "new"}))),
        ([OLD, key("new", 0)], Choice("new", frozenset({"old", "new"}))),
        ([OLD, key("new", -899)], Choice("new", frozenset({"old", "new"}))),
        ([OLD, key("new", -900)], Choice("new", frozenset({"new"}))),
        ([OLD, key("middle", -100), key("new", 50)], Choice("middle", frozenset({"old", "middle", "new"}))),
        ([key("old", float("-inf"), revoked=True), key("new", 0)], Choice("new", frozenset({"new"}))),
        ([OLD, key("new", 0, can_sign=False)], Choice("old", frozenset({"old", "new"}))),
        ([OLD, key("new", -5000, can_sign=False)], Choice("old", frozenset({"old", "new"}))),
        ([key("new", 600)], Choice(None, frozenset({"new"}))),
        ([], Choice(None, frozenset())),
    ],
)
def test_one_signs_and_those_are_published_whose_tokens_may_live(keys: list[KeyState], expected: Choice):
    assert choose(keys, token_life_s=LIFE_S) == expected


@given(
    st.lists(
        st.builds(
            KeyState,
            kid=st.uuids().map(str),
            signs_in_s=st.floats(-5000, 5000),
            revoked=st.booleans(),
            can_sign=st.booleans(),
        ),
        unique_by=lambda each: each.kid,
        max_size=8,
    )
)
def test_what_signs_is_published_and_what_is_revoked_is_not(keys: list[KeyState]):
    choice = choose(keys, token_life_s=LIFE_S)
    assert choice.signs is None or choice.signs in choice.published
    assert not choice.published & {each.kid for each in keys if each.revoked}
    # Whatever will sign is known beforehand.
    assert {each.kid for each in keys if each.signs_in_s > 0 and not each.revoked} <= choice.published
