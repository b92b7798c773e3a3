"""Mails about what somebody has not read: from a comment to the mailbox, through all three services."""

from collections.abc import Generator
from email.message import EmailMessage
from typing import Any

import httpx
import pytest

from tests.datastores import Datastores, wait_until
from tests.integration.document.test_comments import new_thread
from tests.mailbox import Mailbox
from tests.people import People, Person
from tests.services import Stage

DELAY_S = 600
"""Longer than any test takes: it is over when a test says so, for all that has gathered until then."""


@pytest.fixture(scope="module")
def stage(datastores: Datastores, tmp_path_factory: pytest.TempPathFactory) -> Generator[Stage]:
    stage = Stage.prepare(tmp_path_factory.mktemp("notification-mails"), datastores)
    try:
        stage.start_all(
            {
                "auth": {"COLLAB_MAIL_FOLDER": str(stage.directory / "mail")},
                "user": {},
                "document": {"COLLAB_NOTIFICATION_MAIL_DELAY_S": str(DELAY_S)},
            }
        )
        yield stage
    finally:
        stage.close()


@pytest.fixture
def mailbox(stage: Stage) -> Mailbox:
    return Mailbox(stage.directory / "mail")


@pytest.fixture
def people(stage: Stage) -> Generator[People]:
    with People(stage) as people:
        yield people


def proved(people: People, name: str, **preferences: Any) -> Person:
    """Somebody whose address was proved."""
    person = people.register(name)
    person.stage.database.psql(f"update auth.account set verified_at = now() where id = '{person.id}'")  # noqa: S608  # ours
    if preferences:
        response = person.call("PATCH", "user", "/api/users/me/preferences", preferences)
        assert response.status_code == 200, response.text
    return person


def shared(owner: Person, *others: Person) -> str:
    document = owner.create_document("Plan")
    for other in others:
        assert owner.share(document, other, "editor").status_code == 200
    return document


def mention(writer: Person, document: str, *mentioned: Person, body: str = "Look here") -> str:
    thread = new_thread(body, mentions=[person.id for person in mentioned])
    response = writer.document("POST", f"/{document}/comments", thread)
    assert response.status_code == 201, response.text
    return response.json()["id"]


def about(mailbox: Mailbox, person: Person) -> list[EmailMessage]:
    return [mail for mail in mailbox.of(person.email) if "address" not in str(mail["Subject"])]


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return body.get_content()


def let_delay_pass(stage: Stage, *people: Person) -> None:
    """What these people were told was told that much earlier."""
    theirs = ", ".join(f"'{person.id}'" for person in people)
    stage.database.psql(
        f"update document.notification set mail_due_at = mail_due_at - interval '{DELAY_S} seconds'"  # noqa: S608  # ours
        f" where person in ({theirs}) and mail_due_at is not null"
    )


def put_off(stage: Stage) -> float:
    """How often a service that was away was the end of a try."""
    said = httpx.get(f"{stage.url('document')}/metrics", timeout=15, trust_env=False).text
    counter = 'collab_document_notification_mails_total{outcome="put off"} '
    return sum(float(line.removeprefix(counter)) for line in said.splitlines() if line.startswith(counter))


def due(person: Person) -> str:
    """Which notifications may still become a mail to somebody."""
    return f"person = '{person.id}' and mail_due_at is not null"


def settled(stage: Stage, *people: Person) -> None:
    """Wait until nothing is left that could become a mail to any of them."""
    for person in people:
        count = f"select count(*) from document.notification where {due(person)}"  # noqa: S608  # ours, all of it
        wait_until(lambda count=count: stage.database.psql(count) == "0", f"{person.name}'s mails being settled")
    # What was handed over stood there before, and is removed when it is in the folder.
    wait_until(lambda: stage.database.psql("select count(*) from auth.notice") == "0", "the last mail being sent")


def test_who_is_mentioned_gets_one_mail_that_leads_there(people: People, mailbox: Mailbox, stage: Stage):
    ada, bob = proved(people, "Ada"), proved(people, "Bob")
    document = shared(ada, bob)
    thread = mention(ada, document, bob)
    let_delay_pass(stage, ada, bob)
    mail = mailbox.wait(bob.email, "Ada mentioned you in “Plan”")
    text = text_of(mail)
    assert "“Look here”" in text
    assert f"{stage.public_url}/documents/{document}?thread={thread}" in text
    assert f"{stage.public_url}/settings" in text
    assert "shared" not in text, "who wants mails about mentions gets none about the rest"
    settled(stage, ada, bob)
    assert len(about(mailbox, bob)) == 1
    assert about(mailbox, ada) == []


def test_everything_that_gathers_is_one_mail_to_who_wants_to_hear_of_all(
    people: People, mailbox: Mailbox, stage: Stage
):
    ada, bob = proved(people, "Ada"), proved(people, "Bob", email_notifications="all")
    document = shared(ada, bob)
    mention(ada, document, bob, body="One")
    mention(ada, document, bob, body="Two")
    let_delay_pass(stage, bob)
    mail = mailbox.wait(bob.email, "3 things that concern you in “Plan”")
    text = text_of(mail)
    assert text.index("shared") < text.index("One") < text.index("Two")


def test_no_mail_to_who_wants_none_has_read_it_may_not_see_it_or_never_proved_the_address(
    people: People, mailbox: Mailbox, stage: Stage
):
    ada = proved(people, "Ada")
    never, reader, gone = (proved(people, name, email_notifications="all") for name in ("Never", "Reader", "Gone"))
    assert never.call("PATCH", "user", "/api/users/me/preferences", {"email_notifications": "none"}).status_code == 200
    stranger = people.register("Unproved")
    everybody = (never, reader, gone, stranger)
    document = shared(ada, *everybody)
    mention(ada, document, *everybody)
    assert reader.document("POST", "/notifications/read", {"all": True}).status_code == 200
    assert ada.document("DELETE", f"/{document}/members/{gone.id}").status_code == 204
    let_delay_pass(stage, *everybody)
    settled(stage, *everybody)
    assert {person.name: len(about(mailbox, person)) for person in everybody} == dict.fromkeys(
        (person.name for person in everybody), 0
    )


def test_services_that_are_away_lose_no_mail(people: People, mailbox: Mailbox, stage: Stage):
    ada, bob = proved(people, "Ada"), proved(people, "Bob")
    document = shared(ada, bob)
    auth = next(process for process in stage.processes if process.name.startswith("auth"))
    before = put_off(stage)
    auth.stop()
    try:
        mention(ada, document, bob)
        let_delay_pass(stage, bob)
        wait_until(lambda: put_off(stage) > before, "the first try")
        later = f"select count(*) from document.notification where {due(bob)} and mail_due_at > now()"  # noqa: S608  # ours
        assert stage.database.psql(later) != "0"
    finally:
        stage.start("auth", COLLAB_MAIL_FOLDER=str(stage.directory / "mail"))
    assert about(mailbox, bob) == []
    # Nobody waits five minutes here.
    again = f"update document.notification set mail_due_at = now() - interval '{DELAY_S + 60} s' where {due(bob)}"  # noqa: S608  # ours
    stage.database.psql(again)
    mailbox.wait(bob.email, "Ada mentioned you in “Plan”")
    settled(stage, bob)
    assert len(about(mailbox, bob)) == 1
