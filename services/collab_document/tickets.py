"""What lets someone edit together: the signed ticket that collaboration asks for."""

from uuid import UUID

from collab_document.schemas import Ticket
from collab_kit.tokens import Role, Signer

__all__ = ["Tickets"]


class Tickets:
    def __init__(self, signer: Signer, *, ttl_s: int) -> None:
        self._signer = signer
        self._ttl_s = ttl_s

    def issue(
        self,
        *,
        person: UUID,
        document: UUID,
        role: Role,
        name: str,
        link: UUID | None = None,
        at_most_s: int | None = None,
    ) -> Ticket:
        """`link` is the one that gave the role; a ticket lives no longer than `at_most_s`."""
        ttl_s = self._ttl_s if at_most_s is None else min(self._ttl_s, at_most_s)
        claims = {"sub": str(person), "doc": str(document), "role": role, "name": name}
        if link is not None:
            claims["link"] = str(link)
        return Ticket(
            ticket=self._signer.sign(claims, ttl_s=ttl_s),
            role=role,
            expires_in_s=ttl_s,
            path=f"/collaboration/{document}",
        )
