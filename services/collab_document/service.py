"""What the document service does. Roles are checked inside the writes; one that touched nothing is then explained."""

from uuid import UUID

from msgspec import UnsetType

from collab_document.people import UNKNOWN_COLOR, People, Profile
from collab_document.problems import (
    NoSuchDocument,
    NoSuchMember,
    NoSuchPerson,
    OwnerRoleFixed,
    RoleTooLow,
    TooManyMembers,
)
from collab_document.queries import SQL, DocumentRow, MemberCount, MemberRow, RoleRow
from collab_document.rules import decode_cursor, encode_cursor, parse_title
from collab_document.schemas import (
    Document,
    DocumentChange,
    DocumentPage,
    Member,
    MemberList,
    NewDocument,
    Owner,
    Person,
    Sharing,
    Ticket,
)
from collab_kit.database import Database
from collab_kit.events import DocumentDeleted, DocumentEdited, Event, MemberChanged, Publisher
from collab_kit.guard import Principal
from collab_kit.tokens import Role, Signer

__all__ = ["Documents"]

MAX_MEMBERS = 500


class Documents:
    def __init__(
        self, *, database: Database, people: People, events: Publisher, signer: Signer, ticket_ttl_s: int
    ) -> None:
        self._database = database
        self._people = people
        self._events = events
        self._signer = signer
        self._ticket_ttl_s = ticket_ttl_s

    async def create(self, caller: Principal, new: NewDocument) -> Document:
        title = parse_title(new.title)
        row = await self._database.fetch_one(DocumentRow, SQL.insert_document, caller.id, title)
        return await self._present_one(row)

    async def get(self, caller: Principal, document: UUID) -> Document:
        """Raises `NoSuchDocument`."""
        return await self._present_one(
            await self._database.fetch_one(DocumentRow, SQL.find_document, document, caller.id)
        )

    async def page(self, caller: Principal, *, cursor: str | None, limit: int) -> DocumentPage:
        """A page of what the caller owns or was given, last edited first. Raises `InvalidRequest`."""
        after = decode_cursor(cursor)
        # One more than asked for tells whether there is a next page.
        rows = await self._database.fetch_all(
            DocumentRow, SQL.list_documents, caller.id, after.edited_at, after.id, limit + 1
        )
        page = rows[:limit]
        more = len(rows) > limit
        next_cursor = encode_cursor(page[-1].edited_at, page[-1].id) if more else None
        return DocumentPage(await self._present(page), next_cursor)

    async def update(self, caller: Principal, document: UUID, change: DocumentChange) -> Document:
        """Raises `InvalidRequest`, `NoSuchDocument` or `RoleTooLow`."""
        if not isinstance(change.title, UnsetType):
            title = parse_title(change.title)
            if not await self._database.execute(SQL.rename_document, document, caller.id, title):
                await self._refuse(caller, document, "Only owners and editors may rename it.")
        return await self.get(caller, document)

    async def delete(self, caller: Principal, document: UUID) -> None:
        """Raises `NoSuchDocument` or `RoleTooLow`."""
        if not await self._database.execute(SQL.delete_document, document, caller.id):
            await self._refuse(caller, document, "Only its owner may delete it.")
        await self._events.publish(DocumentDeleted(document))

    async def members(self, caller: Principal, document: UUID) -> MemberList:
        """Raises `NoSuchDocument`."""
        await self._role(caller, document)
        rows = await self._database.fetch_all(MemberRow, SQL.list_members, document, MAX_MEMBERS)
        people = await self._people.find(row.user_id for row in rows)
        return MemberList([_present_member(row.user_id, row.role, people.get(row.user_id)) for row in rows])

    async def share(self, caller: Principal, document: UUID, sharing: Sharing) -> Member:
        """Give someone a role, or another one.

        Raises:
            NoSuchDocument, RoleTooLow: as the caller's own role says.
            NoSuchPerson: nobody has that e-mail address.
            OwnerRoleFixed: it is the owner's own.
            PeerUnavailable: the user service cannot say whose it is.
        """
        if await self._role(caller, document) != "owner":
            raise RoleTooLow("Only its owner may share it.")
        person = await self._people.find_by_email(sharing.email)
        if person is None:
            raise NoSuchPerson("Ask them to register first.")
        if person.id == caller.id:
            raise OwnerRoleFixed("You own this document; share it with someone else.")
        count = await self._database.fetch_one(MemberCount, SQL.count_others, document, person.id)
        if count is not None and count.members >= MAX_MEMBERS:
            raise TooManyMembers(f"At most {MAX_MEMBERS}.")
        if not await self._database.execute(SQL.put_member, document, caller.id, person.id, sharing.role):
            await self._refuse(caller, document, "Only its owner may share it.")
        await self._events.publish(MemberChanged(document, person.id, sharing.role))
        return _present_member(person.id, sharing.role, person)

    async def remove_member(self, caller: Principal, document: UUID, person: UUID) -> None:
        """Raises `NoSuchDocument`, `RoleTooLow`, `NoSuchMember`, or `OwnerRoleFixed` for the owner leaving."""
        role = await self._role(caller, document)
        if person == caller.id and role == "owner":
            raise OwnerRoleFixed("Delete the document instead.")
        if person != caller.id and role != "owner":
            raise RoleTooLow("Only its owner may remove other people.")
        if not await self._database.execute(SQL.delete_member, document, caller.id, person):
            raise NoSuchMember
        await self._events.publish(MemberChanged(document, person, None))

    async def ticket(self, caller: Principal, document: UUID) -> Ticket:
        """Raises `NoSuchDocument`."""
        role = await self._role(caller, document)
        profile = (await self._people.find([caller.id])).get(caller.id)
        # Carets need a name; the e-mail's first part is what a person who has no profile yet is known by.
        name = profile.name if profile else caller.email.partition("@")[0]
        claims = {"sub": str(caller.id), "doc": str(document), "role": role, "name": name}
        return Ticket(
            ticket=self._signer.sign(claims, ttl_s=self._ticket_ttl_s),
            role=role,
            expires_in_s=self._ticket_ttl_s,
            path=f"/collaboration/{document}",
        )

    async def on_event(self, event: Event) -> None:
        if isinstance(event, DocumentEdited):
            await self._database.execute(SQL.note_edit, event.document, event.at)

    async def _role(self, caller: Principal, document: UUID) -> Role:
        row = await self._database.fetch_one(RoleRow, SQL.find_role, document, caller.id)
        if row is None:
            raise NoSuchDocument
        return row.role

    async def _refuse(self, caller: Principal, document: UUID, why: str) -> None:
        """Say why a guarded write touched nothing: the document is gone for the caller, or the role is too low."""
        await self._role(caller, document)
        raise RoleTooLow(why)

    async def _present_one(self, row: DocumentRow | None) -> Document:
        if row is None:
            raise NoSuchDocument
        return (await self._present([row]))[0]

    async def _present(self, rows: list[DocumentRow]) -> list[Document]:
        people = await self._people.find(row.owner_id for row in rows)
        return [_present_document(row, people.get(row.owner_id)) for row in rows]


def _present_document(row: DocumentRow, owner: Profile | None) -> Document:
    return Document(
        id=row.id,
        title=row.title,
        role=row.role,
        owner=Owner(
            id=row.owner_id,
            name=owner.name if owner else None,
            color=owner.color if owner else UNKNOWN_COLOR,
        ),
        created_at=row.created_at,
        edited_at=row.edited_at,
        member_count=row.member_count,
    )


def _present_member(person: UUID, role: Role, profile: Profile | None) -> Member:
    return Member(
        user=Person(
            id=person,
            name=profile.name if profile else None,
            email=profile.email if profile else None,
            color=profile.color if profile else UNKNOWN_COLOR,
        ),
        role=role,
    )
