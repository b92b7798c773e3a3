"""The program as a shell sees it: start-up, streams, signals, completion."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from collab_platform.errors import ExitCode

COLLAB = str(Path(sys.executable).parent / "collab")
SCRIPTED = (sys.executable, str(Path(__file__).with_name("scripted.py")))
HEAVY = ("rich", "pydantic", "msgspec", "httpx", "litestar", "jinja2", "collab_platform.environment")


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))


def run(*command: str, stdin: str | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=30,
        input=stdin,
        env={**os.environ, **variables},
    )


def imported_by(*arguments: str) -> set[str]:
    """Modules that a command line has imported when it ends."""
    program = "import sys; from collab_cli.main import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    return set(run(sys.executable, "-c", program, *arguments).stderr.split())


def test_help_imports_nothing_heavy():
    result = run(COLLAB, "--help")
    assert result.returncode == 0
    assert "Exit codes:" in result.stdout
    assert not imported_by("--help") & {*HEAVY, "collab_cli.commands.up"}


@pytest.mark.parametrize("arguments", [("env", "path"), ("env", "explain", "-o", "json"), ("version",)])
def test_commands_import_neither_pydantic_nor_rich_needlessly(arguments: tuple[str, ...]):
    assert not imported_by(*arguments) & {"rich", "pydantic"}


def test_no_command_is_help():
    assert run(COLLAB).stdout == run(COLLAB, "--help").stdout
    assert "Commands:" in run(COLLAB, "env").stdout


def test_environment_commands(project: Path):
    assert run(COLLAB, "env", "init", "team-a").stdout == f"{project}/environments/team-a.toml\n"
    assert run(COLLAB, "env", "list").stdout.split()[::2] == ["local", "team-a"]
    assert run(COLLAB, "env", "path", COLLAB_ENV="team-a").stdout == f"{project}/environments/team-a.toml\n"
    again = run(COLLAB, "env", "init", "team-a")
    assert again.returncode == ExitCode.FAILED
    assert again.stderr.startswith("error: environment 'team-a' exists already")


def test_a_broken_file_is_named_with_its_line(project: Path):
    (project / "environments" / "local.toml").write_text("version = 1\n[gateway\n")
    result = run(COLLAB, "env", "explain")
    assert result.returncode == ExitCode.ENVIRONMENT_INVALID
    assert "environments/local.toml is not valid TOML" in result.stderr
    assert "line 2" in result.stderr


def test_narrow_encodings_get_plain_marks():
    result = run(*SCRIPTED, "unhealthy", "check", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert result.returncode == ExitCode.UNHEALTHY
    assert "  + auth answers" in result.stdout
    assert result.stdout.isascii()


def test_a_reader_that_leaves_is_no_error():
    command = " ".join(SCRIPTED)
    result = run("bash", "-c", f"{command} talking logs --follow | head -2; echo ${{PIPESTATUS[0]}}")
    *lines, code = result.stdout.splitlines()
    assert [line.split(" | ")[1] for line in lines] == ["on and on"] * 2
    assert code == "141"
    assert result.stderr == ""


def test_progress_that_no_one_reads_does_not_stop_the_work():
    command = " ".join(SCRIPTED)
    result = run("bash", "-c", f"{command} slow up 2>&1 >/dev/null | head -1; echo ${{PIPESTATUS[0]}}")
    assert result.stdout.splitlines() == ["started    Look at this machine", "0"]


@pytest.fixture
def hanging(request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    """``up`` in the midst of the second of three steps."""
    command = [*SCRIPTED, *request.param]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        try:
            for line in process.stderr:
                if "progress   Migrate" in line:
                    break
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("hanging", [("hanging", "up")], indirect=True)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_ends_in_order(hanging: subprocess.Popen[str], number: signal.Signals):
    hanging.send_signal(number)
    out, err = hanging.communicate(timeout=30)
    assert hanging.returncode == ExitCode.INTERRUPTED
    assert out == ""
    assert "press Ctrl-C again to force" in err
    assert "  | done: Start PostgreSQL\n  | cut short: Migrate the schemas\n  | not begun: Start the gateway\n" in err
    assert "  try: `collab up` resumes where it stopped\n" in err


@pytest.mark.parametrize("hanging", [("stubborn", "up")], indirect=True)
def test_the_second_signal_ends_at_once(hanging: subprocess.Popen[str]):
    hanging.send_signal(signal.SIGINT)
    assert hanging.stderr
    while "press Ctrl-C again to force" not in hanging.stderr.readline():
        pass
    assert hanging.poll() is None
    hanging.send_signal(signal.SIGINT)
    assert hanging.wait(timeout=30) == ExitCode.INTERRUPTED


@pytest.mark.parametrize("arguments", [("logs", "--follow"), ("status", "--watch", "-o", "json")])
def test_following_is_left_with_ctrl_c(arguments: tuple[str, ...]):
    with subprocess.Popen(
        [*SCRIPTED, "talking", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, b"")


def test_watching_without_a_terminal_tells_changes():
    with subprocess.Popen([*SCRIPTED, "changing", "status", "-w"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        lines = [process.stdout.readline().split(maxsplit=1)[1] for _ in range(6)]
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert lines[:3] == ["local  stopped\n", "postgresql  stopped\n", "auth  stopped\n"]
    assert lines[3:] == [
        "local  stopped -> healthy\n",
        "postgresql  stopped -> healthy\n",
        "auth  stopped -> healthy\n",
    ]


def completed(line: str) -> list[str]:
    """What bash would offer at the end of a line."""
    words = line.split(" ")
    variables = {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1), "_COLLAB_COMPLETE": "complete_bash"}
    result = run(COLLAB, **variables)
    assert result.stderr == ""
    return result.stdout.split()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("collab st", ["status"]),
        ("collab env e", ["explain"]),
        ("collab logs coll", ["collaboration"]),
        ("collab status -e lo", ["local"]),
        ("collab up --set gateway.po", ["gateway.port="]),
        ("collab env explain gateway.po", ["gateway.port"]),
        ("collab status -o ", ["text", "json"]),
        ("collab logs --fol", ["--follow"]),
        ("collab completion z", ["zsh"]),
    ],
)
def test_completion(line: str, offered: list[str]):
    assert completed(line) == offered


def test_completion_script_works_in_bash():
    script = f"""
        PATH={Path(COLLAB).parent}:$PATH
        source <(collab completion bash)
        COMP_WORDS=(collab sta) COMP_CWORD=1
        _collab_completion collab
        echo "${{COMPREPLY[@]}}"
    """
    assert run("bash", "-c", script).stdout == "status\n"


def test_version():
    assert re.fullmatch(r"collab +\d+\.\d+\.\d+.*", run(COLLAB, "version").stdout.splitlines()[0])
