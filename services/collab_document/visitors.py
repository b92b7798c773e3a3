"""People who came by a share link: they have no role of their own, only what the link gives at this moment.

A *pass* is what they show: a token that this service signs and verifies itself, good for one document and for routes
below `/api/documents/linked` alone. It says by which link they came, and not what they may do: that is asked of the
database each time, so that a link that is revoked, has expired, gives another role or has another password is so at
once.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias
from uuid import UUID

from litestar import Request
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, SkipValidation
from litestar.types import Method
from msgspec import Struct

from collab_document.links.passwords import Attempts
from collab_document.problems import NoSuchDocument
from collab_kit.errors import Unauthenticated
from collab_kit.guard import Principal, client_address
from collab_kit.settings import Secret
from collab_kit.tokens import TICKET_ISSUER, InvalidToken, Signer, Verifier

__all__ = ["BY_PASS", "Anyone", "Passes", "Visitor", "operation"]

_AUDIENCE: Final = "collab/document"


class Visitor(Principal, frozen=True, kw_only=True):
    """Stands where a member of the document does; `id` is an account's, or of a guest nobody's."""

    document: UUID
    link: UUID
    pass_key: UUID
    guest_name: str | None
    """`None` for somebody with an account."""


Anyone: TypeAlias = NamedDependency[SkipValidation[Principal]]
"""The type of a handler's parameter `principal`, where it may be a `Visitor`."""


class _PassClaims(Struct, frozen=True, kw_only=True):
    sub: UUID
    doc: UUID
    link: UUID
    key: UUID
    exp: int
    guest: str | None = None


class Passes:
    def __init__(self, signing_key: Secret, *, ttl_s: int) -> None:
        """Raises `SettingsError` when the signing key is not one."""
        self._signer = Signer(signing_key, issuer=TICKET_ISSUER, audience=_AUDIENCE)
        self._verifier = Verifier(self._signer.own_keys(), _PassClaims, issuer=TICKET_ISSUER, audience=_AUDIENCE)
        self._ttl_s = ttl_s

    def issue(
        self, *, person: UUID, document: UUID, link: UUID, pass_key: UUID, guest_name: str | None, at_most_s: int | None
    ) -> str:
        ttl_s = self._ttl_s if at_most_s is None else min(self._ttl_s, at_most_s)
        claims = {"sub": str(person), "doc": str(document), "link": str(link), "key": str(pass_key)}
        if guest_name is not None:
            claims["guest"] = guest_name
        return self._signer.sign(claims, ttl_s=ttl_s)

    async def read(self, authorization: str | None) -> Visitor:
        """Raises `Unauthenticated`."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("Send the pass that opening the link gave: Authorization: Bearer <pass>.")
        try:
            claims = await self._verifier.verify(token.strip())
        except InvalidToken as error:
            raise Unauthenticated(str(error)) from error
        return Visitor(
            claims.sub,
            "",
            claims.key,
            scopes=frozenset(),
            document=claims.doc,
            link=claims.link,
            pass_key=claims.key,
            guest_name=claims.guest,
        )


async def _provide_visitor(
    request: Request[Any, Any, Any],
    document_id: FromPath[UUID],
    passes: NamedDependency[Passes],
    visitor_writes: NamedDependency[Attempts],
) -> Visitor:
    """The dependency `principal` of routes for visitors.

    Raises `Unauthenticated`, `NoSuchDocument` for a pass to another document, or `TooManyWrites`.
    """
    visitor = await passes.read(request.headers.get("authorization"))
    if visitor.document != document_id:
        raise NoSuchDocument
    if request.method not in {"GET", "HEAD"}:
        await visitor_writes.begin(visitor.link, client_address(request))
    return visitor


BY_PASS: Mapping[str, Provide] = {"principal": Provide(_provide_visitor)}
"""The dependencies of routes for visitors."""


class _Operation:
    """Visitors' routes are the members' own handlers at another path; each needs a name of its own."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, _handler: object, _method: Method, path: list[str | Any]) -> str:
        return f"{self._name}ByLink" if "linked" in path else self._name


def operation(name: str) -> _Operation:
    """The operation id of a handler that members and visitors have."""
    return _Operation(name)
