"""API tokens: made, listed, revoked, and recognised at the gateway."""

from typing import Literal
from uuid import UUID

from msgspec import structs
from prometheus_client import Counter

from collab_auth.api_tokens.problems import NoSuchToken, TooManyTokens
from collab_auth.api_tokens.rules import (
    MAX_TOKENS,
    hash_token,
    is_well_formed,
    new_token,
    parse_token_request,
)
from collab_auth.api_tokens.schemas import ApiToken, CreatedToken, NewToken
from collab_auth.api_tokens.store import TokenStore
from collab_auth.audit.store import Audit, AuditEntry
from collab_auth.device import Device
from collab_auth.edge import ApiTokenUse
from collab_kit.database import Connection, Database
from collab_kit.guard import Principal

__all__ = ["ApiTokenService"]

_uses = Counter("collab_auth_api_tokens_used_total", "Requests with an API token", ["outcome"])


class ApiTokenService:
    def __init__(self, *, database: Database, audit: Audit) -> None:
        self._database = database
        self._store = TokenStore(database)
        self._audit = audit

    async def create(self, principal: Principal, wanted: NewToken, device: Device) -> CreatedToken:
        """Raises `InvalidRequest`, or `TooManyTokens`."""
        parsed = parse_token_request(
            name=wanted.name,
            scopes=wanted.scopes,
            expires_in_days=wanted.expires_in_days,
            is_admin=principal.is_admin,
        )
        token = new_token()
        async with self._database.transaction() as connection:
            made = await self._store.insert(
                connection,
                principal.id,
                name=parsed.name,
                scopes=parsed.scopes,
                token_hash=hash_token(token),
                expires_in=parsed.expires_in,
                max_tokens=MAX_TOKENS,
            )
            if made is None:
                raise TooManyTokens(f"Expected at most {MAX_TOKENS}. Revoke one that is not needed any more.")
            await self._record("token.made", principal, made, device, connection)
        return CreatedToken(**structs.asdict(made), token=token)

    async def list(self, account: UUID) -> list[ApiToken]:
        return await self._store.tokens(account, limit=MAX_TOKENS)

    async def revoke(self, principal: Principal, token: UUID, device: Device) -> None:
        """From now on the token is refused. Raises `NoSuchToken`."""
        async with self._database.transaction() as connection:
            revoked = await self._store.delete(connection, principal.id, token)
            if revoked is None:
                raise NoSuchToken
            await self._record("token.revoked", principal, revoked, device, connection)

    async def resolve(self, token: str) -> ApiTokenUse | None:
        """What the token stands for; `None` when it is mistyped, unknown, expired or revoked."""
        if not is_well_formed(token):
            _uses.labels("malformed").inc()
            return None
        found = await self._store.use(hash_token(token))
        if found is None:
            _uses.labels("refused").inc()
            return None
        if found.is_stale:
            await self._store.note_use(found.id)
        _uses.labels("accepted").inc()
        return ApiTokenUse(id=found.id, account_id=found.account_id, scopes=frozenset(found.scopes))

    async def purge(self) -> int:
        """Delete a batch of tokens that expired long ago; the answer is how many."""
        return await self._store.purge()

    async def _record(
        self,
        event: Literal["token.made", "token.revoked"],
        principal: Principal,
        token: ApiToken,
        device: Device,
        connection: Connection,
    ) -> None:
        entry = AuditEntry(
            event=event,
            account=principal.id,
            actor=principal.id,
            device=device,
            detail={"token": str(token.id), "scopes": token.scopes},
        )
        await self._audit.record(entry, connection)
