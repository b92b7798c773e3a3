"""Preferences over HTTP."""

from litestar import Controller, get, patch
from litestar.di import NamedDependency
from litestar.params import JSONBody

from collab_kit.errors import problem_responses
from collab_kit.guard import BEARER_SECURITY, Caller
from collab_user.controllers import ALWAYS
from collab_user.preferences.schemas import Preferences, PreferencesChange
from collab_user.preferences.store import PreferenceStore
from collab_user.problems import ProfilePending

__all__ = ["PreferencesController"]


class PreferencesController(Controller):
    path = "/api/users/me/preferences"
    tags = ("profiles",)
    security = BEARER_SECURITY

    @get("/", operation_id="getPreferences", responses=problem_responses(ProfilePending, *ALWAYS))
    async def one(self, principal: Caller, preferences: NamedDependency[PreferenceStore]) -> Preferences:
        """One's own preferences."""
        return await preferences.of(principal.id)

    @patch("/", operation_id="updatePreferences", responses=problem_responses(ProfilePending, *ALWAYS))
    async def update(
        self, data: JSONBody[PreferencesChange], principal: Caller, preferences: NamedDependency[PreferenceStore]
    ) -> Preferences:
        """Change some of one's own preferences."""
        return await preferences.change(principal.id, data)
