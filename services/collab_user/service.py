"""What the user service does: profiles made, found and changed."""

import re
from uuid import UUID

import asyncpg
from msgspec import UnsetType

from collab_kit.database import Database
from collab_kit.errors import FieldError, InvalidRequest
from collab_user.problems import EmailTaken, NoSuchPerson, ProfilePending
from collab_user.queries import SQL
from collab_user.schemas import AccountProfile, Profile, ProfileChange, PublicProfile

__all__ = ["Profiles", "choose_color", "parse_change"]

MAX_NAME_CHARS = 80
MAX_IDS = 100

# Dark enough for white letters on them (4.5:1), far enough apart to tell carets from each other.
PALETTE = (
    "#b91c1c", "#c2410c", "#a16207", "#4d7c0f", "#15803d", "#047857", "#0f766e", "#0e7490",
    "#0369a1", "#1d4ed8", "#4338ca", "#6d28d9", "#7e22ce", "#a21caf", "#be185d", "#be123c",
)  # fmt: skip

_COLOR = re.compile(r"#[0-9a-f]{6}")


class Profiles:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def store(self, person: UUID, account: AccountProfile) -> None:
        """Make the profile of an account, or bring its e-mail up to date; safe to repeat. Raises `EmailTaken`."""
        name = account.name[:MAX_NAME_CHARS]
        try:
            await self._database.execute(SQL.upsert_profile, person, account.email, name, choose_color(person))
        except asyncpg.UniqueViolationError:
            raise EmailTaken("Its account has to be looked at by an operator.") from None

    async def own(self, person: UUID) -> Profile:
        """Raises `ProfilePending`: whoever has a token has an account, so a profile is under way."""
        profile = await self._database.fetch_one(Profile, SQL.find_profile, person)
        if profile is None:
            raise ProfilePending("Try again in a moment.", retry_after_s=2)
        return profile

    async def public(self, person: UUID) -> PublicProfile:
        """Raises `NoSuchPerson`."""
        profile = await self._database.fetch_one(Profile, SQL.find_profile, person)
        if profile is None:
            raise NoSuchPerson
        return PublicProfile(id=profile.id, name=profile.name, color=profile.color)

    async def change(self, person: UUID, change: ProfileChange) -> Profile:
        """Raises `InvalidRequest` or `ProfilePending`."""
        name, color = parse_change(change)
        profile = await self._database.fetch_one(Profile, SQL.update_profile, person, name, color)
        if profile is None:
            raise ProfilePending("Try again in a moment.", retry_after_s=2)
        return profile

    async def find(self, *, email: str | None, ids: list[UUID]) -> list[Profile]:
        """By e-mail or by ids; whoever is not there is left out. Raises `InvalidRequest`."""
        if (email is None) == (not ids):
            raise InvalidRequest("Expected either email or id.")
        if len(ids) > MAX_IDS:
            raise InvalidRequest(errors=[FieldError("id", f"Expected at most {MAX_IDS} of them.")])
        if email is not None:
            return await self._database.fetch_all(Profile, SQL.find_profile_by_email, email.strip().lower())
        return await self._database.fetch_all(Profile, SQL.find_profiles_by_id, ids)


def choose_color(person: UUID) -> str:
    """The same for the same person each time; the last byte of a UUIDv7 is random."""
    return PALETTE[person.int % len(PALETTE)]


def parse_change(change: ProfileChange) -> tuple[str | None, str | None]:
    """Name and colour to set, `None` for what stays. Raises `InvalidRequest` naming each field that is wrong."""
    errors: list[FieldError] = []
    name = None if isinstance(change.name, UnsetType) else " ".join(change.name.split())
    color = None if isinstance(change.color, UnsetType) else change.color.lower()
    if name is not None and (not 1 <= len(name) <= MAX_NAME_CHARS or not name.isprintable()):
        errors.append(FieldError("name", f"Expected 1 to {MAX_NAME_CHARS} printable characters."))
    if color is not None and not _COLOR.fullmatch(color):
        errors.append(FieldError("color", "Expected a colour as #rrggbb, for example #2563eb."))
    if errors:
        raise InvalidRequest("Some fields are wrong.", errors=errors)
    return name, color
