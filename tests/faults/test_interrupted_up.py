"""`collab up` stopped in the middle, in every way it can be: the next one goes on from there."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Generator

import pytest

from tests.system.processes import command_line
from tests.system.project import UP_TIMEOUT_S, Project, throwaway

INTERRUPTED = 130
LOCKED = 5
HEALTHY_S = 60


@pytest.fixture
def project() -> Generator[Project]:
    with throwaway(prefix="halfway") as project:
        yield project


def test_an_up_that_was_killed_is_resumed_by_the_next(project: Project):
    # The initdb of the first outlives it, and is still writing when the second begins.
    # Or the server itself, should the look at the processes come too late for it.
    for stage in (_has_started("initdb", "bin/postgres"), _has_started("collab_document")):
        first = project.start("up")
        _wait_until(stage, project, first)
        os.killpg(first.pid, signal.SIGKILL)
        first.communicate(timeout=10)
    project.up()
    assert project.wait_healthy(HEALTHY_S)


def test_ctrl_c_leaves_what_the_next_up_can_go_on_from(project: Project):
    first = project.start("up")
    _wait_until(_has_started("postgres"), project, first)
    first.send_signal(signal.SIGINT)
    _, stderr = first.communicate(timeout=60)
    assert first.returncode == INTERRUPTED, stderr
    assert "Traceback" not in stderr
    assert "collab up" in stderr, "it does not say how to go on"
    project.up()
    assert project.wait_healthy(HEALTHY_S)


def test_of_two_at_once_the_second_is_told_who_holds_the_environment(project: Project):
    first = project.start("up")
    _wait_until(_has_started("postgres"), project, first)
    first.send_signal(signal.SIGSTOP)  # or it may be done before the second looks
    fault = project.up("-o", "json", expect=LOCKED).fault()
    first.send_signal(signal.SIGCONT)
    told = "\n".join([fault.summary, *fault.details])
    assert str(first.pid) in told, f"the owner {first.pid} is not in: {told}"
    assert "up" in told
    assert any(unit in told for unit in (" s", "second", "ago")), f"no age in: {told}"
    assert fault.remedy
    _, stderr = first.communicate(timeout=UP_TIMEOUT_S)
    assert first.returncode == 0, stderr


def _has_started(*programs: str) -> Callable[[Project], bool]:
    def started(project: Project) -> bool:
        lines = [command_line(process) for process in project.processes()]
        return any(program in line for line in lines for program in programs)

    return started


def _wait_until(stage: Callable[[Project], bool], project: Project, up: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 120
    while not stage(project):
        assert up.poll() is None, f"it was over before that: {up.communicate()}"
        assert time.monotonic() < deadline, "that stage never came"
        time.sleep(0.02)
