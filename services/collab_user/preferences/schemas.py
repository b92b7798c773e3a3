"""What the HTTP interface for preferences reads and answers."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from collab_user.schemas import EmailNotifications

__all__ = ["Preferences", "PreferencesChange"]

Theme = Literal["system", "light", "dark"]
Language = Annotated[
    str,
    Meta(
        # Ends with \Z: `$` would let a newline through.
        pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}\Z",
        max_length=35,
        description="A language tag (BCP 47).",
        examples=["en-GB"],
    ),
]


class Preferences(Struct, frozen=True, kw_only=True):
    """`language` is null for what the browser says."""

    theme: Theme = "system"
    language: str | None = None
    email_notifications: EmailNotifications = "mentions"
    spellcheck: bool = True


class PreferencesChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    theme: Theme | UnsetType = UNSET
    language: Language | UnsetType | None = UNSET
    email_notifications: EmailNotifications | UnsetType = UNSET
    spellcheck: bool | UnsetType = UNSET
