"""What an API token may do, and what only administrators may."""

from uuid import UUID

import pytest

from collab_kit.guard import AdminsOnly, Area, Principal, ScopeMissing, SessionsOnly, require_admin, require_scope

PERSON = UUID(int=1)


def principal(*, scopes: str | None = None, is_admin: bool = False) -> Principal:
    return Principal(PERSON, "ada@example.org", PERSON, is_admin, None if scopes is None else frozenset(scopes.split()))


@pytest.mark.parametrize("area", ["documents", "profile", None])
@pytest.mark.parametrize("reads", [True, False])
def test_a_session_may_do_everything(area: Area | None, *, reads: bool):
    require_scope(principal(), area, reads=reads)


@pytest.mark.parametrize(
    ("scopes", "area", "reads", "allowed"),
    [
        ("documents:read", "documents", True, True),
        ("documents:read", "documents", False, False),
        ("documents:write", "documents", False, True),
        ("documents:write", "documents", True, False),
        ("documents:read documents:write", "profile", True, False),
        ("profile:read", "profile", True, True),
        ("admin", "documents", True, False),
        ("", "documents", True, False),
    ],
)
def test_an_api_token_may_do_what_it_says(scopes: str, area: Area, *, reads: bool, allowed: bool):
    if allowed:
        require_scope(principal(scopes=scopes), area, reads=reads)
    else:
        with pytest.raises(ScopeMissing):
            require_scope(principal(scopes=scopes), area, reads=reads)


def test_where_there_is_no_area_no_api_token_is_let_in():
    with pytest.raises(SessionsOnly):
        require_scope(principal(scopes="documents:read profile:read admin"), None, reads=True)


def test_administrators():
    require_admin(principal(is_admin=True))
    require_admin(principal(is_admin=True, scopes="admin"))
    with pytest.raises(AdminsOnly):
        require_admin(principal())
    with pytest.raises(AdminsOnly):
        require_admin(principal(scopes="admin"))
    with pytest.raises(ScopeMissing):
        require_admin(principal(is_admin=True, scopes="profile:write"))
