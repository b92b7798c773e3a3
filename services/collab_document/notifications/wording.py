"""The mail about what somebody has not read, word by word; pure."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode
from uuid import UUID

from msgspec import Struct

from collab_document.notifications.schemas import Kind
from collab_document.notifications.store import Unmailed

__all__ = ["Wording", "sentence", "word"]

MAX_TOLD = 20
"""Each is a sentence, and perhaps what was written; of more the number is told."""
_MAX_TITLE = 100


class Wording(Struct, frozen=True, kw_only=True):
    subject: str
    paragraphs: list[str]
    link: str
    link_text: str


def word(news: Sequence[Unmailed], names: Mapping[UUID, str], *, public_url: str) -> Wording:
    """One mail about all of `news`, which is not empty; `names` of those who did it, as far as they are known."""
    sentences = [sentence(each.kind, _who(each, names), each.title) for each in news]
    paragraphs: list[str] = []
    for said, each in zip(sentences[:MAX_TOLD], news, strict=False):
        paragraphs.append(f"{said}." if each.excerpt is None else f"{said}:")
        if each.excerpt is not None:
            paragraphs.append(f"“{each.excerpt}”")
    if len(news) > MAX_TOLD:
        paragraphs.append(f"And {len(news) - MAX_TOLD} more.")
    documents = {each.document_id for each in news}
    link, link_text = _target(news, public_url) if len(documents) == 1 else (f"{public_url}/documents", "Open collab")
    return Wording(
        subject=sentences[0] if len(news) == 1 else _about_several(news),
        paragraphs=paragraphs,
        link=link,
        link_text=link_text,
    )


def sentence(kind: Kind, who: str, title: str | None) -> str:
    """What happened, as the editor says it too."""
    document = f"“{_shown(title)}”"
    match kind:
        case "mention":
            return f"{who} mentioned you in {document}"
        case "reply":
            return f"{who} replied in {document}"
        case "shared":
            return f"{who} shared {document} with you"
        case "ownership":
            return f"{who} made you the owner of {document}"
        case "webhook-disabled":
            return "A webhook of yours failed too often and was turned off"


def _about_several(news: Sequence[Unmailed]) -> str:
    titles = {each.title for each in news}
    if len({each.document_id for each in news}) == 1 and None not in titles:
        return f"{len(news)} things that concern you in “{_shown(news[0].title)}”"
    return f"{len(news)} things that concern you"


def _target(news: Sequence[Unmailed], public_url: str) -> tuple[str, str]:
    document = news[0].document_id
    if document is None:
        return f"{public_url}/settings", "Open the settings"
    threads = {each.thread_id for each in news}
    thread = threads.pop() if len(threads) == 1 else None
    query = "" if thread is None else f"?{urlencode({'thread': str(thread)})}"
    return f"{public_url}/documents/{document}{query}", "Open the document"


def _who(each: Unmailed, names: Mapping[UUID, str]) -> str:
    name = each.guest_name or (None if each.actor is None else names.get(each.actor))
    return " ".join((name or "Someone").split())


def _shown(title: str | None) -> str:
    shown = (title or "").strip() or "Untitled document"
    return shown if len(shown) <= _MAX_TITLE else f"{shown[:_MAX_TITLE]}…"
