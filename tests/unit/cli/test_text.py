"""What a person reads: results on stdout, progress, hints and errors on stderr."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from collab_cli.loglines import Painter
from collab_platform.checks import CheckFailed
from collab_platform.errors import ExitCode
from collab_platform.targets.base import CommandResult, LogLine
from tests.unit.cli.scripted import NOW, SCENARIOS, ScriptedTarget, collab, component, failing, status_of


def test_up_prints_urls_and_first_steps(capsys: pytest.CaptureFixture[str]):
    assert collab(SCENARIOS["fresh"](), "up") == ExitCode.OK
    captured = capsys.readouterr()
    assert captured.out.splitlines()[1:] == ["  editor  http://127.0.0.1:8080", "  api     http://127.0.0.1:8080/api"]
    assert captured.out.startswith("Environment local is up (")
    assert "collab user create" in captured.err
    assert captured.err.index("Start PostgreSQL") < captured.err.index("Verify that it works: 2 passed")
    assert "\x1b" not in captured.err + captured.out


def test_second_up_changes_nothing(capsys: pytest.CaptureFixture[str]):
    target = SCENARIOS["standing"]()
    assert collab(target, "up") == ExitCode.OK
    captured = capsys.readouterr()
    assert captured.out.startswith("Environment local is up to date (")
    assert "First steps" not in captured.err
    assert target.calls == []


def test_up_resumes_after_a_failure(capsys: pytest.CaptureFixture[str]):
    target = SCENARIOS["failing"]()
    assert collab(target, "up") == ExitCode.FAILED
    error = capsys.readouterr().err
    assert "error: the schemas could not be migrated\n  | FATAL: no space left\n" in error
    assert "  try: read the log; then `collab up` resumes where it stopped" in error
    target.fail_at = ""
    assert collab(target, "up") == ExitCode.OK
    assert "unchanged  Start PostgreSQL" in capsys.readouterr().err


def test_quiet_shows_results_alone(capsys: pytest.CaptureFixture[str]):
    assert collab(SCENARIOS["fresh"](), "up", "-q") == ExitCode.OK
    captured = capsys.readouterr()
    assert captured.err == ""
    assert "http://127.0.0.1:8080" in captured.out


def test_other_environments_are_named_in_hints(project: Path, capsys: pytest.CaptureFixture[str]):
    collab(ScriptedTarget(), "env", "init", "staging")
    assert collab(ScriptedTarget(), "-e", "staging", "up") == ExitCode.OK
    assert "collab open -e staging" in capsys.readouterr().err
    assert (project / "environments" / "staging.toml").is_file()


@pytest.mark.parametrize(
    ("scenario", "arguments", "code", "error"),
    [
        ("fresh", "stauts", ExitCode.USAGE, "error: no such command: collab stauts\n  try: did you mean `status`?\n"),
        ("fresh", "env lst", ExitCode.USAGE, "error: no such command: collab env lst\n  try: did you mean `list`?\n"),
        ("fresh", "logs --folow", ExitCode.USAGE, "error: no such option: --folow\n  try: did you mean `--follow`?\n"),
        ("fresh", "logs -n x", ExitCode.USAGE, "expected a whole number, got 'x'\n  try: collab logs --help\n"),
        ("fresh", "logs --since never", ExitCode.USAGE, "--since expects a duration or a time, got 'never'"),
        ("fresh", "status -o yaml", ExitCode.USAGE, "expected text or json, got 'yaml'"),
        ("fresh", "status --set port", ExitCode.USAGE, "--set expects KEY=VALUE, got 'port'"),
        ("fresh", "env explain gatway.port", ExitCode.USAGE, "did you mean `gateway.port`?"),
        ("fresh", "user create a@b.c", ExitCode.USAGE, "error: missing option '--name'"),
        ("fresh", "status -e none", ExitCode.ENVIRONMENT_INVALID, "  try: create it with `collab env init none`.\n"),
        ("fresh", "status --set gateway.port=70000", ExitCode.ENVIRONMENT_INVALID, "an integer from 0 to 65,535"),
        ("locked", "up", ExitCode.LOCKED, "error: `collab up` (pid 12) has held it for 3 s\n"),
        ("unfit", "up", ExitCode.PREFLIGHT, "error: this machine cannot run the environment: disk works: 3 MiB free\n"),
        ("unhealthy", "up", ExitCode.UNHEALTHY, "error: 1 of 4 checks failed: editor works: 502 Bad Gateway\n"),
        ("stopped", "open", ExitCode.NOT_RUNNING, "error: environment local is not running\n"),
        ("buggy", "up", ExitCode.FAILED, "error: KeyError: 'nothing' (this is a bug in collab)\n"),
    ],
)
def test_a_failure_is_one_line_a_remedy_and_a_code(
    scenario: str, arguments: str, code: ExitCode, error: str, capsys: pytest.CaptureFixture[str]
):
    assert collab(SCENARIOS[scenario](), *arguments.split()) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert error in captured.err
    assert "Traceback" not in captured.err
    assert captured.err.count("error: ") == 1


def test_every_fault_of_an_environment_is_shown(capsys: pytest.CaptureFixture[str]):
    collab(ScriptedTarget(), "status", "--set", "gateway.port=x", "--set", "site.nam=y")
    error = capsys.readouterr().err
    assert "gateway.port" in error
    assert "did you mean site.name?" in error


def test_verbose_shows_the_traceback(capsys: pytest.CaptureFixture[str]):
    assert collab(SCENARIOS["buggy"](), "up", "--verbose") == ExitCode.FAILED
    assert "in _break" in capsys.readouterr().err


def test_a_purge_is_confirmed_by_name(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    for answer, code, calls in [("no\n", ExitCode.USAGE, []), ("local\n", ExitCode.OK, [("down", True)])]:
        stdin = StringIO(answer)
        monkeypatch.setattr(stdin, "isatty", lambda: True)
        monkeypatch.setattr("sys.stdin", stdin)
        target = SCENARIOS["standing"]()
        assert collab(target, "down", "--purge") == code
        assert target.calls == calls
    assert "Environment local is gone" in capsys.readouterr().out


def test_a_purge_without_anyone_to_ask_needs_yes():
    target = SCENARIOS["standing"]()
    assert collab(target, "down", "--purge") == ExitCode.USAGE
    assert target.calls == []
    assert collab(target, "down", "--purge", "--yes") == ExitCode.OK
    assert target.calls == [("down", True)]


def test_down_of_what_is_down(capsys: pytest.CaptureFixture[str]):
    assert collab(SCENARIOS["fresh"](), "down") == ExitCode.OK
    assert capsys.readouterr().out == "Environment local was not running.\n"


def test_status_table(capsys: pytest.CaptureFixture[str]):
    assert collab(SCENARIOS["unhealthy"](), "status") == ExitCode.UNHEALTHY
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Environment local (local) is degraded"
    assert lines[2].split() == ["COMPONENT", "STATE", "REPLICAS", "UP", "MEMORY", "RESTARTS"]
    assert lines[3].split()[:3] == ["postgresql", "healthy", "1/1"]
    assert lines[5].split()[:2] == ["auth-1", "unhealthy"]
    assert lines[-2:] == ["editor  http://127.0.0.1:8080", "api     http://127.0.0.1:8080/api"]


def test_status_says_once_what_is_wrong(capsys: pytest.CaptureFixture[str]):
    broken = component("auth", "unhealthy", replicas=2)
    replicas = tuple(replace(each, message="it is not running") for each in broken.replicas)
    auth = replace(broken, replicas=replicas, message="auth-1: it is not running")
    collab(ScriptedTarget(statuses=[status_of("degraded", auth)]), "status")
    out = capsys.readouterr().out
    assert "\nauth-1, auth-2: it is not running\n" in out
    assert out.count("it is not running") == 1


def test_an_interrupted_target_has_the_word(capsys: pytest.CaptureFixture[str]):
    assert collab(SCENARIOS["telling"](), "up") == ExitCode.INTERRUPTED
    error = capsys.readouterr().err.partition("error: ")[2]
    assert error == "interrupted\n  | postgresql runs\n  | auth does not\n  try: `collab up` resumes where it stopped\n"


def test_check_groups_and_hints(capsys: pytest.CaptureFixture[str]):
    assert collab(SCENARIOS["unhealthy"](), "check") == ExitCode.UNHEALTHY
    out = capsys.readouterr().out
    assert out.index("Services") < out.index("auth answers") < out.index("Gateway") < out.index("502 Bad Gateway")
    assert "try: Read `collab logs gateway`." in out
    assert out.endswith("1 passed, 1 warned, 1 failed, 1 skipped\n")


def test_a_held_lock_is_not_a_fault_of_the_machine(capsys: pytest.CaptureFixture[str]):
    target = SCENARIOS["locked"]()
    target.preflight_checks = (failing("lock", CheckFailed("held by `collab down`"), category="machine"),)
    assert collab(target, "check", "--pre") == ExitCode.PREFLIGHT
    assert collab(target, "up") == ExitCode.LOCKED
    assert "error: `collab up` (pid 12) has held it for 3 s\n" in capsys.readouterr().err


def test_warnings_fail_nothing():
    target = SCENARIOS["unhealthy"]()
    target.running_checks = [check for check in target.running_checks if check.name != "editor"]
    assert collab(target, "check") == ExitCode.OK


def test_preview_shows_what_would_change(capsys: pytest.CaptureFixture[str]):
    assert collab(ScriptedTarget(standing={"database"}), "preview") == ExitCode.CHANGES
    out = capsys.readouterr().out
    assert "Start PostgreSQL" not in out
    assert "+ start  Start the gateway" in out
    assert out.endswith("`collab up` would take 2 steps.\n")


def test_explain_names_the_origin(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLLAB_GATEWAY_TLS", "dev-ca")
    assert collab(ScriptedTarget(), "env", "explain", "--changed", "--set", "gateway.port=9000") == ExitCode.OK
    rows = {line.split()[0]: line.split()[1:4] for line in capsys.readouterr().out.splitlines()[1:]}
    assert rows["gateway.port"] == ["9000", "--set", "gateway.port"]
    assert rows["gateway.tls"][:2] == ["dev-ca", "COLLAB_GATEWAY_TLS"]
    assert rows["version"][:2] == ["1", "environments/local.toml"]
    assert "gateway.host" not in rows


def test_explain_one_setting(capsys: pytest.CaptureFixture[str]):
    assert collab(ScriptedTarget(), "env", "explain", "gateway.port") == ExitCode.OK
    out = capsys.readouterr().out
    assert "expected  an integer from 0 to 65,535" in out
    assert "variable  COLLAB_GATEWAY_PORT" in out


def test_structured_lines_are_unfolded():
    painter = Painter(colored=False)
    text = '{"time":"x","level":"warning","service":"auth","event":"slow query","ms":812,"sql":"select 1"}'
    shown = painter.paint(LogLine(replica="auth-1", time=NOW, text=text))
    assert shown.startswith("auth-1 | ")
    assert shown.endswith('warning slow query ms=812 sql="select 1"')
    access = '{"time":"x","method":"GET","uri":"/api","status":401,"upstream":""}'
    assert painter.paint(LogLine(replica="auth-1", time=None, text=access)) == "auth-1 | x info    GET /api 401"
    assert painter.paint(LogLine(replica="gateway", time=None, text="GET /")) == "gateway | GET /"
    assert painter.paint(LogLine(replica="auth-1", time=None, text="{not json")) == "auth-1  | {not json"
    assert Painter(colored=False, raw=True).paint(LogLine(replica="a", time=NOW, text=text)) == f"a | {text}"


def test_an_exception_in_a_line_keeps_its_lines():
    text = '{"level":"error","event":"failed","exception":"Traceback\\n  boom"}'
    assert Painter(colored=False).paint(LogLine(replica="a", time=None, text=text)).splitlines() == [
        "a | error   failed",
        "a | Traceback",
        "a |   boom",
    ]


def test_a_refused_account_says_why(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr("sys.stdin", StringIO("short\n"))
    log_line = '{"event":"noise","level":"error"}'
    target = ScriptedTarget(result=CommandResult(exit_code=1, stdout="", stderr=f"{log_line}\npassword: at least 12\n"))
    words = ["user", "create", "ada@example.org", "--name", "Ada", "--password-stdin"]
    assert collab(target, *words) == ExitCode.FAILED
    assert capsys.readouterr().err == "error: no account for ada@example.org: password: at least 12\n"


def test_a_password_is_never_an_option(capsys: pytest.CaptureFixture[str]):
    assert collab(ScriptedTarget(), "user", "create", "a@b.c", "--name", "A", "--password", "secret") == ExitCode.USAGE
    assert "secret" not in capsys.readouterr().err


def test_open_prints_where_there_is_no_browser(capsys: pytest.CaptureFixture[str]):
    assert collab(ScriptedTarget(), "open") == ExitCode.OK
    assert capsys.readouterr().out == "http://127.0.0.1:8080\n"
