"""What becomes of a mail that waited, once it was tried."""

from typing import Protocol
from uuid import UUID

from collab_kit.logging import get_logger
from collab_kit.mail import Mail, Mailer, MailFailed

__all__ = ["Waiting", "send"]

_log = get_logger()


class Waiting(Protocol):
    """Mails that wait. Every method raises `StoreUnavailable`."""

    async def delete(self, mail: UUID, /) -> None: ...

    async def note_failure(self, mail: UUID, reason: str, /) -> None: ...


async def send(mailer: Mailer, waiting: Waiting, mail_id: UUID, kind: str, mail: Mail | None) -> None:
    """Send `mail`, if there still is a reason to; it waits no more, unless another try may succeed.

    Raises `StoreUnavailable`.
    """
    try:
        if mail is not None:
            await mailer.send(mail)
    except MailFailed as error:
        # The id, not the address: logs are read by more people than mails.
        _log.warning("mail not sent", mail=str(mail_id), kind=kind, reason=str(error), final=error.is_final)
        if not error.is_final:
            await waiting.note_failure(mail_id, str(error))
            return
    await waiting.delete(mail_id)
