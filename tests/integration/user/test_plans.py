"""How PostgreSQL finds people among many: by index, and reading little."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import asyncpg
import pytest

from bench.services.filling import email_of, fill_people
from bench.services.world import Size, World
from collab_user.search.store import SQL
from tests.datastores import Datastores
from tests.plans import explain
from tests.services import Stage

if TYPE_CHECKING:
    from asyncpg import Connection, Record

SIZE = Size(people=10_000, documents=100, words=100, text_words=1, long_texts=0)
LARGE = {"profile", "profile_word"}
LOOKED_AT = 500
"""As many people whose name fits are looked at, at most."""


class Filled:
    def __init__(self, world: World, connection: "Connection[Record]") -> None:
        self.connection = connection
        [(_, largest), *_] = sorted(world.teams, key=lambda team: -len(team[1]))
        members = set(largest)
        self.alone: UUID = next(person for person in world.people if person not in members)
        self.mate: UUID = largest[0]
        self.mates = len(largest)
        self.name = world.names[5]
        self.address = email_of(world.people[7])

    def queries(self) -> dict[str, str]:
        first, _, last = self.name.partition(" ")
        return {
            "letter": first[:1],
            "beginning": first[:3],
            "name": self.name,
            "two beginnings": f"{first[:2]} {last[:2]}",
            "address": self.address,
            "beginning of an address": self.address[:4],
            "nobody": "xqxqxq",
        }


@pytest.fixture(scope="module")
async def filled(datastores: Datastores, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Filled]:
    stage = Stage.prepare(tmp_path_factory.mktemp("plans"), datastores)
    try:
        stage.migrate("user")
        connection = await asyncpg.connect(
            stage.database.url("user"), password=stage.secret("user-database-password"), server_settings={"jit": "off"}
        )
        try:
            world = World(SIZE, now=datetime.now(UTC))
            await fill_people(connection, world)
            yield Filled(world, connection)
        finally:
            await connection.close()
    finally:
        stage.close()


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize("policy", ["everyone", "teams", "exact-email"])
@pytest.mark.parametrize("who", ["alone", "mate"])
async def test_people_are_found_by_index_and_a_bounded_number_is_looked_at(
    filled: Filled, who: str, policy: str, mode: str
):
    caller: UUID = getattr(filled, who)
    await filled.connection.execute(f"set plan_cache_mode = {mode}")
    for name, query in filled.queries().items():
        nodes = await explain(filled.connection, SQL.search_people, caller, query, policy, 20)
        read = {node.table for node in nodes if node.reads_all and node.table in LARGE}
        assert not read, f"{name} reads all of {read}"
        assert "profile_word_beginning" in {node.index for node in nodes} or policy == "exact-email", name
        rows = sum(node.rows_read for node in nodes if node.table in LARGE)
        # Each who fits is compared with every word asked for, and shown from their profile; team mates by address too.
        assert rows <= 6 * LOOKED_AT + 2 * filled.mates, f"{name} reads {rows} rows"


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
async def test_a_name_that_one_person_has_reads_little(filled: Filled, mode: str):
    await filled.connection.execute(f"set plan_cache_mode = {mode}")
    nodes = await explain(filled.connection, SQL.search_people, filled.alone, filled.name, "everyone", 20)
    assert sum(node.rows_read for node in nodes if node.table in LARGE) <= LOOKED_AT
