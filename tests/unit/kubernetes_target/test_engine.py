"""The engine: found or asked for, run apart from our own process group, ended on request, quoted without secrets."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from pulumi.automation.errors import CommandError, ConcurrentUpdateError

from collab_platform.errors import CollabError, PreflightError
from collab_platform.targets.kubernetes.engine import MINIMUM, Engine, engine_version, find_engine
from collab_platform.targets.kubernetes.engine_log import EngineLog, redactor
from tests.unit.kubernetes_target.conftest import Play
from tests.unit.kubernetes_target.fake_pulumi import calls, install

LOCKED = (
    "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete "
    "the lock file with `pulumi cancel`.\n  file:///s/.pulumi/locks/organization/collab-apps/team/1.json: "
    "created by ada@office (pid 77) at 2026-03-01T12:00:00Z\n"
)


def running(folder: Path) -> tuple[int, int]:
    """The engine's process and its plugin's, once they are at work."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        written = (folder / "pids").read_text().split() if (folder / "pids").exists() else []
        if len(written) == 2:
            return int(written[0]), int(written[1])
        time.sleep(0.02)
    raise AssertionError("the engine did not start")


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def gone(*pids: int) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if not any(alive(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


def made(folder: Path, log: Path) -> Engine:
    program = folder / "pulumi"
    return Engine(program, engine_version(program), log=EngineLog(log))


class TestFinding:
    def test_none_is_answered_with_how_to_get_one(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(PreflightError, match="not installed") as caught:
            find_engine()
        assert "https://www.pulumi.com/docs/install/" in caught.value.remedy
        assert caught.value.exit_code == 7

    def test_one_named_that_is_not_there_is_named(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("COLLAB_PULUMI", "/no/such/pulumi")
        with pytest.raises(PreflightError, match="/no/such/pulumi"):
            find_engine()

    @pytest.mark.parametrize("version", ["v3.207.0", "v2.30.0", "v4.0.0", "3.1.0-alpha"])
    def test_one_too_old_or_too_new_is_refused(self, engine: Play, version: str):
        engine(version=version)
        with pytest.raises(PreflightError, match=version.lstrip("v").replace(".", r"\.")) as caught:
            engine_version(find_engine())
        assert str(MINIMUM) in caught.value.summary

    @pytest.mark.parametrize("version", ["v3.208.0", "3.272.0\n", "v3.300.1-dev.0"])
    def test_one_that_will_do(self, engine: Play, version: str):
        engine(version=version)
        assert engine_version(find_engine()) >= MINIMUM or version.endswith("dev.0")

    def test_one_that_says_nothing_is_refused(self, engine: Play):
        engine(version="who knows")
        with pytest.raises(PreflightError, match="does not tell its version"):
            engine_version(find_engine())


class TestRunning:
    def test_a_failure_is_an_error_of_the_automation_api(self, tmp_path: Path):
        install(tmp_path, {"up": {"code": 255, "stderr": "error: it broke\n"}})
        with pytest.raises(CommandError, match="it broke"):
            made(tmp_path, tmp_path / "log").run(["up"], str(tmp_path), {})

    def test_a_lock_is_told_apart(self, tmp_path: Path):
        install(tmp_path, {"up": {"code": 255, "stderr": LOCKED}})
        with pytest.raises(ConcurrentUpdateError):
            made(tmp_path, tmp_path / "log").run(["up"], str(tmp_path), {})

    def test_it_finds_its_plugins_beside_itself_and_asks_nobody(self, tmp_path: Path):
        install(tmp_path, {"stack ls": {"stdout": "[]"}})
        done = made(tmp_path, tmp_path / "log").run(["stack", "ls"], str(tmp_path), {"PULUMI_HOME": "/nowhere"})
        assert done.stdout == "[]"
        last = calls(tmp_path)[-1]
        assert last["argv"] == ["--non-interactive", "stack", "ls"]
        assert last["variables"]["PULUMI_HOME"] == "/nowhere"
        assert last["group"] != os.getpgrp()

    def test_a_deadline_ends_it_with_its_plugins(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        install(tmp_path, {"up": {"sleep": 60}})
        # The plugin must have been started by then, which on a busy machine may take longer.
        for deadline_s in (2.0, 20.0):
            monkeypatch.setattr("collab_platform.targets.kubernetes.engine._DEADLINES_S", {"up": deadline_s})
            with pytest.raises(CollabError, match=f"did not end within {deadline_s:g} s"):
                made(tmp_path, tmp_path / "log").run(["up"], str(tmp_path), {})
            if (tmp_path / "pids").exists():
                break
        assert gone(*running(tmp_path))


class TestSignals:
    def test_the_first_asks_it_to_end(self, tmp_path: Path):
        install(tmp_path, {"up": {"sleep": 60}})
        engine = made(tmp_path, tmp_path / "log")

        def interrupt() -> None:
            running(tmp_path)
            os.kill(os.getpid(), signal.SIGINT)

        threading.Thread(target=interrupt, daemon=True).start()
        with pytest.raises(KeyboardInterrupt):
            engine.run(["up"], str(tmp_path), {})
        assert (tmp_path / "signals").read_text() == "SIGINT\n"
        assert gone(*running(tmp_path))

    def test_the_second_kills_it_and_its_plugins(self, tmp_path: Path):
        install(tmp_path, {"up": {"sleep": 60, "deaf": True}})
        driver = (
            "from pathlib import Path; import sys\n"
            "from collab_cli.interrupts import graceful\n"
            "from collab_platform.targets.kubernetes.engine import Engine, engine_version\n"
            "from collab_platform.targets.kubernetes.engine_log import EngineLog\n"
            "folder = Path(sys.argv[1])\n"
            "engine = Engine(folder / 'pulumi', engine_version(folder / 'pulumi'), log=EngineLog(folder / 'log'))\n"
            "with graceful(lambda notice: print(notice, flush=True)):\n"
            "    engine.run(['up'], str(folder), {})\n"
        )
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", driver, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        try:
            pids = running(tmp_path)
            process.send_signal(signal.SIGINT)
            assert process.stdout is not None
            assert "finishing the current step" in process.stdout.readline()
            deadline = time.monotonic() + 10
            while not (tmp_path / "signals").exists() and time.monotonic() < deadline:
                time.sleep(0.02)
            assert psutil.pid_exists(pids[0]), "it was asked, and goes on"
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 130
            assert gone(*pids)
        finally:
            process.kill()
            process.wait(5)
            if process.stdout is not None:
                process.stdout.close()


class TestLog:
    def test_holds_no_secret_of_the_operator(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("CLOUDFLARE_API_TOKEN", "top-secret-token")
        install(tmp_path, {"up": {"stdout": "using top-secret-token\n", "stderr": "and top-secret-token\n"}})
        log = tmp_path / "logs" / "pulumi.log"
        made(tmp_path, log).run(["up", "--", "top-secret-value"], str(tmp_path), {})
        written = log.read_text()
        assert "top-secret" not in written
        assert written.count("[secret]") == 2
        assert log.stat().st_mode & 0o777 == 0o600

    def test_holds_nothing_of_what_is_only_read(self, tmp_path: Path):
        install(tmp_path, {"stack output": {"stdout": '{"password": "from the state"}'}})
        log = tmp_path / "pulumi.log"
        made(tmp_path, log).run(["stack", "output", "--json", "--show-secrets"], str(tmp_path), {})
        assert "from the state" not in log.read_text()

    def test_short_values_are_no_secrets(self):
        assert redactor({"SOME_TOKEN": "a", "OTHER": "abcdefgh"})("a abcdefgh") == "a abcdefgh"
