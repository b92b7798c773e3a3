"""Who calls the auth service itself, which need not take a token's word for it that its session goes on."""

from typing import Any

from litestar import Request
from litestar.di import Provide

from collab_auth.sessions.store import SessionStore
from collab_kit.errors import Unauthenticated
from collab_kit.guard import Principal, principal_of, require_scope
from collab_kit.tokens import AccessClaims, Verifier

__all__ = ["living_principal_dependency"]


def living_principal_dependency(verifier: Verifier[AccessClaims], store: SessionStore) -> Provide:
    """The dependency `principal`: of a session that goes on and an account that may be used, asked of PostgreSQL.

    The gateway asks as well, and believes the answer for a moment: long enough for a thief whose session was just ended
    to make an API token that stays.
    """

    async def provide_principal(request: Request[Any, Any, Any]) -> Principal:
        principal = await principal_of(request.headers.get("authorization"), verifier)
        require_scope(principal, None, reads=request.method in {"GET", "HEAD"})
        if not await store.is_living(principal.session_id, principal.id, as_admin=principal.is_admin):
            raise Unauthenticated("The session has ended. Sign in again.")
        return principal

    return Provide(provide_principal)
