"""What an operator may get wrong before anything runs: every fault named, with its own exit code."""

import os
import socket
from collections.abc import Generator
from contextlib import closing

import pytest

from tests.system.project import Project, throwaway

ENVIRONMENT_INVALID = 6
PREFLIGHT = 7


@pytest.fixture
def project() -> Generator[Project]:
    with throwaway(prefix="wrong") as project:
        yield project
        project.variables.clear()  # so that `down --purge` can read them
        project.configure({})


def test_every_fault_of_a_file_is_named_at_once(project: Project):
    project.file.write_text(
        """
        version = 1
        target = "local"
        [gateway]
        port = 70000
        tls = "perhaps"
        colour = "red"
        request_burst = "many"
        [collaboration]
        replicas = 0
        [no_such_section]
        x = 1
        """
    )
    finished = project.up("-o", "json", expect=ENVIRONMENT_INVALID)
    fault = finished.fault()
    told = "\n".join([fault.summary, *fault.details])
    wrong = ("gateway.port", "gateway.tls", "gateway.colour", "gateway.request_burst", "collaboration.replicas")
    for key in (*wrong, "no_such_section"):
        assert key in told, f"{key} is not in:\n{told}"
    assert "70000" in told or "65,535" in told or "65535" in told
    assert fault.remedy
    assert not project.state_directory.exists()
    assert not project.processes()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("version = 1\n[gateway\nport = 1", "line 2"),
        ("version = 99", "version"),
        ('version = 1\ntarget = "mars"', "target"),
        ("version = 1\ngateway = 5", "gateway"),
        ("version = 1\n[gateway]\nport = 8080\nport = 8081", "TOML"),
    ],
    ids=["not TOML", "another version", "unknown target", "not a section", "twice the same"],
)
def test_a_file_that_cannot_be_is_refused(project: Project, text: str, expected: str):
    project.file.write_text(text)
    finished = project.up(expect=ENVIRONMENT_INVALID)
    assert expected in finished.stderr
    assert "Traceback" not in finished.stderr
    assert not finished.stdout
    assert not project.processes()


def test_a_variable_and_a_flag_are_held_to_the_same_rules(project: Project):
    project.variables["COLLAB_GATEWAY_PORT"] = "high"
    finished = project.up("--set", "collaboration.replicas=99", expect=ENVIRONMENT_INVALID)
    assert "COLLAB_GATEWAY_PORT" in finished.stderr
    assert "collaboration.replicas" in finished.stderr


def test_an_environment_that_is_not_there_is_told_with_those_that_are(project: Project):
    known = project.name
    project.name = "nowhere"
    finished = project.up(expect=ENVIRONMENT_INVALID)
    project.name = known
    assert "nowhere" in finished.stderr
    assert known in finished.stderr
    assert "collab env init" in finished.stderr


def test_a_port_that_is_taken_is_told_with_who_has_it(project: Project):
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        project.configure({"gateway.port": str(port)})
        fault = project.up("-o", "json", expect=PREFLIGHT).fault()
    told = "\n".join([fault.summary, fault.remedy, *fault.details])
    assert str(port) in told
    assert str(os.getpid()) in told, "the process that holds the port is not named"
    assert fault.remedy
    assert not project.processes()
