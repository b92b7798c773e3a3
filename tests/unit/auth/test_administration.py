"""When an administrator may be taken away, and what a change is called."""

from uuid import UUID

import pytest

from collab_auth.administration.rules import Change, events_of, takes_admin
from collab_auth.administration.store import AccountState

ADA, EVE = UUID(int=1), UUID(int=2)


def state(*, is_admin: bool = False, disabled: bool = False) -> AccountState:
    return AccountState(id=ADA, email="ada@example.org", is_admin=is_admin, disabled=disabled, verified=True, version=1)


@pytest.mark.parametrize(
    ("administrators", "change", "expected"),
    [
        ({ADA}, Change(is_admin=False), True),
        ({ADA}, Change(disabled=True), True),
        ({ADA}, Change(is_admin=True), False),
        ({ADA}, Change(disabled=False), False),
        ({ADA, EVE}, Change(is_admin=False), False),
        ({EVE}, Change(is_admin=False), False),
        (set[UUID](), Change(disabled=True), False),
    ],
)
def test_one_is_left(administrators: set[UUID], change: Change, *, expected: bool):
    assert takes_admin(ADA, frozenset(administrators), change) is expected


def test_what_changes_nothing_is_no_event():
    assert events_of(state(), Change()) == []
    assert events_of(state(is_admin=True), Change(is_admin=True, disabled=False)) == []
    assert events_of(state(), Change(is_admin=True, disabled=True)) == ["account.promoted", "account.disabled"]
    assert events_of(state(is_admin=True, disabled=True), Change(is_admin=False, disabled=False)) == [
        "account.demoted",
        "account.enabled",
    ]
