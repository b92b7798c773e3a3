"""`collab doc`: what it asks of the service, what it shows, and what it writes where."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from collab_cli.documents import DocCompactDocument, DocExportDocument, DocInspectDocument, DocRepairDocument
from collab_platform.errors import ExitCode
from collab_platform.targets.base import CommandResult
from tests.unit.cli.scripted import ScriptedTarget, collab

DOCUMENT = "0190f3c2-8d7e-7c3a-9f57-6d1f0a2b3c4d"
OTHER = "0190f3c2-0000-7000-8000-000000000001"
TIME = "2026-03-01T12:00:00Z"
LOG = {"operations": 5, "size_bytes": 4096, "first": 1, "last": 5}
GAP = {"kind": "gap", "detail": "operations 3 to 3 are missing", "loses": True, "repairable": True}
LOST_VERSION = {"kind": "version", "detail": f"version {OTHER}: missing", "loses": True, "repairable": False}
BAD_SNAPSHOT = {"kind": "snapshot", "detail": "snapshot 3: missing", "loses": False, "repairable": True}


def inspection(*faults: dict[str, Any]) -> dict[str, Any]:
    return {
        "document": DOCUMENT,
        "sound": not faults,
        "faults": faults,
        "missing": [{"first": 3, "last": 3}] if GAP in faults else [],
        "head": 5,
        "base": 3,
        "epoch": 7,
        "created_at": TIME,
        "deleted_at": None,
        "last_edit": {"user": OTHER, "at": TIME},
        "state_bytes": 2048,
        "clients": 2,
        "log": LOG,
        "snapshots": [{"sequence": 3, "key": "k", "size_bytes": 1024, "created_at": TIME, "fault": None}],
        "versions": [
            {"id": OTHER, "name": "Draft", "sequence": 3, "created_at": TIME, "size_bytes": 1024, "fault": "missing"}
        ],
        "authors": [{"user": OTHER, "operations": 5, "size_bytes": 9, "first_at": TIME, "last_at": TIME}],
        "quarantines": [{"id": OTHER, "created_at": TIME, "operations": 1, "objects": 0, "size_bytes": 9}],
    }


def repaired(*faults: dict[str, Any], left: tuple[dict[str, Any], ...], done: bool = False) -> dict[str, Any]:
    loses = GAP in faults
    return {
        "document": DOCUMENT,
        "repaired": done,
        "faults": faults,
        "missing": [{"first": 3, "last": 3}] if loses else [],
        "left_out": [4, 5] if loses else [],
        "loses": loses,
        "epoch": 8 if done and loses else None,
        "quarantine": OTHER if done else None,
        "faults_left": left,
    }


def answering(report: object, exit_code: int = 0) -> ScriptedTarget:
    stdout = msgspec.json.encode(report).decode() + "\n"
    return ScriptedTarget(result=CommandResult(exit_code=exit_code, stdout=stdout, stderr=""))


def exporting(content: bytes, *, size_bytes: int | None = None) -> ScriptedTarget:
    header = {
        "format": "text",
        "size_bytes": len(content) if size_bytes is None else size_bytes,
        "sha256": hashlib.sha256(content).hexdigest(),
        "sequence": 5,
    }
    lines = [base64.b64encode(content[at : at + 3]).decode() for at in range(0, len(content), 3)]
    stdout = "\n".join([msgspec.json.encode(header).decode(), *lines]) + "\n"
    return ScriptedTarget(result=CommandResult(exit_code=0, stdout=stdout, stderr=""))


def asked(target: ScriptedTarget) -> tuple[str, ...]:
    """The words given to the service's program."""
    (call,) = target.calls
    component, argv, stdin, _ = cast("tuple[str, tuple[str, ...], str, float]", call)
    assert (component, argv[0], stdin) == ("collaboration", "collab_collaboration.admin", "")
    return argv[1:]


@pytest.mark.parametrize(
    ("faults", "code"), [((), ExitCode.OK), ((GAP,), ExitCode.UNHEALTHY), ((LOST_VERSION,), ExitCode.UNHEALTHY)]
)
def test_inspect_as_json(capsys: pytest.CaptureFixture[str], faults: tuple[dict[str, Any], ...], code: ExitCode):
    target = answering(inspection(*faults), 3 if faults else 0)
    assert collab(target, "doc", "inspect", DOCUMENT, "-o", "json") == code
    shown = msgspec.json.decode(capsys.readouterr().out, type=DocInspectDocument)
    assert shown.inspection.sound is not bool(faults)
    assert len(shown.inspection.faults) == len(faults)
    assert asked(target) == ("inspect", DOCUMENT)


def test_inspect_for_people(capsys: pytest.CaptureFixture[str]):
    assert collab(answering(inspection(GAP), 3), "doc", "inspect", DOCUMENT) == ExitCode.UNHEALTHY
    captured = capsys.readouterr()
    assert captured.out.startswith(f"Document {DOCUMENT} is damaged\n  operations 3 to 3 are missing\n")
    for words in ("5 operations, 4 KiB, 1 to 5", "Draft", "good", "QUARANTINE"):
        assert words in captured.out
    assert f"collab doc repair {DOCUMENT}" in captured.err
    assert collab(answering(inspection()), "doc", "inspect", DOCUMENT) == ExitCode.OK
    captured = capsys.readouterr()
    assert captured.out.startswith(f"Document {DOCUMENT} is sound\n")
    assert captured.err == ""


def test_export_to_stdout_is_the_bytes(capfdbinary: pytest.CaptureFixture[bytes]):
    content = bytes(range(256))
    target = exporting(content)
    assert collab(target, "doc", "export", DOCUMENT, "--format", "text", "--version", OTHER) == ExitCode.OK
    assert capfdbinary.readouterr().out == content
    assert asked(target) == ("export", DOCUMENT, "--format", "text", "--version", OTHER)


def test_export_as_of_an_operation(capfdbinary: pytest.CaptureFixture[bytes]):
    target = exporting(b"abc")
    assert collab(target, "doc", "export", DOCUMENT, "-f", "text", "--at", "3") == ExitCode.OK
    assert asked(target) == ("export", DOCUMENT, "--format", "text", "--at", "3")
    assert capfdbinary.readouterr().out == b"abc"


def test_export_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    place = tmp_path / "minutes.yjs"
    assert collab(exporting(b"\x00\x01"), "doc", "export", DOCUMENT, "--to", str(place), "-o", "json") == ExitCode.OK
    assert place.read_bytes() == b"\x00\x01"
    shown = msgspec.json.decode(capsys.readouterr().out, type=DocExportDocument)
    assert (shown.path, shown.export.size_bytes, shown.export.sequence) == (str(place), 2, 5)


def test_export_writes_over_nothing_unless_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    place = tmp_path / "minutes.yjs"
    place.write_bytes(b"mine")
    target = exporting(b"new")
    assert collab(target, "doc", "export", DOCUMENT, "--to", str(place)) == ExitCode.USAGE
    assert "there already" in capsys.readouterr().err
    assert target.calls == [], "known before anything is read"
    assert place.read_bytes() == b"mine"
    assert collab(target, "doc", "export", DOCUMENT, "--to", str(place), "--force") == ExitCode.OK
    assert place.read_bytes() == b"new"
    assert list(tmp_path.glob(".minutes*")) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("export", "not-an-id"), "expected an id"),
        (("inspect", "not-an-id"), "expected an id"),
        (("export", DOCUMENT, "--version", "x"), "expected an id"),
        (("export", DOCUMENT, "--at", "3", "--version", OTHER, "--to", "x"), "only one of them"),
        (("export", DOCUMENT, "-o", "json"), "stdout cannot hold both"),
        (("export", DOCUMENT, "--format", "pdf"), "pdf"),
        (("export", DOCUMENT, "--to", "/nowhere/at/all"), "there is no folder /nowhere/at"),
    ],
)
def test_what_makes_no_sense_is_not_asked(arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]):
    target = ScriptedTarget()
    assert collab(target, "doc", *arguments) == ExitCode.USAGE
    assert target.calls == []
    captured = capsys.readouterr()
    assert said in captured.out + captured.err


def test_half_an_export_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    place = tmp_path / "minutes.yjs"
    assert collab(exporting(b"abc", size_bytes=4), "doc", "export", DOCUMENT, "--to", str(place)) == ExitCode.FAILED
    assert "did not arrive whole" in capsys.readouterr().err
    assert not place.exists()


def test_compact(capsys: pytest.CaptureFixture[str]):
    report = {
        "document": DOCUMENT, "compacted": True, "base_before": 3, "base": 5,
        "log_before": LOG, "log": {"operations": 2, "size_bytes": 1024, "first": 4, "last": 5},
    }  # fmt: skip
    target = answering(report)
    assert collab(target, "doc", "compact", DOCUMENT) == ExitCode.OK
    assert capsys.readouterr().out == (
        "The snapshot holds operations up to 5 (before: 3).\nIn the log: 2 operations, 1 KiB (before: 5, 4 KiB).\n"
    )
    assert asked(target) == ("compact", DOCUMENT)
    assert collab(answering(report), "doc", "compact", DOCUMENT, "-o", "json") == ExitCode.OK
    assert msgspec.json.decode(capsys.readouterr().out, type=DocCompactDocument).compaction.base == 5


@pytest.mark.parametrize(
    ("faults", "yes", "left", "code", "said"),
    [
        ((), False, (), ExitCode.OK, "nothing to do"),
        ((GAP,), False, (GAP,), ExitCode.CHANGES, "Would be rebuilt"),
        ((GAP,), True, (), ExitCode.OK, "Rebuilt from what is good"),
        ((BAD_SNAPSHOT,), False, (BAD_SNAPSHOT,), ExitCode.CHANGES, "nothing is lost"),
        ((LOST_VERSION,), False, (LOST_VERSION,), ExitCode.UNHEALTHY, "No repair mends that"),
        ((GAP, LOST_VERSION), True, (LOST_VERSION,), ExitCode.UNHEALTHY, "Still damaged"),
    ],
)
def test_repair(  # noqa: PLR0917 - one argument a column
    capsys: pytest.CaptureFixture[str],
    faults: tuple[dict[str, Any], ...],
    yes: bool,
    left: tuple[dict[str, Any], ...],
    code: ExitCode,
    said: str,
):
    report = repaired(*faults, left=left, done=yes)
    words = ["doc", "repair", DOCUMENT, *(["--yes"] if yes else [])]
    target = answering(report, 3 if left else 0)
    assert collab(target, *words) == code
    assert said in capsys.readouterr().out
    assert asked(target) == ("repair", DOCUMENT, *(["--yes"] if yes else []))
    assert collab(answering(report, 3 if left else 0), *words, "-o", "json") == code
    shown = msgspec.json.decode(capsys.readouterr().out, type=DocRepairDocument)
    assert shown.repair.repaired is yes


@pytest.mark.parametrize("command", ["inspect", "export", "compact", "repair"])
def test_a_refusal_says_why(command: str, capsys: pytest.CaptureFixture[str]):
    result = CommandResult(exit_code=1, stdout="", stderr="There is no such document, or it was deleted.\n")
    words = ["--format", "text"] if command == "export" else []
    assert collab(ScriptedTarget(result=result), "doc", command, DOCUMENT, *words) == ExitCode.FAILED
    assert capsys.readouterr().err == (
        f"error: {command} of {DOCUMENT} failed: There is no such document, or it was deleted.\n"
    )
