"""The mails about notifications, word by word."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from collab_document.notifications.mailing import is_wanted
from collab_document.notifications.store import Unmailed
from collab_document.notifications.wording import MAX_TOLD, word

ADA, PLAN, THREAD = uuid4(), uuid4(), uuid4()
URL = "https://docs.example.org"
NAMES = {ADA: "Ada"}


def unmailed(**change: Any) -> Unmailed:
    values: dict[str, Any] = {
        "id": uuid4(),
        "person": uuid4(),
        "kind": "mention",
        "actor": ADA,
        "document_id": PLAN,
        "title": "Plan",
        "thread_id": THREAD,
        "excerpt": "Look here",
        "guest_name": None,
        "is_news": True,
    }
    return Unmailed(**(values | change))


def told(*news: Unmailed, names: dict[UUID, str] = NAMES) -> dict[str, Any]:
    wording = word(news, names, public_url=URL)
    return {"subject": wording.subject, "paragraphs": wording.paragraphs, "link": wording.link}


def test_one_thing_is_its_own_subject_and_leads_to_its_thread():
    assert told(unmailed()) == {
        "subject": "Ada mentioned you in “Plan”",
        "paragraphs": ["Ada mentioned you in “Plan”:", "“Look here”"],
        "link": f"{URL}/documents/{PLAN}?thread={THREAD}",
    }


@pytest.mark.parametrize(
    ("change", "subject"),
    [
        ({"kind": "reply"}, "Ada replied in “Plan”"),
        ({"kind": "shared"}, "Ada shared “Plan” with you"),
        ({"kind": "ownership"}, "Ada made you the owner of “Plan”"),
        ({"actor": uuid4()}, "Someone mentioned you in “Plan”"),
        ({"guest_name": "A\nguest"}, "A guest mentioned you in “Plan”"),
        ({"title": " "}, "Ada mentioned you in “Untitled document”"),
        ({"title": "x" * 500}, f"Ada mentioned you in “{'x' * 100}…”"),
    ],
)
def test_what_happened_is_said_as_the_editor_says_it(change: dict[str, Any], subject: str):
    assert told(unmailed(**change))["subject"] == subject


def test_several_things_are_one_mail():
    one, two = unmailed(), unmailed(kind="shared", excerpt=None, thread_id=None)
    assert told(one, two) == {
        "subject": "2 things that concern you in “Plan”",
        "paragraphs": ["Ada mentioned you in “Plan”:", "“Look here”", "Ada shared “Plan” with you."],
        "link": f"{URL}/documents/{PLAN}",
    }
    elsewhere = told(one, unmailed(document_id=uuid4(), title="Minutes"))
    assert (elsewhere["subject"], elsewhere["link"]) == ("2 things that concern you", f"{URL}/documents")


def test_a_webhook_leads_to_the_settings():
    webhook = unmailed(kind="webhook-disabled", actor=None, document_id=None, title=None, thread_id=None, excerpt=None)
    assert told(webhook) == {
        "subject": "A webhook of yours failed too often and was turned off",
        "paragraphs": ["A webhook of yours failed too often and was turned off."],
        "link": f"{URL}/settings",
    }


def test_a_flood_is_told_by_its_number():
    paragraphs = told(*(unmailed() for _ in range(MAX_TOLD + 5)))["paragraphs"]
    assert len(paragraphs) == 2 * MAX_TOLD + 1
    assert paragraphs[-1] == "And 5 more."


def test_who_wants_what():
    assert [is_wanted("mentions", kind) for kind in ("mention", "reply", "shared")] == [True, False, False]
    assert is_wanted("all", "shared")
    assert not is_wanted("none", "mention")
