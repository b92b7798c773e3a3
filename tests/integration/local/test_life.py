"""An environment's life on a real machine: up, changed, checked, asked, down, gone."""

import socket
import stat
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import psutil
import pytest

from collab_platform.checks import run_checks
from collab_platform.errors import LockedError, NotRunningError, OperatorInterruptError, PreflightError, UsageError
from collab_platform.targets import LogQuery, StepEvent
from collab_platform.targets.local.paths import Paths
from tests.integration.local.site import Site, wait_until
from tests.system.processes import command_line

pytestmark = [pytest.mark.timeout(240), pytest.mark.xdist_group("local")]


def test_every_part_does_its_work(site: Site):
    results = {result.name: result for result in site.check()}
    bad = [result for result in results.values() if result.outcome == "failed"]
    assert bad == []
    assert results["certificate"].outcome == "skipped"
    assert {"database-writes", "objects-write", "websocket", "refusal"} <= set(results)
    status = site.status()

    def is_healthy() -> bool:
        # Each part has two seconds to answer: one that is well may need another look.
        nonlocal status
        status = site.status()
        return status.state == "healthy"

    wait_until(is_healthy, lambda: f"healthy: {status}")
    assert status.urls["editor"].startswith("http://127.0.0.1:")


def test_no_collection_of_objects_takes_a_small_disk_for_itself(site: Site):
    assert [result.outcome for result in site.check() if result.name == "objects-write"] == ["passed"]
    volumes = Counter(file.stem.rpartition("_")[0] for file in _paths(site).data.glob("seaweedfs/*.dat"))
    assert volumes
    assert max(volumes.values()) <= 2, volumes


def test_the_second_up_does_nothing(site: Site):
    before = {name: replica.pid for name, replica in site.replicas().items()}
    plan = site.up()
    assert plan.changes == ()
    assert {event.state for event in site.events} == {"unchanged"}
    assert {name: replica.pid for name, replica in site.replicas().items()} == before
    assert site.target.preview().changes == ()


def test_only_what_changed_is_touched(site: Site):
    before = {name: replica.pid for name, replica in site.replicas().items()}
    foreseen = Site(root=site.root, settings={"gateway.request_rate_per_s": "77", "collaboration.replicas": "2"})
    assert {step.name for step in foreseen.target.preview().changes} == {"prepare", "gateway", "collaboration"}
    plan = site.up(gateway__request_rate_per_s="77", collaboration__replicas="2")
    assert {step.name: step.action for step in plan.changes} == {
        "prepare": "update",
        "collaboration": "start",
        "gateway": "update",
    }
    after = {name: replica.pid for name, replica in site.wait_healthy().items()}
    assert {name: after[name] for name in before} == before
    assert "77r/s" in (site.state / "run/gateway/nginx.conf").read_text()

    site.settings = {}
    assert {step.name for step in site.up().changes} == {"gateway", "obsolete"}
    assert {name: replica.pid for name, replica in site.wait_healthy().items()} == before


def test_secrets_reach_no_command_line_and_no_strangers_eyes(site: Site):
    secrets = [path for path in (site.state / "secrets").iterdir() if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets} == {0o600}
    values = [path.read_text().strip() for path in secrets]
    lines = [command_line(process) for process in site.processes()]
    assert lines
    assert not [line for line in lines for value in values if value in line]
    logs = "".join(path.read_text(errors="replace") for path in (site.state / "logs").glob("*.log*"))
    assert not [value for value in values if value in logs]


def test_services_inherit_nothing_of_the_operators(site: Site):
    environment = psutil.Process(site.pid("auth-1")).environ()
    assert {name for name in environment if not name.startswith("COLLAB_")} <= {
        "HOME", "LANG", "MALLOC_ARENA_MAX", "PATH", "PYTHONUNBUFFERED", "TZ",
    }  # fmt: skip


def test_nothing_listens_beyond_loopback(site: Site):
    pids = {process.pid for process in site.processes()}
    listening = [
        str(connection.laddr[0])
        for connection in psutil.net_connections("tcp")
        if connection.pid in pids and connection.status == psutil.CONN_LISTEN and connection.laddr
    ]
    assert len(listening) >= 15
    assert all(address.startswith("127.") for address in listening), listening


def test_logs_of_all_or_one(site: Site):
    lines = list(site.target.logs(LogQuery(tail=50)))
    assert {"auth-1", "postgresql-1", "valkey-1", "seaweedfs-1"} <= {line.replica for line in lines}
    times = [line.time for line in lines if line.time]
    assert times == sorted(times)
    assert {line.replica for line in site.target.logs(LogQuery(components=("user",)))} == {"user-1"}
    assert list(site.target.logs(LogQuery(components=("supervisord",), tail=3)))
    with pytest.raises(UsageError, match="nobody") as caught:
        site.target.logs(LogQuery(components=("nobody",)))
    assert "collaboration" in caught.value.remedy


def test_outputs_name_what_stands_and_no_secret(site: Site):
    outputs = site.target.outputs()
    assert outputs["directory.state"] == str(site.state)
    assert outputs["port.auth-1/http"].isdigit()
    values = {path.read_text().strip() for path in (site.state / "secrets").iterdir() if path.is_file()}
    assert not values & set(outputs.values())


def test_a_command_runs_with_a_components_settings(site: Site):
    result = site.target.run("auth", ["collab_kit.migrate", "collab_auth"])
    assert (result.exit_code, result.stderr) == (0, "")
    with pytest.raises(UsageError, match="gateway"):
        site.target.run("gateway", ["x"])


def test_whoever_comes_second_learns_who_was_first(site: Site):
    code = (
        "import sys, time; from pathlib import Path; from collab_platform.targets.lock import environment_lock\n"
        "with environment_lock(Path(sys.argv[1]), 'collab up'): print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", code, str(site.state)], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        for command in (site.up, site.down):
            with pytest.raises(LockedError, match=rf"collab up` by \S+ \(pid {holder.pid}\)"):
                command()
    finally:
        holder.kill()
        holder.communicate()


def test_down_keeps_the_data_and_up_finds_it(folder: Path):
    site = Site.make(folder)
    try:
        site.up()
        ports = dict(site.target.outputs())
        _sql(site, "create table kept (note text); insert into kept values ('still here')")
        site.down()
        assert site.status().state == "stopped"
        assert site.processes() == []
        with pytest.raises(NotRunningError):
            site.target.outputs()
        site.down()
        assert [event.state for event in site.events] == ["unchanged"]
        plan = site.up()
        assert all(step.action in {"start", "none"} for step in plan.steps)
        assert _sql(site, "select note from kept") == "still here"
        assert dict(site.target.outputs()) == ports
    finally:
        site.down(purge=True)
    assert site.processes() == []
    assert not (folder / ".collab").exists()


def test_two_environments_come_up_at_the_same_moment_side_by_side(folder: Path):
    sites = [Site.make(folder / name, name=name, gateway__tls="dev-ca") for name in ("one", "two")]
    for each in sites:
        each.root.chmod(0o711)
    failures: list[BaseException] = []

    def up(site: Site) -> None:
        try:
            site.up()
        except BaseException as error:  # noqa: BLE001 - told below, by the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=up, args=(site,)) for site in sites]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        one, two = (
            {port for name, port in site.target.outputs().items() if name.startswith("port.")} for site in sites
        )
        assert not one & two
        for site in sites:
            results = {result.name: result for result in site.check()}
            assert [result for result in results.values() if result.outcome == "failed"] == []
            assert results["certificate"].outcome == "passed"
    finally:
        for site in sites:
            site.down(purge=True)


def test_a_fixed_port_that_is_taken_is_named_with_its_owner(folder: Path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        site = Site.make(folder, gateway__port=str(port))
        result = next(each for each in run_checks(site.target.preflight()) if each.name == "port")
        assert result.outcome == "failed"
        assert f"port {port}" in result.message
        with pytest.raises(PreflightError, match=rf"gateway.port {port} .* is taken by .*pid") as caught:
            site.up()
        assert "gateway.port" in caught.value.remedy
    site.down(purge=True)


def test_an_interrupted_up_says_what_stands_and_the_next_one_goes_on(folder: Path):
    site = Site.make(folder)

    def interrupt(event: StepEvent) -> None:
        if event.step == "cluster" and event.state == "progress":
            raise KeyboardInterrupt

    try:
        with pytest.raises(OperatorInterruptError) as caught:
            site.target.up(interrupt)
        assert any(detail.startswith("cluster: was under way") for detail in caught.value.details)
        assert not [process for process in site.processes() if "initdb" in command_line(process)]
        site.up()
        site.wait_healthy()
    finally:
        site.down(purge=True)


def test_an_environment_that_was_never_up(folder: Path):
    site = Site.make(folder)
    assert {step.action for step in site.target.preview().changes} <= {"create", "start"}
    assert site.status().state == "stopped"
    site.down()
    assert [event.state for event in site.events] == ["unchanged"]
    for ask in (site.target.checks, site.target.outputs, lambda: site.target.logs(LogQuery())):
        with pytest.raises(NotRunningError):
            ask()
    assert not (folder / ".collab").exists()
    wait_until(lambda: site.processes() == [], lambda: "processes left", deadline_s=10)


def _sql(site: Site, statement: str) -> str:
    from collab_platform.targets.local.clients import ask_sql
    from collab_platform.targets.local.installation import Installation

    installation = Installation(name=site.name, environment=site.resolved().environment, paths=_paths(site))
    return ask_sql(installation.running_place(installation.state()), statement, timeout_s=10)


def _paths(site: Site) -> Paths:
    return Paths.of(site.name, site.root, {})
