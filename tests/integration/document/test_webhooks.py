"""Webhooks: who hears of what, signed how, tried how often; and what addresses they may not lead to."""

import asyncio
import json
import threading
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from collab_kit.events import DocumentEdited, Publisher, open_redis
from tests.datastores import Datastores, wait_until
from tests.integration.document.test_comments import new_thread
from tests.mailbox import Mailbox, token_in
from tests.people import People, Person
from tests.ports import free_port
from tests.problems import assert_problem, wrong_fields
from tests.services import Stage, settings_for

DEVELOPMENT = {
    "COLLAB_WEBHOOK_HTTP": "true",
    "COLLAB_WEBHOOK_PRIVATE_NETWORKS": "true",
    "COLLAB_WEBHOOK_EDIT_QUIET_S": "5",  # more than there is between the edits of a test, however busy the machine
}


class Message:
    def __init__(self, headers: dict[str, str], body: str) -> None:
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.body = body
        self.id = self.headers["webhook-id"]
        self.content: dict[str, Any] = json.loads(body)
        self.type: str = self.content["type"]
        self.data: dict[str, Any] = self.content["data"]


class Receiver:
    """A server that keeps what it is sent; `answer` says with which status and body it answers."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.answer: Callable[[Message], tuple[int, dict[str, str], bytes]] = lambda _: (200, {}, b"thanks")
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                message = Message(dict(self.headers), body)
                status, headers, content = receiver.answer(message)
                receiver.messages.append(message)
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(content))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's names
                """Nothing, instead of a line on standard error."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/hook"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def until(self, count: int) -> list[Message]:
        wait_until(lambda: len(self.messages) >= count, f"{count} messages")
        return self.messages


@pytest.fixture(scope="module")
def development(datastores: Datastores, tmp_path_factory: pytest.TempPathFactory) -> Generator[Stage]:
    """Services that deliver to this machine, which they do not by default."""
    stage = Stage.prepare(tmp_path_factory.mktemp("webhooks"), datastores)
    try:
        auth = {"COLLAB_MAIL_FOLDER": str(stage.directory / "mail")}
        stage.start_all({"auth": auth, "user": {}, "document": DEVELOPMENT})
        yield stage
    finally:
        stage.close()


@pytest.fixture
def here(development: Stage) -> Generator[People]:
    with People(development) as people:
        yield people


@pytest.fixture
def receiver() -> Generator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


def hook(person: Person, receiver: Receiver, *events: str, reach: str = "owned") -> dict[str, Any]:
    body = {"url": receiver.url, "events": list(events) or ["document.created"], "reach": reach}
    response = person.document("POST", "/webhooks", body)
    assert response.status_code == 201, response.text
    return response.json()


def deliveries(person: Person, webhook: str) -> list[dict[str, Any]]:
    return person.document("GET", f"/webhooks/{webhook}/deliveries").json()["items"]


def settled(person: Person, webhook: str, state: str, count: int = 1) -> list[dict[str, Any]]:
    """The deliveries once `count` of them are in that state."""
    wait_until(lambda: sum(each["state"] == state for each in deliveries(person, webhook)) >= count, f"{count} {state}")
    return deliveries(person, webhook)


def attempted(person: Person, webhook: str, attempts: int) -> dict[str, Any]:
    """The only delivery, once that many attempts are over; after five seconds the next follows by itself."""

    def over() -> bool:
        (delivery,) = deliveries(person, webhook)
        return bool(delivery["error"]) and delivery["attempts"] >= attempts

    wait_until(over, f"{attempts} attempts")
    return deliveries(person, webhook)[0]


def change(stage: Stage, table: str, assignments: str, where: str) -> None:
    stage.database.psql(f"update document.{table} set {assignments} where {where}")  # noqa: S608  # ours


def make_due(stage: Stage, webhook: str) -> None:
    change(
        stage,
        "webhook_delivery",
        "next_attempt_at = now(), error = null",
        f"webhook_id = '{webhook}' and state = 'pending'",
    )


def verifies(secret: str, message: Message) -> bool:
    try:
        Webhook(secret).verify(message.body, message.headers)
    except WebhookVerificationError:
        return False
    return True


def test_a_message_is_signed_and_logged(here: People, receiver: Receiver):
    ada = here.register("Ada")
    made = hook(ada, receiver)
    document = ada.create_document("Plan")
    (message,) = receiver.until(1)
    assert message.type == "document.created"
    assert message.data == {"document": {"id": document, "title": "Plan"}, "by": ada.id}
    assert message.headers["content-type"] == "application/json"
    assert verifies(made["secret"], message)
    message.body += " "
    assert not verifies(made["secret"], message)

    (delivery,) = settled(ada, made["id"], "delivered")
    assert (delivery["status"], delivery["attempts"], delivery["error"]) == (200, 1, None)
    assert delivery["response_excerpt"] == "thanks"
    assert f"msg_{UUID(delivery['message_id']).hex}" == message.id
    assert delivery["latency_ms"] >= 0
    assert delivery["body"] + " " == message.body


def test_every_event_of_an_owned_document(here: People, receiver: Receiver):
    ada, bob = here.register("Ada"), here.register("Bob")
    names = ["created", "renamed", "trashed", "restored", "deleted"]
    hook(ada, receiver, *(f"document.{name}" for name in names), "member.changed", "comment.created")
    document = ada.create_document("Plan")
    ada.document("PATCH", f"/{document}", {"title": "Better plan"})
    ada.share(document, bob, "commenter")
    thread = bob.document("POST", f"/{document}/comments", new_thread()).json()["id"]
    bob.document("POST", f"/{document}/comments/{thread}/replies", {"body": "And"})
    ada.document("DELETE", f"/{document}/members/{bob.id}")
    ada.document("DELETE", f"/{document}")
    ada.document("POST", f"/{document}/restore")
    ada.document("DELETE", f"/{document}")
    assert ada.document("DELETE", f"/{document}/forever").status_code == 204
    expected = [
        "comment.created",
        "comment.created",
        "document.created",
        "document.deleted",
        "document.renamed",
        "document.restored",
        "document.trashed",
        "document.trashed",
        "member.changed",
        "member.changed",
    ]
    messages = receiver.until(len(expected))
    assert sorted(message.type for message in messages) == expected
    assert len({message.id for message in messages}) == len(expected)
    changes = [message.data for message in messages if message.type == "member.changed"]
    assert {change["role"] for change in changes} == {"commenter", None}
    assert {change["member"] for change in changes} == {bob.id}
    comment = next(message.data for message in messages if message.type == "comment.created")
    assert (comment["thread"], comment["by"]) == (thread, bob.id)


def test_whose_events_one_hears(here: People, receiver: Receiver):
    ada, bob = here.register("Ada"), here.register("Bob")
    owned = hook(bob, receiver, "document.renamed")
    editable = hook(bob, receiver, "document.renamed", reach="editable")
    documents = {role: ada.create_document(role) for role in ("editor", "commenter", "viewer")}
    for role, document in documents.items():
        ada.share(document, bob, role)
    for document in documents.values():
        ada.document("PATCH", f"/{document}", {"title": "Other"})
    own = bob.create_document("own")
    bob.document("PATCH", f"/{own}", {"title": "Own"})
    settled(bob, editable["id"], "delivered", 2)

    def heard(webhook: dict[str, Any]) -> list[str]:
        return [json.loads(each["body"])["data"]["document"]["id"] for each in deliveries(bob, webhook["id"])]

    assert heard(owned) == [own]
    assert heard(editable) == [own, documents["editor"]]


async def test_edits_are_told_once_they_stop(here: People, receiver: Receiver, datastores: Datastores):
    ada = await asyncio.to_thread(here.register, "Ada")
    made = await asyncio.to_thread(hook, ada, receiver, "document.edited")
    document = await asyncio.to_thread(ada.create_document, "Plan")
    redis = open_redis(settings_for(datastores))
    try:
        for _ in range(3):
            await Publisher(redis).publish(DocumentEdited(UUID(document), UUID(ada.id), datetime.now(UTC)))
    finally:
        await redis.aclose()
    await asyncio.to_thread(receiver.until, 1)
    (delivery,) = await asyncio.to_thread(settled, ada, made["id"], "delivered")
    assert delivery["event"] == "document.edited"
    assert receiver.messages[0].data == {"document": {"id": document, "title": "Plan"}, "by": ada.id}


def test_what_fails_is_tried_again_under_the_same_id(here: People, receiver: Receiver):
    ada = here.register("Ada")
    receiver.answer = lambda _: (500, {}, b"\x00broken\x07" + b"x" * 5000)
    made = hook(ada, receiver)
    ada.create_document()
    failed = attempted(ada, made["id"], 1)
    assert (failed["state"], failed["status"]) == ("pending", 500)
    assert failed["error"] == "It answered with status 500."
    assert failed["response_excerpt"].startswith("\N{REPLACEMENT CHARACTER}broken")
    assert len(failed["response_excerpt"]) == 500
    assert failed["next_attempt_at"] > failed["last_attempt_at"]
    assert ada.document("GET", f"/webhooks/{made['id']}").json()["failing_since"] is not None
    make_due(ada.stage, made["id"])
    attempted(ada, made["id"], 2)
    receiver.answer = lambda _: (204, {}, b"")
    make_due(ada.stage, made["id"])
    settled(ada, made["id"], "delivered")
    assert len({message.id for message in receiver.messages}) == 1
    assert all(verifies(made["secret"], message) for message in receiver.messages)
    assert ada.document("GET", f"/webhooks/{made['id']}").json()["failing_since"] is None


def test_after_the_last_attempt_it_is_given_up_and_can_be_sent_again(here: People, receiver: Receiver):
    ada = here.register("Ada")
    receiver.answer = lambda _: (503, {}, b"")
    made = hook(ada, receiver)
    ada.create_document()
    attempted(ada, made["id"], 1)
    change(ada.stage, "webhook_delivery", "attempts = 10", f"webhook_id = '{made['id']}'")
    make_due(ada.stage, made["id"])
    (given_up,) = settled(ada, made["id"], "failed")
    assert (given_up["attempts"], given_up["next_attempt_at"]) == (11, None)
    receiver.answer = lambda _: (200, {}, b"")
    again = ada.document("POST", f"/webhooks/{made['id']}/deliveries/{given_up['id']}/redeliver")
    assert again.status_code == 202, again.text
    settled(ada, made["id"], "delivered")
    assert len({message.id for message in receiver.messages}) == 1


def test_a_redirect_is_not_followed(here: People, receiver: Receiver):
    ada = here.register("Ada")
    target = Receiver()
    receiver.answer = lambda _: (307, {"Location": target.url}, b"")
    made = hook(ada, receiver)
    ada.create_document()
    assert attempted(ada, made["id"], 1)["error"] == "It redirects, which is not followed."
    assert target.messages == []
    target.close()


def test_both_secrets_sign_for_a_day(here: People, receiver: Receiver):
    ada = here.register("Ada")
    made = hook(ada, receiver)
    rotated = ada.document("POST", f"/webhooks/{made['id']}/secret")
    assert rotated.headers["cache-control"] == "no-store"
    ada.create_document()
    (message,) = receiver.until(1)
    assert len(message.headers["webhook-signature"].split()) == 2
    assert verifies(made["secret"], message)
    assert verifies(rotated.json()["secret"], message)
    change(ada.stage, "webhook", "old_secret_until = now()", f"id = '{made['id']}'")
    ada.create_document()
    message = receiver.until(2)[1]
    assert not verifies(made["secret"], message)
    assert verifies(rotated.json()["secret"], message)


def test_a_secret_is_shown_once_and_stored_sealed(here: People, receiver: Receiver):
    ada = here.register("Ada")
    made = hook(ada, receiver)
    again = ada.document("GET", f"/webhooks/{made['id']}")
    assert again.json() == {key: value for key, value in made.items() if key != "secret"}
    stored = ada.stage.database.psql("select encode(secret, 'escape') from document.webhook")
    assert made["secret"] not in stored


def test_a_secret_of_another_row_is_not_used(here: People, receiver: Receiver):
    ada = here.register("Ada")
    made, other = hook(ada, receiver), hook(ada, receiver, "document.renamed")
    others = f"(select secret from document.webhook where id = '{other['id']}')"  # noqa: S608  # ours
    change(ada.stage, "webhook", f"secret = {others}", f"id = '{made['id']}'")
    ada.create_document()
    wait_until(
        lambda: ada.document("GET", f"/webhooks/{made['id']}").json()["disable_reason"] == "secret-unreadable",
        "the webhook being disabled",
    )
    assert receiver.messages == []


@pytest.mark.parametrize(("status", "reason"), [(410, "gone"), (500, "failing")])
def test_who_fails_for_long_is_disabled_and_told(here: People, receiver: Receiver, status: int, reason: str):
    ada = here.register("Ada")
    receiver.answer = lambda _: (status, {}, b"")
    made = hook(ada, receiver)
    change(ada.stage, "webhook", "failing_since = now() - interval '6 days'", f"id = '{made['id']}'")
    ada.create_document()
    wait_until(
        lambda: not ada.document("GET", f"/webhooks/{made['id']}").json()["enabled"], "the webhook being disabled"
    )
    assert ada.document("GET", f"/webhooks/{made['id']}").json()["disable_reason"] == reason
    (delivery,) = deliveries(ada, made["id"])
    assert delivery["state"] == "failed"
    (told,) = ada.document("GET", "/notifications").json()["items"]
    assert (told["kind"], told["webhook"], told["document"], told["actor"]) == (
        "webhook-disabled", made["id"], None, None,
    )  # fmt: skip
    ada.create_document()
    assert len(deliveries(ada, made["id"])) == 1, "who is disabled hears nothing"
    assert_problem(ada.document("POST", f"/webhooks/{made['id']}/test"), 409, "webhook-disabled")
    again = ada.document("PATCH", f"/webhooks/{made['id']}", {"enabled": True}).json()
    assert (again["enabled"], again["disable_reason"], again["failing_since"]) == (True, None, None)


def test_a_test_message(here: People, receiver: Receiver):
    ada = here.register("Ada")
    made = hook(ada, receiver)
    sent = ada.document("POST", f"/webhooks/{made['id']}/test")
    assert sent.status_code == 202
    (message,) = receiver.until(1)
    assert (message.type, message.data) == ("webhook.test", {"webhook": made["id"]})
    (delivery,) = settled(ada, made["id"], "delivered")
    assert delivery["id"] == sent.json()["id"]


async def test_two_replicas_deliver_each_message_once(development: Stage, here: People, receiver: Receiver):
    ada = await asyncio.to_thread(here.register, "Ada")
    made = await asyncio.to_thread(hook, ada, receiver)
    own = {**DEVELOPMENT, "COLLAB_PORT": str(free_port()), "COLLAB_INSTANCE": "document-2"}
    second = await asyncio.to_thread(development.start, "document", **own)
    try:
        await asyncio.gather(*(asyncio.to_thread(ada.create_document) for _ in range(30)))
        await asyncio.to_thread(settled, ada, made["id"], "delivered", 30)
    finally:
        await asyncio.to_thread(second.stop)
    assert len(receiver.messages) == len({message.id for message in receiver.messages}) == 30


def test_webhooks_are_private(here: People, receiver: Receiver):
    ada, bob = here.register("Ada"), here.register("Bob")
    made = hook(ada, receiver)
    ada.create_document()
    (delivery,) = settled(ada, made["id"], "delivered")
    assert bob.document("GET", "/webhooks").json() == {"items": []}
    path = f"/webhooks/{made['id']}"
    for method, rest, body in (
        ("GET", "", None),
        ("PATCH", "", {"enabled": False}),
        ("DELETE", "", None),
        ("POST", "/secret", None),
        ("POST", "/test", None),
        ("GET", "/deliveries", None),
        ("POST", f"/deliveries/{delivery['id']}/redeliver", None),
    ):
        assert_problem(bob.document(method, path + rest, body), 404, "no-such-webhook")
        url = f"{ada.stage.url('document')}/api/documents{path}{rest}"
        assert_problem(here.client().request(method, url, json=body), 401, "unauthenticated")
    missing = ada.document("POST", f"{path}/deliveries/{uuid4()}/redeliver")
    assert_problem(missing, 404, "no-such-delivery")
    assert ada.document("DELETE", path).status_code == 204
    assert_problem(ada.document("GET", path), 404, "no-such-webhook")


async def test_the_limit_holds_when_many_are_made_at_once(here: People, receiver: Receiver):
    ada = await asyncio.to_thread(here.register, "Ada")
    body = {"url": receiver.url, "events": ["document.created"]}
    answers = await asyncio.gather(*(asyncio.to_thread(ada.document, "POST", "/webhooks", body) for _ in range(24)))
    assert sorted(answer.status_code for answer in answers) == [201] * 20 + [409] * 4
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert_problem(refused, 409, "too-many-webhooks")


async def test_a_creation_repeated_with_its_key_makes_one(here: People, receiver: Receiver):
    ada = await asyncio.to_thread(here.register, "Ada")
    url = f"{ada.stage.url('document')}/api/documents/webhooks"
    body = {"url": receiver.url, "events": ["document.created"]}
    headers = {"Idempotency-Key": "k"}
    answers = await asyncio.gather(
        *(asyncio.to_thread(ada.client.post, url, json=body, headers=headers) for _ in range(4))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1, "with the same secret"
    other = ada.client.post(url, json={**body, "reach": "editable"}, headers=headers)
    assert_problem(other, 422, "idempotency-key-reused")


def test_a_stale_etag_changes_nothing(here: People, receiver: Receiver):
    ada = here.register("Ada")
    made = hook(ada, receiver)
    url = f"{ada.stage.url('document')}/api/documents/webhooks/{made['id']}"
    changed = ada.client.patch(url, json={"reach": "editable"}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    stale = ada.client.patch(url, json={"reach": "owned"}, headers={"If-Match": '"1"'})
    assert_problem(stale, 412, "precondition-failed")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": "ftp://example.org"}, "url"),
        ({"url": "http://user:secret@example.org"}, "url"),
        ({"url": "http://example.org:99999/"}, "url"),
        ({"events": []}, "events"),
    ],
)
def test_wrong_input_names_its_field(here: People, change: dict[str, Any], field: str):
    body = {"url": "http://example.org/", "events": ["document.created"], **change}
    problem = assert_problem(here.register().document("POST", "/webhooks", body), 400, "invalid-request")
    assert wrong_fields(problem) == {field}


def test_by_default_an_address_must_be_public_and_safe(people: People, receiver: Receiver):
    ada = people.register("Ada")
    for url in ("http://example.org/", receiver.url, "https://127.0.0.1/", "https://[::1]/", "https://localhost/"):
        answer = ada.document("POST", "/webhooks", {"url": url, "events": ["document.created"]})
        assert wrong_fields(assert_problem(answer, 400, "invalid-request")) == {"url"}


def test_by_default_a_name_that_leads_here_is_not_connected_to(people: People, receiver: Receiver):
    ada = people.register("Ada")
    made = ada.document("POST", "/webhooks", {"url": "https://nowhere.invalid/", "events": ["document.created"]}).json()
    # A name that is checked when it is written down may lead elsewhere by the time it is used.
    for number, url in enumerate((receiver.url, receiver.url.replace("127.0.0.1", "0x7f.1")), 1):
        change(ada.stage, "webhook", f"url = '{url}'", f"id = '{made['id']}'")
        ada.document("POST", f"/webhooks/{made['id']}/test")
        wait_until(
            lambda count=number: sum(bool(each["error"]) for each in deliveries(ada, made["id"])) == count, "a refusal"
        )
        assert deliveries(ada, made["id"])[0]["error"] == "The name leads to no public address."
    assert receiver.messages == []
    ada.document("DELETE", f"/webhooks/{made['id']}")


def set_disabled(person: Person, *, disabled: bool) -> None:
    """As an administrator does: auth decides, and tells the user service."""
    url = f"{person.stage.url('auth')}/internal/accounts/{person.id}"
    headers = person.stage.internal_headers
    body = {"by": str(uuid4()), "disabled": disabled}
    changed = httpx.patch(url, json=body, headers=headers, timeout=15, trust_env=False)
    assert (changed.status_code, changed.json()["disabled"]) == (200, disabled)
    # Not within the five seconds of auth's own rhythm.
    known = f"select disabled from users.profile where id = '{person.id}'"  # noqa: S608
    wait_until(lambda: person.stage.database.psql(known) == ("t" if disabled else "f"), "the user service knowing")


def test_a_disabled_account_hears_of_nothing_until_it_is_enabled(here: People, receiver: Receiver):
    ada, bob = here.register("Ada"), here.register("Bob")
    document = ada.create_document("Plan")
    assert ada.share(document, bob, "editor").status_code == 200
    made = hook(ada, receiver, "document.renamed")
    assert bob.document("PATCH", f"/{document}", {"title": "Before"}).status_code == 200
    receiver.until(1)
    set_disabled(ada, disabled=True)
    assert bob.document("PATCH", f"/{document}", {"title": "Meanwhile"}).status_code == 200
    held = f"from document.webhook_delivery where webhook_id = '{made['id']}' and state = 'pending'"
    why = f"select error from document.webhook_delivery where webhook_id = '{made['id']}' and state = 'pending'"  # noqa: S608
    expected = "The account of the webhook's owner is disabled."
    wait_until(lambda: ada.stage.database.psql(why) == expected, "the message being held")
    for _ in range(2):
        # Tried as often as one likes, and not attempted once.
        make_due(ada.stage, made["id"])
        wait_until(lambda: ada.stage.database.psql(why) == expected, "the message being held again")
    assert ada.stage.database.psql(f"select attempts {held}") == "0"
    assert [message.data["document"]["title"] for message in receiver.messages] == ["Before"]

    set_disabled(ada, disabled=False)
    make_due(ada.stage, made["id"])
    receiver.until(2)
    assert [message.data["document"]["title"] for message in receiver.messages] == ["Before", "Meanwhile"]


def test_who_registered_with_anothers_address_hears_nothing_once_that_one_has_proved_it(
    here: People, development: Stage, receiver: Receiver
):
    mallory = here.register("Mallory")
    made = hook(mallory, receiver)
    mallory.create_document("Before")
    receiver.until(1)

    def auth(path: str, body: dict[str, str]) -> dict[str, Any]:
        response = httpx.post(f"{development.url('auth')}/api/auth{path}", json=body, timeout=15, trust_env=False)
        assert response.status_code < 300, response.text
        return response.json() if response.content else {}

    auth("/password/forgot", {"email": mallory.email})
    mail = Mailbox(development.directory / "mail").wait(mallory.email, "new password")
    auth("/password/reset", {"token": token_in(mail), "password": "another horse battery"})
    known = f"select claimed_at is not null from users.profile where id = '{mallory.id}'"  # noqa: S608
    wait_until(lambda: development.database.psql(known) == "t", "the user service knowing")
    token = auth("/sign-in", {"email": mallory.email, "password": "another horse battery"})["access_token"]
    client = here.client()
    client.headers["Authorization"] = f"Bearer {token}"
    owner = Person(mallory.id, mallory.email, "Ada", client, development)
    owner.create_document("Mine")
    wait_until(lambda: not owner.document("GET", f"/webhooks/{made['id']}").json()["enabled"], "it being paused")
    assert owner.document("GET", f"/webhooks/{made['id']}").json()["disable_reason"] == "owner-changed"
    assert ("webhook-disabled", made["id"]) in [
        (item["kind"], item["webhook"]) for item in owner.document("GET", "/notifications").json()["items"]
    ]
    assert [message.data["document"]["title"] for message in receiver.messages] == ["Before"]

    # It may as well have been the owner's own.
    assert owner.document("PATCH", f"/webhooks/{made['id']}", {"enabled": True}).status_code == 200
    owner.create_document("Later")
    assert [message.data["document"]["title"] for message in receiver.until(2)] == ["Before", "Later"]


def test_nobody_is_told_while_it_is_not_known_whose_account_is_disabled(
    here: People, development: Stage, receiver: Receiver
):
    ada = here.register("Ada")
    made = hook(ada, receiver)
    user = next(replica for replica in development.processes if replica.name == "user-1")
    user.stop()
    try:
        ada.create_document("Plan")
        waits = f"select count(*) from document.webhook_delivery where webhook_id = '{made['id']}' and attempts = 0"  # noqa: S608
        later = f"{waits} and next_attempt_at > created_at"
        wait_until(lambda: development.database.psql(later) == "1", "the message being put back")
        assert receiver.messages == []
    finally:
        development.processes.remove(user)
        development.start("user")
    wait_until(lambda: settled(ada, made["id"], "delivered") != [], "the message")
    assert len(receiver.until(1)) == 1
