"""Preferences as PostgreSQL has them."""

from typing import Final
from uuid import UUID

from msgspec import Struct, UnsetType

from collab_kit.database import Database, load_queries
from collab_user.preferences.schemas import Preferences, PreferencesChange
from collab_user.problems import ProfilePending

__all__ = ["PreferenceStore"]


class Queries(Struct, frozen=True):
    find_preferences: str
    change_preferences: str


SQL: Final = load_queries(Queries, "collab_user.preferences")


class PreferenceStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, person: UUID) -> Preferences:
        """Raises `ProfilePending`."""
        preferences = await self._database.fetch_one(Preferences, SQL.find_preferences, person)
        if preferences is None:
            raise ProfilePending("Try again in a moment.", retry_after_s=2)
        return preferences

    async def change(self, person: UUID, change: PreferencesChange) -> Preferences:
        """Raises `ProfilePending`."""
        language = change.language
        preferences = await self._database.fetch_one(
            Preferences,
            SQL.change_preferences,
            person,
            None if isinstance(change.theme, UnsetType) else change.theme,
            not isinstance(language, UnsetType),
            None if isinstance(language, UnsetType) else language,
            None if isinstance(change.email_notifications, UnsetType) else change.email_notifications,
            None if isinstance(change.spellcheck, UnsetType) else change.spellcheck,
        )
        if preferences is None:
            raise ProfilePending("Try again in a moment.", retry_after_s=2)
        return preferences
