"""Events as they are sent."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest

from collab_kit.events import DocumentDeleted, DocumentEdited, Event, MemberChanged

ID = UUID("01890a5d-ac96-774b-bcce-b302099a8057")


@pytest.mark.parametrize(
    ("event", "sent"),
    [
        (
            DocumentEdited(ID, ID, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
            {"type": "document.edited", "document": str(ID), "user": str(ID), "at": "2026-01-02T03:04:05Z"},
        ),
        (DocumentDeleted(ID), {"type": "document.deleted", "document": str(ID)}),
        (
            MemberChanged(ID, ID, None),
            {"type": "member.changed", "document": str(ID), "user": str(ID), "role": None},
        ),
    ],
)
def test_an_event_is_the_json_of_the_contract(event: Event, sent: dict[str, object]):
    raw = msgspec.json.encode(event)
    assert msgspec.json.decode(raw) == sent
    assert msgspec.json.decode(raw, type=Event) == event


@pytest.mark.parametrize(
    "raw", [b"", b"{}", b'{"type":"other"}', b'{"type":"member.changed","document":"x","user":"y","role":"king"}']
)
def test_what_is_no_event_is_refused(raw: bytes):
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(raw, type=Event)
