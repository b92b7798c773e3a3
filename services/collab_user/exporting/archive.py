"""One ZIP of what every service knows of a person: written to a file as it arrives, never held as a whole in memory."""

import asyncio
import tempfile
import zipfile
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack
from typing import IO, Final, Self
from uuid import UUID

import httpx
import msgspec
from structlog.contextvars import get_contextvars

from collab_kit.errors import PeerUnavailable
from collab_kit.http import INTERNAL_HEADER, REQUEST_ID_HEADER, plain_client
from collab_kit.logging import get_logger
from collab_kit.settings import Secret
from collab_user.avatars.problems import NoSuchAvatar
from collab_user.avatars.store import Avatars
from collab_user.preferences.store import PreferenceStore
from collab_user.problems import Busy
from collab_user.service import Profiles, present
from collab_user.teams.rules import MAX_TEAMS, start_of_teams
from collab_user.teams.store import Teams

__all__ = ["Archive", "Exports"]

DEADLINE_S: Final = 25.0
MAX_PART_BYTES: Final = 64 * 1024 * 1024
_AT_ONCE: Final = 2
_IN_MEMORY_BYTES: Final = 2 * 1024 * 1024
_CHUNK_BYTES: Final = 64 * 1024

_log = get_logger()


class Archive:
    """A file that is gone once it has been read, or closed."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.size_bytes = file.seek(0, 2)
        file.seek(0)

    async def chunks(self) -> AsyncGenerator[bytes]:
        with self._file:
            while chunk := await asyncio.to_thread(self._file.read, _CHUNK_BYTES):
                yield chunk


class Exports:
    def __init__(
        self,
        *,
        profiles: Profiles,
        preferences: PreferenceStore,
        avatars: Avatars,
        teams: Teams,
        sources: Mapping[str, str | None],
        token: Secret,
        ca_file: str | None,
    ) -> None:
        """`sources`: for each service its URL up to the person's id, `None` where there is no such service."""
        self._profiles = profiles
        self._preferences = preferences
        self._avatars = avatars
        self._teams = teams
        self._sources = dict(sources)
        self._token = token
        self._ca_file = ca_file
        self._clients: dict[str, httpx.AsyncClient] = {}
        self._stack = AsyncExitStack()
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def __aenter__(self) -> Self:
        for name, url in self._sources.items():
            if url is not None:
                client = plain_client(url, timeout_s=10.0, ca_file=self._ca_file)
                self._clients[name] = await self._stack.enter_async_context(client)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._clients.clear()
        await self._stack.aclose()

    async def make(self, person: UUID) -> Archive:
        """Raises `PeerUnavailable`, `StoreUnavailable`, `ProfilePending`, `Busy`: all of it, or nothing."""
        if self._turns.locked():
            raise Busy("Others are exporting. Try again.", retry_after_s=10)
        file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115  # closed by the archive, or below
        try:
            async with self._turns, asyncio.timeout(DEADLINE_S):
                with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                    await self._add_own(archive, person)
                    for name in self._sources:
                        await self._add_from(archive, name, person)
            return Archive(file)
        except TimeoutError:
            file.close()
            raise PeerUnavailable("Collecting everything took too long. Try again.", retry_after_s=30) from None
        except BaseException:
            file.close()
            raise

    async def _add_own(self, archive: zipfile.ZipFile, person: UUID) -> None:
        row = await self._profiles.own(person)
        archive.writestr("profile.json", _readable(present(row)))
        archive.writestr("preferences.json", _readable(await self._preferences.of(person)))
        teams = await self._teams.page(person, after=start_of_teams(None), limit=MAX_TEAMS)
        archive.writestr("teams.json", _readable(teams))
        if row.avatar_hash is not None:
            try:
                archive.writestr("avatar.webp", await self._avatars.read(person, row.avatar_hash))
            except NoSuchAvatar:
                _log.warning("a picture is missing in object storage", person=str(person))

    async def _add_from(self, archive: zipfile.ZipFile, name: str, person: UUID) -> None:
        url, client = self._sources[name], self._clients.get(name)
        if url is None or client is None:
            raise PeerUnavailable(f"This environment has no {name} service to ask.")
        headers = {
            INTERNAL_HEADER: self._token.reveal(),
            REQUEST_ID_HEADER: str(get_contextvars().get("request_id", "")),
        }
        size_bytes = 0
        try:
            async with client.stream("GET", f"{url}/{person}/export", headers=headers) as answer:
                if answer.status_code != 200:
                    raise PeerUnavailable(f"The {name} service answered with status {answer.status_code}.")
                with archive.open(f"{name}.json", "w") as part:
                    async for chunk in answer.aiter_bytes(_CHUNK_BYTES):
                        size_bytes += len(chunk)
                        if size_bytes > MAX_PART_BYTES:
                            raise PeerUnavailable(f"The {name} service has more to say than fits into an export.")
                        await asyncio.to_thread(part.write, chunk)
        except httpx.HTTPError as error:
            _log.warning("peer unavailable", peer=name, error=str(error) or type(error).__name__)
            raise PeerUnavailable(f"The {name} service does not answer. Try again.") from error


def _readable(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2)
