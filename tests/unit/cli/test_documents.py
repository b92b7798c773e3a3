"""``-o json``: one document on stdout that matches its schema, whatever happens; everything else on stderr."""

from __future__ import annotations

from io import StringIO
from typing import TypeVar, get_args, get_type_hints

import msgspec
import pytest

from collab_cli.documents import (
    CheckDocument,
    CompletionDocument,
    Document,
    DownDocument,
    EnvExplainDocument,
    EnvInitDocument,
    EnvListDocument,
    EnvPathDocument,
    ErrorDocument,
    LogDocument,
    OpenDocument,
    PreviewDocument,
    StatusDocument,
    UpDocument,
    UserCreateDocument,
    VersionDocument,
)
from collab_platform.errors import ExitCode
from collab_platform.targets.base import LogLine, LogQuery
from tests.unit.cli.scripted import NOW, SCENARIOS, ScriptedTarget, collab

D = TypeVar("D", bound=Document)


def decoded(text: str, kind: type[D]) -> D:
    """The one document in ``text``; fails on anything around it and on any field that its schema does not have."""
    return msgspec.json.decode(text, type=kind)


@pytest.mark.parametrize(
    ("scenario", "arguments", "code", "kind"),
    [
        ("fresh", "up", ExitCode.OK, UpDocument),
        ("standing", "up", ExitCode.OK, UpDocument),
        ("fresh", "preview", ExitCode.CHANGES, PreviewDocument),
        ("standing", "preview", ExitCode.OK, PreviewDocument),
        ("standing", "down", ExitCode.OK, DownDocument),
        ("standing", "down --purge --yes", ExitCode.OK, DownDocument),
        ("fresh", "status", ExitCode.OK, StatusDocument),
        ("unhealthy", "status", ExitCode.UNHEALTHY, StatusDocument),
        ("stopped", "status", ExitCode.NOT_RUNNING, StatusDocument),
        ("fresh", "check", ExitCode.OK, CheckDocument),
        ("unhealthy", "check", ExitCode.UNHEALTHY, CheckDocument),
        ("unfit", "check --pre", ExitCode.PREFLIGHT, CheckDocument),
        ("fresh", "open", ExitCode.OK, OpenDocument),
        ("fresh", "env list", ExitCode.OK, EnvListDocument),
        ("fresh", "env init staging", ExitCode.OK, EnvInitDocument),
        ("fresh", "env path", ExitCode.OK, EnvPathDocument),
        ("fresh", "env explain", ExitCode.OK, EnvExplainDocument),
        ("fresh", "version", ExitCode.OK, VersionDocument),
        ("fresh", "completion bash", ExitCode.OK, CompletionDocument),
        ("fresh", "env init local", ExitCode.FAILED, ErrorDocument),
        ("failing", "up", ExitCode.FAILED, ErrorDocument),
        ("buggy", "up", ExitCode.FAILED, ErrorDocument),
        ("fresh", "stauts", ExitCode.USAGE, ErrorDocument),
        ("fresh", "logs --folow", ExitCode.USAGE, ErrorDocument),
        ("fresh", "down --purge", ExitCode.USAGE, ErrorDocument),
        ("unhealthy", "up", ExitCode.UNHEALTHY, ErrorDocument),
        ("locked", "up", ExitCode.LOCKED, ErrorDocument),
        ("fresh", "status --set gateway.port=x", ExitCode.ENVIRONMENT_INVALID, ErrorDocument),
        ("unfit", "up", ExitCode.PREFLIGHT, ErrorDocument),
        ("stopped", "open", ExitCode.NOT_RUNNING, ErrorDocument),
        ("telling", "up", ExitCode.INTERRUPTED, ErrorDocument),
    ],
)
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_one_document_on_stdout(
    *,
    scenario: str,
    arguments: str,
    code: ExitCode,
    kind: type[Document],
    before: bool,
    capsys: pytest.CaptureFixture[str],
):
    words = arguments.split()
    line = ["-o", "json", *words] if before else [*words, "--output=json"]
    assert collab(SCENARIOS[scenario](), *line) == code
    document = decoded(capsys.readouterr().out, kind)
    if isinstance(document, ErrorDocument):
        assert document.error.exit_code == code
        assert document.error.code == code.name.lower().replace("_", "-")
        assert document.error.summary


def test_schema_stands_first_and_is_unique(capsys: pytest.CaptureFixture[str]):
    schemas = [get_args(get_type_hints(kind)["schema"]) for kind in Document.__subclasses__()]
    assert len(set(schemas)) == len(schemas)
    collab(SCENARIOS["fresh"](), "status", "-o", "json")
    assert capsys.readouterr().out.startswith('{\n  "schema": "collab/status/v1",')


def test_status_names_components_states_and_urls(capsys: pytest.CaptureFixture[str]):
    collab(SCENARIOS["unhealthy"](), "status", "-o", "json")
    status = decoded(capsys.readouterr().out, StatusDocument)
    assert {component.name: component.state for component in status.components} == {
        "postgresql": "healthy",
        "auth": "unhealthy",
    }
    assert status.urls["editor"] == "http://127.0.0.1:8080"
    assert status.components[1].replicas[0].name == "auth-1"


def test_up_tells_what_it_did(capsys: pytest.CaptureFixture[str]):
    collab(ScriptedTarget(standing={"database"}), "up", "-o", "json")
    captured = capsys.readouterr()
    document = decoded(captured.out, UpDocument)
    assert document.changed
    assert {step.name: step.state for step in document.steps} == {
        "preflight": "done",
        "plan": "done",
        "database": "unchanged",
        "schema": "done",
        "gateway": "done",
        "verify": "done",
    }
    assert "done       Start the gateway" in captured.err


def test_a_failure_says_what_stands(capsys: pytest.CaptureFixture[str]):
    collab(SCENARIOS["failing"](), "up", "-o", "json")
    error = decoded(capsys.readouterr().out, ErrorDocument).error
    assert error.details == (
        "FATAL: no space left",
        "done: Start PostgreSQL",
        "failed: Migrate the schemas",
        "not begun: Start the gateway",
    )
    assert "`collab up` resumes" in error.remedy


def test_logs_are_a_document_a_line(capsys: pytest.CaptureFixture[str]):
    target = ScriptedTarget(
        lines=[LogLine(replica="auth-1", time=NOW, text="one"), LogLine(replica="b", time=None, text="")]
    )
    assert collab(target, "logs", "auth", "--since", "10m", "-o", "json") == ExitCode.OK
    lines = [decoded(line, LogDocument) for line in capsys.readouterr().out.splitlines()]
    assert [(line.replica, line.time, line.text) for line in lines] == [("auth-1", NOW, "one"), ("b", None, "")]
    (query,) = target.calls
    assert isinstance(query, LogQuery)
    assert query.components == ("auth",)
    assert query.tail is None


def test_user_create(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stdin", StringIO("correct horse\n"))
    target = ScriptedTarget()
    words = ["user", "create", "ada@example.org", "--name", "Ada", "--password-stdin", "-o", "json"]
    assert collab(target, *words) == ExitCode.OK
    assert decoded(capsys.readouterr().out, UserCreateDocument).user.email == "ada@example.org"
    command = ("collab_auth.admin", "create-user", "--email", "ada@example.org", "--name", "Ada")
    assert target.calls == [("auth", command, "correct horse", 60)]
