"""Documents as one person sees them, with the names of their owners."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from collab_document.people import UNKNOWN_COLOR, People, Profile
from collab_document.queries import SQL, DocumentRow
from collab_document.schemas import Document, Owner, Person
from collab_kit.database import Database

__all__ = ["Presenter", "present_person"]


class Presenter:
    def __init__(self, database: Database, people: People, *, keep: timedelta) -> None:
        """`keep`: how long what is in the trash can be restored."""
        self._database = database
        self._people = people
        self._keep = keep

    async def rows(self, person: UUID, documents: Sequence[UUID]) -> list[DocumentRow]:
        """In that order, the trash included; those the person has no role in are left out."""
        if not documents:
            return []
        return await self._database.fetch_all(DocumentRow, SQL.describe_documents, person, list(documents))

    async def present(self, rows: Sequence[DocumentRow]) -> list[Document]:
        people = await self._people.find(row.owner_id for row in rows)
        return [_present(row, people.get(row.owner_id), self._keep) for row in rows]


def present_person(person: UUID, profile: Profile | None) -> Person:
    return Person(
        id=person,
        name=profile.name if profile else None,
        email=profile.email if profile else None,
        color=profile.color if profile else UNKNOWN_COLOR,
        avatar_url=profile.avatar_url if profile else None,
    )


def _present(row: DocumentRow, owner: Profile | None, keep: timedelta) -> Document:
    return Document(
        id=row.id,
        title=row.title,
        role=row.role,
        owner=Owner(
            id=row.owner_id,
            name=owner.name if owner else None,
            color=owner.color if owner else UNKNOWN_COLOR,
            avatar_url=owner.avatar_url if owner else None,
        ),
        created_at=row.created_at,
        edited_at=row.edited_at,
        member_count=row.member_count,
        team_count=row.team_count,
        favourite=row.favourite,
        folder=row.folder_id,
        opened_at=row.opened_at,
        trashed_at=row.trashed_at,
        expires_at=None if row.trashed_at is None else row.trashed_at + keep,
    )
