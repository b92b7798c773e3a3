"""Names, roles and cursors of versions and history."""

import base64
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from collab_collaboration.history.problems import RoleTooLow
from collab_collaboration.history.rules import (
    FIRST_CLIENTS,
    FIRST_SESSIONS,
    FIRST_VERSIONS,
    ClientCursor,
    SessionCursor,
    VersionCursor,
    decode_cursor,
    encode_cursor,
    name_before_restoring,
    parse_name,
    require_role,
)
from collab_kit.errors import InvalidRequest


def test_cursors_come_back() -> None:
    version = VersionCursor(1, uuid4())
    session = SessionCursor(1, datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC), uuid4())
    client = ClientCursor(1, 2**53 - 1)
    assert decode_cursor(encode_cursor(version), FIRST_VERSIONS) == version
    assert decode_cursor(encode_cursor(session), FIRST_SESSIONS) == session
    assert decode_cursor(encode_cursor(client), FIRST_CLIENTS) == client
    assert decode_cursor(None, FIRST_SESSIONS) is FIRST_SESSIONS


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "ünsafe",
        encode_cursor(VersionCursor(1, UUID(int=1))),
        encode_cursor(ClientCursor(2, 5)),
        encode_cursor(ClientCursor(1, -2)),
        base64.urlsafe_b64encode(b'["clients",1,99999999999999999999]').decode(),
    ],
)
def test_a_cursor_of_something_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest):
        decode_cursor(text, FIRST_CLIENTS)


def test_names() -> None:
    assert parse_name("  Sent \t to\nthe printer ") == "Sent to the printer"
    assert parse_name("x" * 200) == "x" * 200
    for wrong in ("", " ", "x" * 201, "a\x07b"):
        with pytest.raises(InvalidRequest):
            parse_name(wrong)


def test_roles() -> None:
    require_role("editor", "owner", "editor")
    with pytest.raises(RoleTooLow, match="owner or editor; yours is viewer"):
        require_role("viewer", "owner", "editor")


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("Draft", "Before restoring “Draft”"),
        ("Before restoring “Draft”", "Before undoing: Before restoring “Draft”"),
        ("Before undoing: Before restoring “Draft”", "Before restoring “Before undoing: Before restoring “Draft””"),
    ],
)
def test_the_version_kept_when_one_is_restored_is_named_after_it(version: str, expected: str) -> None:
    assert name_before_restoring(version) == expected


@pytest.mark.parametrize("start", ["", "Before restoring “"])
def test_it_is_a_name_however_long_the_versions_is(start: str) -> None:
    name = name_before_restoring((start + "x" * 200)[:200])
    assert len(name) == 200
    assert parse_name(name) == name
