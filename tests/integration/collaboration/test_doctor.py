"""What an operator does to one document: look, take out, compact, repair; with damage made by hand."""

import asyncio
import base64
import hashlib
import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import pytest
from pycrdt import Doc, Text

from collab_collaboration.doctor.examining import Examiner
from collab_collaboration.doctor.repairing import Repairer
from collab_collaboration.doctor.store import DoctorStore
from collab_collaboration.history.making import VersionMaker
from collab_collaboration.history.store import HistoryStore
from collab_collaboration.objects import ObjectMissing, Objects
from collab_collaboration.oplog import Append, OperationLog
from collab_collaboration.settings import CollaborationSettings
from collab_collaboration.snapshots import Documents
from collab_kit.database import Database
from collab_kit.settings import load_settings
from tests.datastores import Datastores
from tests.integration.collaboration.harness import Collaboration

ADA, BOB = uuid4(), uuid4()


@pytest.fixture(scope="module")
def stored(collaboration: Collaboration, datastores: Datastores) -> Collaboration:
    collaboration.object_store = datastores.object_store
    return collaboration


class Bench:
    """A document written straight into the store, and the parts that the commands are made of."""

    def __init__(self, collaboration: Collaboration, settings: CollaborationSettings, database: Database) -> None:
        self.collaboration = collaboration
        self.document = uuid4()
        self.log = OperationLog(database)
        self.objects = Objects(settings)
        self.documents = Documents(self.log, self.objects, settle_s=settings.snapshot_settle_s)
        self.history = HistoryStore(database)
        self.versions = VersionMaker(self.history, self.log, self.documents, self.objects)
        self.store = DoctorStore(database)
        self.examiner = Examiner(self.store, self.history, self.objects)
        self.repairer = Repairer(self.store, self.examiner, self.documents, self.objects)
        self._writer: Doc[Text] = Doc()
        self._text = self._writer.get("text", type=Text)

    async def write(self, letters: str, author: UUID = ADA) -> None:
        """One operation a letter."""
        epoch = (await self.log.open(self.document)).epoch
        updates: list[bytes] = []
        for letter in letters:
            known = self._writer.get_state()
            self._text += letter
            updates.append(self._writer.get_update(known))
        await self.log.append([Append(self.document, epoch, [(author, update) for update in updates])])

    async def compact(self) -> None:
        assert await self.documents.compact(self.document, min_operations=1)

    async def text(self) -> str:
        """As the service would open it."""
        loaded = await self.documents.load(self.document)
        return str(loaded.doc.inner.get("text", type=Text))

    def lose(self, seq: int) -> None:
        """Take an operation out of the log."""
        where = f"document = '{self.document}' and seq = {seq}"
        self.collaboration.stage.database.psql(f"delete from collaboration.operation where {where}")  # noqa: S608  # ours

    def poison(self, seq: int, payload: bytes) -> None:
        """Put something else in an operation's place."""
        where = f"document = '{self.document}' and seq = {seq}"
        change = f"payload = decode('{payload.hex()}', 'hex')"
        self.collaboration.stage.database.psql(f"update collaboration.operation set {change} where {where}")  # noqa: S608  # ours

    def snapshot_keys(self) -> list[str]:
        """The objects of the document's snapshots, the current one first."""
        return [key for _, key in self.collaboration.snapshots(str(self.document))][::-1]

    async def faults(self) -> list[str]:
        return [fault.kind for fault in (await self.examiner.examine(self.document)).faults]

    def admin(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        """Exit code and report of `python -m collab_collaboration.admin` for the document."""
        done = self.run(*arguments)
        return done.returncode, json.loads(done.stdout)

    def run(self, command: str, *arguments: str, document: UUID | None = None) -> subprocess.CompletedProcess[str]:
        overrides = {**self.collaboration.environment(), "COLLAB_PORT": "0", "COLLAB_WEBSOCKET_PORT": "1"}
        words = (command, str(document or self.document), *arguments)
        return self.collaboration.stage.run_module(
            "collab_collaboration.admin", *words, service="collaboration", **overrides
        )


@pytest.fixture
async def bench(stored: Collaboration) -> AsyncIterator[Bench]:
    overrides = {**stored.environment(), "COLLAB_PORT": "0", "COLLAB_WEBSOCKET_PORT": "1"}
    settings = load_settings(CollaborationSettings, stored.stage.environment("collaboration", **overrides))
    async with Database(settings) as database:
        bench = Bench(stored, settings, database)
        yield bench
        await bench.log.release()


def exported(output: str) -> tuple[dict[str, Any], bytes]:
    header, *lines = output.splitlines()
    return json.loads(header), b"".join(map(base64.b64decode, lines))


async def test_a_sound_document_is_inspected(bench: Bench) -> None:
    await bench.write("abc")
    await bench.compact()
    await bench.write("de", author=BOB)
    version = await bench.versions.create(bench.document, name="Draft", user=ADA)
    code, report = bench.admin("inspect")
    assert code == 0
    assert report["sound"]
    assert (report["faults"], report["missing"], report["quarantines"]) == ([], [], [])
    assert (report["head"], report["base"]) == (5, 3)
    assert report["log"]["operations"] == 5
    assert [snapshot["sequence"] for snapshot in report["snapshots"]] == [3]
    assert [(each["id"], each["name"], each["sequence"]) for each in report["versions"]] == [
        (str(version.id), "Draft", 5)
    ]
    assert {each["user"]: each["operations"] for each in report["authors"]} == {str(ADA): 3, str(BOB): 2}
    assert report["last_edit"]["user"] == str(BOB)
    assert report["state_bytes"] > 0


@pytest.mark.parametrize("command", ["inspect", "export", "compact", "repair"])
async def test_a_document_that_is_none(bench: Bench, command: str) -> None:
    done = bench.run(command, document=uuid4())
    assert (done.returncode, done.stdout) == (1, "")
    assert "no such document" in done.stderr
    assert bench.run(command, "--nonsense").returncode == 2


async def test_exports(bench: Bench) -> None:
    await bench.write("grüße 🎉")
    version = await bench.versions.create(bench.document, name="Draft", user=ADA)
    await bench.write(" later")
    header, content = exported(bench.run("export", "--format", "text").stdout)
    assert content.decode() == "grüße 🎉 later\n"
    assert header == {
        "format": "text",
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "sequence": 13,
    }
    _, content = exported(bench.run("export", "--format", "json", "--version", str(version.id)).stdout)
    assert json.loads(content) == {"text": "grüße 🎉"}
    _, content = exported(bench.run("export").stdout)
    copy: Doc[Text] = Doc()
    copy.apply_update(content)
    assert str(copy.get("text", type=Text)) == "grüße 🎉 later"
    assert bench.run("export", "--version", str(uuid4())).returncode == 1


async def test_exports_as_of_an_operation(bench: Bench) -> None:
    await bench.write("abc")
    await bench.compact()
    await bench.write("def")
    await bench.compact()
    await bench.write("ghi")
    for at, expected in ((3, "abc"), (4, "abcd"), (6, "abcdef"), (8, "abcdefgh"), (9, "abcdefghi")):
        header, content = exported(bench.run("export", "--format", "text", "--at", str(at)).stdout)
        assert (content.decode(), header["sequence"]) == (f"{expected}\n", at)
    for at, why in ((2, "does not go back"), (10, "has operations 0 to 9")):
        done = bench.run("export", "--at", str(at))
        assert (done.returncode, done.stdout) == (1, "")
        assert why in done.stderr


async def test_compacting_now(bench: Bench) -> None:
    await bench.write("abc")
    await bench.compact()
    await bench.write("def")
    code, report = bench.admin("compact")
    assert code == 0
    assert (report["compacted"], report["base_before"], report["base"]) == (True, 3, 6)
    assert (report["log_before"]["operations"], report["log"]["operations"]) == (6, 3)
    assert bench.admin("compact") == (0, {**report, "compacted": False, "base_before": 6, "log_before": report["log"]})
    assert await bench.text() == "abcdef"


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("harm", ["missing", "damaged"])
async def test_a_bad_snapshot_is_replaced_and_nobody_notices(bench: Bench, which: int, harm: str) -> None:
    await bench.write("abc")
    await bench.compact()
    await bench.write("def")
    await bench.compact()
    await bench.write("g")
    key = bench.snapshot_keys()[which]
    if harm == "missing":
        await bench.objects.delete(key)
    else:
        await bench.objects.put(key, b"something else")
    code, report = bench.admin("inspect")
    assert (code, [fault["kind"] for fault in report["faults"]]) == (3, ["snapshot"])
    assert not report["faults"][0]["loses"]
    code, plan = bench.admin("repair")
    assert (code, plan["repaired"], plan["loses"]) == (3, False, False)
    assert bench.snapshot_keys()[which] == key, "asked for nothing, it changes nothing"
    code, done = bench.admin("repair", "--yes")
    assert (code, done["repaired"], done["epoch"], done["faults_left"]) == (0, True, None, [])
    assert bench.admin("inspect")[1]["epoch"] == report["epoch"], "it goes on in the same life"
    assert await bench.text() == "abcdefg"
    _, content = exported(bench.run("export", "--quarantine", done["quarantine"]).stdout)
    (kept,) = json.loads(content)["objects"]
    assert kept["key"] == key
    assert kept["content"] == (None if harm == "missing" else base64.b64encode(b"something else").decode())
    with pytest.raises(ObjectMissing):
        await bench.objects.get(key)


async def test_a_poisoned_operation_is_left_out_and_kept(bench: Bench) -> None:
    await bench.write("abc")
    stranger: Doc[Text] = Doc()
    stranger.get("text", type=Text).insert(0, "x")
    epoch = (await bench.log.open(bench.document)).epoch
    await bench.log.append([Append(bench.document, epoch, [(BOB, stranger.get_update())])])
    await bench.write("d")
    bench.poison(4, b"\xde\xad\xbe\xef")
    code, report = bench.admin("inspect")
    assert (code, [fault["kind"] for fault in report["faults"]]) == (3, ["operation"])
    before = report["epoch"]
    code, plan = bench.admin("repair")
    assert (code, plan["left_out"], plan["loses"], plan["repaired"]) == (3, [4], True, False)
    code, done = bench.admin("repair", "--yes")
    assert (code, done["left_out"], done["faults_left"]) == (0, [4], [])
    assert done["epoch"] not in (None, before)
    assert await bench.text() == "abcd"
    _, content = exported(bench.run("export", "--quarantine", done["quarantine"]).stdout)
    (kept,) = json.loads(content)["operations"]
    assert (kept["seq"], kept["author"]) == (4, str(BOB))
    assert base64.b64decode(kept["payload"]) == bytes.fromhex("deadbeef")
    history = await bench.history.authors(bench.document)
    assert {each.author: each.operations for each in history} == {ADA: 4, BOB: 1}, "who wrote stays known"


async def test_a_gap_takes_what_builds_on_it_along(bench: Bench) -> None:
    await bench.write("abcdef")
    bench.lose(3)
    code, report = bench.admin("inspect")
    assert code == 3
    assert [fault["kind"] for fault in report["faults"]] == ["gap", "operation", "operation", "operation"]
    assert report["missing"] == [{"first": 3, "last": 3}]
    code, done = bench.admin("repair", "--yes")
    assert (code, done["left_out"], done["missing"]) == (0, [4, 5, 6], [{"first": 3, "last": 3}])
    assert await bench.text() == "ab"


async def test_a_version_fills_a_gap(bench: Bench) -> None:
    await bench.write("abcd")
    await bench.versions.create(bench.document, name="Draft", user=ADA)
    await bench.write("ef")
    bench.lose(3)
    code, done = bench.admin("repair", "--yes")
    assert (code, done["left_out"], done["missing"], done["faults_left"]) == (0, [], [], [])
    assert await bench.text() == "abcdef"


async def test_nothing_good_is_left(bench: Bench) -> None:
    await bench.write("abc")
    assert await bench.documents.replace(bench.document, (await bench.documents.load(bench.document)).doc.get_update())
    for key in bench.snapshot_keys():
        await bench.objects.delete(key)
    assert bench.admin("inspect")[0] == 3
    done = bench.run("repair", "--yes")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Nothing good is left" in done.stderr


async def test_a_version_without_its_object_cannot_be_mended(bench: Bench) -> None:
    await bench.write("abc")
    version = await bench.versions.create(bench.document, name="Draft", user=ADA)
    await bench.objects.delete(version.object_key)
    code, report = bench.admin("repair", "--yes")
    assert (code, report["repaired"]) == (3, False)
    assert [(fault["kind"], fault["repairable"]) for fault in report["faults_left"]] == [("version", False)]


class Crash(Exception):  # noqa: N818  # what happens to the process
    """The process ends here."""


@pytest.mark.parametrize("damage", ["snapshot", "gap"])
@pytest.mark.parametrize("step", range(12))
async def test_a_crash_between_any_two_steps_of_a_repair(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, step: int, damage: str
) -> None:
    await bench.write("abcdef")
    await bench.compact()
    await bench.write("ghi")
    await bench.compact()
    await bench.write("jkl")
    if damage == "snapshot":
        await bench.objects.delete(bench.snapshot_keys()[0])
    else:
        bench.lose(11)
    expected = "abcdefghijkl" if damage == "snapshot" else "abcdefghij"
    left = step

    def crashing(original: Any) -> Any:
        async def call(*arguments: Any, **options: Any) -> Any:
            nonlocal left
            if left == 0:
                raise Crash
            left -= 1
            return await original(*arguments, **options)

        return call

    with monkeypatch.context() as patch:
        for part, names in (
            (bench.objects, ("put", "delete")),
            (bench.store, ("swap_snapshot", "insert_quarantine")),
            (bench.log, ("begin_epoch", "trim", "drop_old_snapshots")),
        ):
            for name in names:
                patch.setattr(part, name, crashing(getattr(part, name)))
        with suppress(Crash):
            await bench.repairer.repair(bench.document)
    await bench.repairer.repair(bench.document)
    assert await bench.faults() == []
    assert await bench.text() == expected


async def test_writing_goes_on_during_inspection_and_compaction(bench: Bench) -> None:
    async def write() -> None:
        for letter in "abcdefghij":
            await bench.write(letter * 20)

    await bench.write("-")
    writing = asyncio.create_task(write())
    while not writing.done():
        assert await bench.faults() == []
        await bench.documents.compact(bench.document, min_operations=1)
    await writing
    assert await bench.text() == "-" + "".join(letter * 20 for letter in "abcdefghij")
