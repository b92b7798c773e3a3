"""What the owner does with a document's links, and what a link does for whoever has it.

A link's token is 32 random bytes. It is looked up by its SHA-256 and kept sealed, so that the owner can copy the
address again; who reads the database can neither open a link nor guess its password but at Argon2id's pace.
"""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from msgspec import Struct, UnsetType

from collab_document.access import Access, role_in
from collab_document.idempotency import Idempotency
from collab_document.links.passwords import Attempts, LinkPasswords
from collab_document.links.rules import (
    GUEST_NAME,
    MAX_LINKS,
    guest_id,
    hash_of,
    is_text,
    new_token,
    parse_expiry,
    parse_guest_name,
    parse_password,
    seconds_left,
    stronger,
)
from collab_document.links.schemas import Link, LinkChange, LinkedDocument, LinkList, NewLink, OpenedLink, Opening
from collab_document.links.store import LINKS_SQL, LinkRow, OpenLinkRow
from collab_document.people import People
from collab_document.problems import LinkPasswordNeeded, LinkPasswordWrong, NoSuchDocument, NoSuchLink, TooManyLinks
from collab_document.queries import SQL, CountRow, LockedRow
from collab_document.rules import parse_key, require_version
from collab_document.tickets import Tickets
from collab_document.visitors import Passes
from collab_kit.database import Connection, Database, execute, fetch_one, fetch_row
from collab_kit.events import AccessChanged, Publisher
from collab_kit.guard import Principal
from collab_kit.sealing import SealBroken, Sealer

__all__ = ["Links", "TaggedLink"]

TaggedLink = tuple[Link, int]
"""A link and the version that its ETag names."""


class _Person(Struct, frozen=True):
    """Who opens a link; `shown` is their name beside their caret."""

    id: UUID
    name: str
    shown: str


class Links:
    """Every method raises `StoreUnavailable`."""

    def __init__(
        self,
        *,
        database: Database,
        access: Access,
        people: People,
        idempotency: Idempotency,
        events: Publisher,
        tickets: Tickets,
        passes: Passes,
        passwords: LinkPasswords,
        attempts: Attempts,
        sealer: Sealer,
        public_url: str,
    ) -> None:
        self._database = database
        self._access = access
        self._people = people
        self._idempotency = idempotency
        self._events = events
        self._tickets = tickets
        self._passes = passes
        self._passwords = passwords
        self._attempts = attempts
        self._sealer = sealer
        self._public_url = public_url

    async def list(self, caller: Principal, document: UUID) -> LinkList:
        """Raises `NoSuchDocument` or `RoleTooLow`."""
        await self._access.require(caller, document, "owner")
        rows = await self._database.fetch_all(LinkRow, LINKS_SQL.list_links, document, MAX_LINKS)
        return LinkList([self._present(row) for row in rows])

    async def create(self, caller: Principal, document: UUID, new: NewLink, *, key: str | None) -> TaggedLink:
        """Raises `InvalidRequest`, `NoSuchDocument`, `RoleTooLow`, `TooManyLinks`, `IdempotencyKeyReused` or `Busy`.

        `NoSuchLink` when what a key made before is gone.
        """
        key = parse_key(key)
        expires_at = parse_expiry(new.expires_at, datetime.now(UTC)) if new.expires_at else None
        # Before the transaction, which is not to wait for Argon2; and only for the owner.
        password = parse_password(new.password) if new.password is not None else None
        await self._access.require(caller, document, "owner")
        password_hash = None if password is None else await self._passwords.hash(password)
        async with self._database.transaction() as connection:
            operation = f"createLink {document}"
            made = await self._idempotency.begin(connection, caller.id, key, operation=operation, body=new)
            await _lock(connection, document)
            await role_in(connection, caller, document, "owner")
            if made is not None:
                row = await _find(connection, document, made)
            else:
                count = await fetch_row(connection, CountRow, LINKS_SQL.count_links, document)
                if count.number >= MAX_LINKS:
                    raise TooManyLinks(f"At most {MAX_LINKS}.")
                link, token = uuid4(), new_token()
                arguments = (new.role, password_hash, expires_at)
                sealed = self._sealer.seal(token.encode(), context=link.bytes)
                row = await fetch_row(
                    connection, LinkRow, LINKS_SQL.insert_link, link, document, hash_of(token), sealed, *arguments
                )
                await self._idempotency.finish(connection, caller.id, key, link)
        return self._present(row), row.version

    async def change(
        self,
        caller: Principal,
        document: UUID,
        link: UUID,
        change: LinkChange,
        *,
        expected: frozenset[int] | None,
    ) -> TaggedLink:
        """Raises `InvalidRequest`, `NoSuchDocument`, `RoleTooLow`, `NoSuchLink`, `PreconditionFailed` or `Busy`."""
        password_hash = None
        await self._access.require(caller, document, "owner")
        if isinstance(change.password, str):
            password_hash = await self._passwords.hash(parse_password(change.password))
        async with self._database.transaction() as connection:
            await _lock(connection, document)
            await role_in(connection, caller, document, "owner")
            row = await _find(connection, document, link)
            require_version(expected, row.version)
            expires_at = row.expires_at
            if not isinstance(change.expires_at, UnsetType):
                expires_at = parse_expiry(change.expires_at, datetime.now(UTC)) if change.expires_at else None
            arguments = (
                row.role if isinstance(change.role, UnsetType) else change.role,
                expires_at,
                isinstance(change.password, UnsetType),
                password_hash,
            )
            row = await fetch_row(connection, LinkRow, LINKS_SQL.change_link, document, link, *arguments)
        await self._events.publish(AccessChanged(document))
        return self._present(row), row.version

    async def delete(self, caller: Principal, document: UUID, link: UUID) -> None:
        """Raises `NoSuchDocument`, `RoleTooLow` or `NoSuchLink`."""
        async with self._database.transaction() as connection:
            await _lock(connection, document)
            await role_in(connection, caller, document, "owner")
            if not await execute(connection, LINKS_SQL.delete_link, document, link):
                raise NoSuchLink
        await self._events.publish(AccessChanged(document))

    async def open(self, opening: Opening, *, caller: Principal | None, address: str) -> OpenedLink:
        """Let whoever has the link in: `caller` as themselves, or a guest.

        Raises:
            InvalidRequest: of a guest.
            NoSuchLink: it never was, is over, or its document is gone.
            LinkPasswordNeeded, LinkPasswordWrong: it asks for one.
            TooManyAttempts: of passwords, from this address.
        """
        if not is_text(opening.token):
            raise NoSuchLink
        link = await self._database.fetch_one(OpenLinkRow, LINKS_SQL.find_open_link, hash_of(opening.token))
        if link is None:
            raise NoSuchLink
        await self._check_password(link, opening.password, address)
        own = None if caller is None else await self._access.role(caller.id, link.document_id)
        role = stronger(link.role, own)
        # Where the link gave nothing, what becomes of it is none of the ticket's business.
        is_by_link = role != own
        left_s = seconds_left(link.expires_at, datetime.now(UTC)) if is_by_link else None
        who = await self._who(link.id, opening, caller)
        ticket = self._tickets.issue(
            person=who.id,
            document=link.document_id,
            role=role,
            name=who.shown,
            link=link.pass_key if is_by_link else None,
            at_most_s=left_s,
        )
        visitor_pass = None
        if is_by_link:
            visitor_pass = self._passes.issue(
                person=who.id,
                document=link.document_id,
                link=link.id,
                pass_key=link.pass_key,
                guest_name=None if caller else who.name,
                at_most_s=left_s,
            )
        if caller is not None and own is not None:
            await self._database.execute(SQL.note_opened, caller.id, link.document_id)
        return OpenedLink(
            document=LinkedDocument(id=link.document_id, title=link.title),
            ticket=ticket.ticket,
            role=ticket.role,
            expires_in_s=ticket.expires_in_s,
            path=ticket.path,
            person=who.id,
            name=who.name,
            visitor_pass=visitor_pass,
        )

    async def _check_password(self, link: OpenLinkRow, password: str | None, address: str) -> None:
        if link.password_hash is None:
            return
        if password is None:
            raise LinkPasswordNeeded
        await self._attempts.begin(link.id, address)
        if not is_text(password) or not await self._passwords.verify(link.password_hash, password):
            raise LinkPasswordWrong
        await self._attempts.forget(link.id, address)

    async def _who(self, link: UUID, opening: Opening, caller: Principal | None) -> "_Person":
        if caller is not None:
            profile = (await self._people.find([caller.id])).get(caller.id)
            name = profile.name if profile else caller.email.partition("@")[0]
            return _Person(caller.id, name, name)
        if opening.guest is None:
            return _Person(uuid4(), GUEST_NAME, GUEST_NAME)
        name = parse_guest_name(opening.guest.name)
        # Whatever a guest calls themselves, others see that it is a guest.
        return _Person(guest_id(link, opening.guest.key), name, name if name == GUEST_NAME else f"{name} (guest)")

    def _present(self, row: LinkRow) -> Link:
        try:
            token = self._sealer.open(row.token_sealed, context=row.id.bytes).decode()
        except SealBroken:
            token = None
        return Link(
            id=row.id,
            role=row.role,
            has_password=row.has_password,
            expires_at=row.expires_at,
            created_at=row.created_at,
            url=None if token is None else f"{self._public_url}/link#{token}",
            token=token,
        )


async def _find(connection: Connection, document: UUID, link: UUID) -> LinkRow:
    row = await fetch_one(connection, LinkRow, LINKS_SQL.find_link, document, link)
    if row is None:
        raise NoSuchLink
    return row


async def _lock(connection: Connection, document: UUID) -> None:
    if await fetch_one(connection, LockedRow, SQL.lock_document, document) is None:
        raise NoSuchDocument
