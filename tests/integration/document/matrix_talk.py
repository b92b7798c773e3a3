"""Who is answered what: comments, notifications, webhooks and attachments. This stage has no object store."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from tests.integration.document.matrix import COMMENTERS, MEMBERS, WRITERS, Expected, Line, Scene, by_role, signed_in

_THREAD: dict[str, Any] = {"anchor": {"start": "AQ==", "end": "AQ==", "quote": ""}, "body": "Is this so?"}
_WEBHOOK: dict[str, Any] = {"url": "https://nowhere.invalid/hook", "events": ["document.created"]}


def _thread(scene: Scene) -> Mapping[str, str]:
    made = scene.owner.document("POST", f"/{scene.document}/comments", _THREAD)
    assert made.status_code == 201, made.text
    return {"comment_id": made.json()["id"]}


def _webhook(scene: Scene) -> Mapping[str, str]:
    """The owner's; of which there is one, or their number would soon reach its limit."""
    found = scene.owner.document("GET", "/webhooks").json()["items"]
    made = found[0] if found else scene.owner.document("POST", "/webhooks", _WEBHOOK).json()
    # Disabled: nothing is to leave this machine.
    disabled = scene.owner.document("PATCH", f"/webhooks/{made['id']}", {"enabled": False})
    assert disabled.status_code == 200, disabled.text
    return {"webhook_id": made["id"], "delivery_id": str(uuid4())}


def _attachment(scene: Scene) -> Mapping[str, str]:
    attachment = str(uuid4())
    values = f"'{attachment}', '{scene.document}', 'a.png', 'image/png', 1, now()"
    columns = "id, document_id, name, media_type, size_bytes, completed_at"
    scene.stage.database.psql(f"insert into document.attachment ({columns}) values ({values})")  # noqa: S608  # ours
    return {"attachment_id": attachment}


def _own(ok: int, slug: str | None = None) -> Expected:
    """The owner's webhook is nobody else's."""
    others: Expected = {
        caller: (404, "no-such-webhook") if status == ok else (status, refused)
        for caller, (status, refused) in signed_in(ok).items()
    }
    return {**others, "owner": (ok, slug)}


_AUTHOR: Expected = {
    **by_role(200, *COMMENTERS),
    **dict.fromkeys(("commenter", "team member", "editor"), (403, "not-your-comment")),
}

LINES: dict[str, Line] = {
    "listThreads": Line(by_role(200, *MEMBERS)),
    "createThread": Line(by_role(201, *COMMENTERS), body=lambda _: _THREAD),
    "getThread": Line(by_role(200, *MEMBERS), prepare=_thread),
    "listComments": Line(by_role(200, *MEMBERS), prepare=_thread),
    "createReply": Line(by_role(201, *COMMENTERS), prepare=_thread, body=lambda _: {"body": "It is."}),
    # The owner of the document wrote it.
    "updateComment": Line(_AUTHOR, prepare=_thread, body=lambda _: {"body": "Was it so?"}),
    "deleteComment": Line({**_AUTHOR, "owner": (204, None)}, prepare=_thread),
    "resolveThread": Line(by_role(200, *COMMENTERS), prepare=_thread),
    "reopenThread": Line(by_role(200, *COMMENTERS), prepare=_thread),
    "listNotifications": Line(signed_in(200)),
    "countNotifications": Line(signed_in(200)),
    "markNotificationsRead": Line(signed_in(200), body=lambda _: {"all": True}),
    "listWebhooks": Line(signed_in(200)),
    "createWebhook": Line(signed_in(201), body=lambda _: _WEBHOOK),
    "getWebhook": Line(_own(200), prepare=_webhook),
    "updateWebhook": Line(_own(200), prepare=_webhook, body=lambda _: {"reach": "editable"}),
    "deleteWebhook": Line(_own(204), prepare=_webhook),
    "rotateWebhookSecret": Line(_own(200), prepare=_webhook),
    "testWebhook": Line(_own(409, "webhook-disabled"), prepare=_webhook),
    "listWebhookDeliveries": Line(_own(200), prepare=_webhook),
    "redeliverWebhookMessage": Line(_own(409, "webhook-disabled"), prepare=_webhook),
    "listAttachments": Line(by_role(200, *MEMBERS)),
    # Who may gets as far as the object store that there is not.
    "createAttachment": Line(
        by_role(409, *WRITERS), body=lambda _: {"name": "a.png", "size": 1, "type": "image/png"}
    ),
    "completeAttachment": Line(by_role(409, *WRITERS), prepare=_attachment),
    "getAttachment": Line(by_role(409, *MEMBERS), prepare=_attachment),
    "getAttachmentUrl": Line(by_role(409, *MEMBERS), prepare=_attachment),
    "deleteAttachment": Line(by_role(204, *WRITERS), prepare=_attachment),
}  # fmt: skip
