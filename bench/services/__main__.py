"""Lists, search and opening with 100,000 documents and 10,000 people, over HTTP, from the real services.

    .venv/bin/python -m bench.services            # some ten minutes
    .venv/bin/python -m bench.services --quick    # a tenth of everything, to see that it works

The result file and its section in docs/performance.md are written anew; --quick writes neither.
"""

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4

import asyncpg
import uvloop

from bench.services.asking import REFERENCES, Case, cases, find_deep_cursor
from bench.services.client import Request
from bench.services.filling import email_of, fill_documents, fill_people
from bench.services.measuring import connected, measure, percentile, time_sql
from bench.services.results import PATH, TIMES_ALLOWED, Report, Row, write
from bench.services.tables import PAGE, put_into
from bench.services.world import BENCH, QUICK, World
from bench.system.report import Machine
from collab_kit.settings import Secret
from collab_kit.tokens import ACCESS_AUDIENCE, ACCESS_ISSUER, Signer
from tests.datastores import running_datastores
from tests.services import Stage

if TYPE_CHECKING:
    from asyncpg import Connection, Record

QUICK_PATH: Final = PATH.with_name("services-quick.tmp")
AT_ONCE: Final = (1, 16)
_TOKEN_TTL_S: Final = 7200
_SERVICES: Final = ("user", "document")


class Bench:
    """The services running on a world, and what was found so far."""

    def __init__(self, stage: Stage, world: World, database: "Connection[Record]", *, seconds: float) -> None:
        self._stage = stage
        self._world = world
        self._database = database
        self._seconds = seconds
        self._signer = Signer(
            Secret(stage.secret("auth-signing-key") + "\n"), issuer=ACCESS_ISSUER, audience=ACCESS_AUDIENCE
        )
        self._tokens: dict[UUID, str] = {}
        self.rows: list[Row] = []

    def token(self, person: UUID) -> str:
        if person not in self._tokens:
            claims = {"sub": str(person), "email": email_of(person), "sid": str(uuid4())}
            self._tokens[person] = self._signer.sign(claims, ttl_s=_TOKEN_TTL_S)
        return self._tokens[person]

    async def run(self, chosen: Callable[[Case], bool]) -> None:
        async with connected(self._stage.url("document"), 1) as clients:
            deep = await find_deep_cursor(clients[0], self.token(self._world.owner_of_most))
        wanted = cases(self._world, self.token, deep=deep, folders=await self._folders())
        for case in filter(chosen, wanted):
            sql_ms = await time_sql(self._database, *case.sql) if case.sql else None
            for count in AT_ONCE:
                await self._add(case, count, sql_ms)

    async def _folders(self) -> dict[str, tuple[UUID, UUID]]:
        """The fullest folder of the person with the most documents, and one of somebody else."""
        most = self._world.owner_of_most
        found: dict[str, tuple[UUID, UUID]] = {}
        for caller, comparison in (("thousands", "="), ("tens", "<>")):
            row = await self._database.fetchrow(
                f"select user_id, folder_id from personal where folder_id is not null and user_id {comparison} $1"  # noqa: S608
                " group by user_id, folder_id order by count(*) desc limit 1",
                most,
            )
            if row is not None:
                found[caller] = (row["user_id"], row["folder_id"])
        return found

    async def _add(self, case: Case, count: int, sql_ms: float | None) -> None:
        """One row; a case that fails is a row that says how, and costs no other."""
        least = [Request("GET", REFERENCES[case.service], self.token(self._world.ordinary[1]))]
        remark = ""
        taken = [0.0]
        reference = 0.0
        try:
            async with connected(self._stage.url(case.service), count) as clients:
                # Just before: others may use the machine more or less a minute later.
                reference = percentile(await measure(clients, least, seconds=self._seconds / 4), 95)
                taken = await measure(clients, case.requests, seconds=self._seconds)
        except* (ConnectionError, TimeoutError) as failures:
            remark = str(failures.exceptions[0])
        p50, p95, p99 = (round(percentile(taken, percent), 2) for percent in (50, 95, 99))
        row = Row(
            what=case.what,
            caller=case.caller,
            callers=count,
            requests=len(taken),
            p50_ms=p50,
            p95_ms=p95,
            p99_ms=p99,
            least_p95_ms=round(reference, 2),
            times=round(p95 / (reference or 1), 2),
            sql_ms=sql_ms,
            load_1m=round(os.getloadavg()[0], 2),
            remark=remark,
        )
        self.rows.append(row)
        verdict = "" if row.met else remark or f"MISSED: at most {TIMES_ALLOWED:g}"
        sql = "" if sql_ms is None else f"{sql_ms:.1f}"
        times = f"{p50:8.1f} {p95:8.1f} {p99:8.1f} ms {row.times:6.1f} x {row.least_p95_ms:6.1f} {sql:>8}"
        print(f"{row.what:42} {row.caller:20} {count:3}  {times}  {verdict}", flush=True)


@asynccontextmanager
async def filled(stage: Stage, world: World) -> AsyncGenerator["Connection[Record]"]:
    """A connection to the document service's database, once both are full."""
    stage.migrate("auth", *_SERVICES)
    for service, fill in (("user", fill_people), ("document", fill_documents)):
        connection = await asyncpg.connect(
            stage.database.url(service),
            password=stage.secret(f"{service}-database-password"),
            server_settings={"jit": "off"},
        )
        try:
            await fill(connection, world)
            if service == "document":
                yield connection
        finally:
            await connection.close()


async def _bench(stage: Stage, world: World, *, only: str, seconds: float) -> tuple[Bench, int]:
    async with filled(stage, world) as database:
        stage.start_all()
        bench = Bench(stage, world, database, seconds=seconds)
        await bench.run(lambda case: only in case.what)
        size: int = await database.fetchval("select pg_database_size(current_database())")
    return bench, size


def main() -> int:
    options = _parser().parse_args()
    quick: bool = options.quick
    machine = Machine.here()
    world = World(QUICK if quick else BENCH, now=datetime.now(UTC))
    with (
        running_datastores(fsync=True) as stores,
        tempfile.TemporaryDirectory(prefix="collab-bench-") as directory,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        stage = Stage.prepare(Path(directory), stores)
        try:
            bench, size = runner.run(_bench(stage, world, only=options.only, seconds=0.3 if quick else 2.0))
        finally:
            stage.close()
    report = Report(
        taken_at=datetime.now(UTC).replace(microsecond=0),
        machine=machine,
        quick=quick,
        people=len(world.people),
        documents=len(world.documents),
        database_mb=size >> 20,
        rows=bench.rows,
    )
    write(QUICK_PATH if quick or options.only else PATH, report)
    if not (quick or options.only):
        PAGE.write_text(put_into(PAGE.read_text(encoding="utf-8"), report), encoding="utf-8")
    missed = [row for row in report.rows if not row.met]
    print(f"{len(missed)} of {len(report.rows)} missed; load {report.loads}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.services", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of everything; keeps no result")
    parser.add_argument("--only", default="", metavar="TEXT", help="what has this in its name; keeps no result")
    return parser


if __name__ == "__main__":
    sys.exit(main())
