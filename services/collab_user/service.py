"""What the user service does: profiles made, found and changed."""

import re
import time
from collections import OrderedDict
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg
from msgspec import Struct, UnsetType

from collab_kit.database import Database, execute
from collab_kit.errors import FieldError, InvalidRequest
from collab_user.problems import EmailTaken, NoSuchPerson, PreconditionFailed, ProfilePending
from collab_user.queries import SQL
from collab_user.schemas import (
    AccountProfile,
    EmailNotifications,
    InternalProfile,
    Profile,
    ProfileChange,
    ProfileRow,
    PublicProfile,
)

__all__ = ["MAX_NAME_CHARS", "Profiles", "avatar_url", "choose_color", "parse_change", "parse_name", "present"]

MAX_NAME_CHARS = 80
MAX_IDS = 100
MAX_REMEMBERED_SIGHTINGS: Final = 10_000
_SIGHTING_S: Final = 1800.0

# Dark enough for white letters on them (4.5:1), far enough apart to tell carets from each other.
PALETTE = (
    "#b91c1c", "#c2410c", "#a16207", "#4d7c0f", "#15803d", "#047857", "#0f766e", "#0e7490",
    "#0369a1", "#1d4ed8", "#4338ca", "#6d28d9", "#7e22ce", "#a21caf", "#be185d", "#be123c",
)  # fmt: skip

_COLOR = re.compile(r"#[0-9a-f]{6}")


class InternalRow(Struct, frozen=True, kw_only=True):
    id: UUID
    email: str
    name: str
    color: str
    avatar_hash: str | None
    disabled: bool
    claimed_at: datetime | None
    email_notifications: EmailNotifications
    language: str | None


class Profiles:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._sightings: OrderedDict[UUID, float] = OrderedDict()

    async def store(self, person: UUID, account: AccountProfile) -> None:
        """Make the profile of an account, or bring it up to date; safe to repeat. Raises `EmailTaken`."""
        name = account.name[:MAX_NAME_CHARS]
        states = (account.is_admin, account.disabled, account.verified, account.version, account.claimed_at)
        try:
            async with self._database.transaction() as connection:
                # Else a person who is erased at this very moment could come back.
                await execute(connection, SQL.lock_person, person)
                await execute(
                    connection, SQL.upsert_profile, person, account.email, name, choose_color(person), *states
                )
        except asyncpg.UniqueViolationError:
            raise EmailTaken("Its account has to be looked at by an operator.") from None

    async def own(self, person: UUID) -> ProfileRow:
        """Raises `ProfilePending`: whoever has a token has an account, so a profile is under way."""
        profile = await self._database.fetch_one(ProfileRow, SQL.find_profile, person)
        if profile is None:
            raise ProfilePending("Try again in a moment.", retry_after_s=2)
        return profile

    async def public(self, person: UUID) -> PublicProfile:
        """Raises `NoSuchPerson`."""
        row = await self._database.fetch_one(ProfileRow, SQL.find_profile, person)
        if row is None:
            raise NoSuchPerson
        return PublicProfile(id=row.id, name=row.name, color=row.color, avatar_url=avatar_url(row.id, row.avatar_hash))

    async def change(self, person: UUID, change: ProfileChange, *, versions: list[int] | None = None) -> ProfileRow:
        """Only one of `versions`, if any are given. Raises `InvalidRequest`, `ProfilePending`, `PreconditionFailed`."""
        name, color = parse_change(change)
        profile = await self._database.fetch_one(ProfileRow, SQL.update_profile, person, name, color, versions)
        if profile is None:
            await self.own(person)
            raise PreconditionFailed("Read the profile again before you change it.")
        return profile

    async def find(self, *, email: str | None, ids: list[UUID]) -> list[InternalProfile]:
        """By e-mail or by ids; whoever is not there is left out. Raises `InvalidRequest`."""
        if (email is None) == (not ids):
            raise InvalidRequest("Expected either email or id.")
        if len(ids) > MAX_IDS:
            raise InvalidRequest(errors=[FieldError("id", f"Expected at most {MAX_IDS} of them.")])
        if email is not None and not email.isprintable():
            return []  # nobody's: and what PostgreSQL could not take for text
        if email is not None:
            rows = await self._database.fetch_all(InternalRow, SQL.find_profile_by_email, email.strip().lower())
        else:
            rows = await self._database.fetch_all(InternalRow, SQL.find_profiles_by_id, ids)
        return [_present_internally(row) for row in rows]

    async def note_seen(self, person: UUID) -> None:
        """That somebody is here, written at most every half hour for each. Raises `StoreUnavailable`."""
        now = time.monotonic()
        if now - self._sightings.get(person, float("-inf")) < _SIGHTING_S:
            return
        await self._database.execute(SQL.note_seen, person)
        self._sightings[person] = now
        self._sightings.move_to_end(person)
        while len(self._sightings) > MAX_REMEMBERED_SIGHTINGS:
            self._sightings.popitem(last=False)


def avatar_url(person: UUID, content_hash: str | None) -> str | None:
    """Whoever knows it may see the picture: an `<img>` sends no access token, and nobody guesses the hash."""
    return None if content_hash is None else f"/api/users/{person}/avatar?v={content_hash}"


def present(row: ProfileRow) -> Profile:
    return Profile(
        id=row.id,
        email=row.email,
        name=row.name,
        color=row.color,
        avatar_url=avatar_url(row.id, row.avatar_hash),
    )


def choose_color(person: UUID) -> str:
    """The same for the same person each time; the last byte of a UUIDv7 is random."""
    return PALETTE[person.int % len(PALETTE)]


def parse_name(name: str) -> str:
    """White space folded into single blanks. Raises `InvalidRequest`."""
    folded = " ".join(name.split())
    if not 1 <= len(folded) <= MAX_NAME_CHARS or not folded.isprintable():
        error = FieldError("name", f"Expected 1 to {MAX_NAME_CHARS} printable characters.")
        raise InvalidRequest("The name is not valid.", errors=[error])
    return folded


def parse_change(change: ProfileChange) -> tuple[str | None, str | None]:
    """Name and colour to set, `None` for what stays. Raises `InvalidRequest` naming each field that is wrong."""
    errors: list[FieldError] = []
    name = None
    if not isinstance(change.name, UnsetType):
        try:
            name = parse_name(change.name)
        except InvalidRequest as wrong:
            errors += wrong.errors
    color = None if isinstance(change.color, UnsetType) else change.color.lower()
    if color is not None and not _COLOR.fullmatch(color):
        errors.append(FieldError("color", "Expected a colour as #rrggbb, for example #2563eb."))
    if errors:
        raise InvalidRequest("Some fields are wrong.", errors=errors)
    return name, color


def _present_internally(row: InternalRow) -> InternalProfile:
    return InternalProfile(
        id=row.id,
        email=row.email,
        name=row.name,
        color=row.color,
        avatar_url=avatar_url(row.id, row.avatar_hash),
        disabled=row.disabled,
        claimed_at=row.claimed_at,
        email_notifications=row.email_notifications,
        language=row.language,
    )
