"""Whatever is killed comes back by itself: each process, again and again, the supervisor, its keeper, both at once."""

import os
import signal
import time
from dataclasses import replace

import psutil
import pytest

from collab_platform.checks import run_checks
from collab_platform.errors import LockedError
from collab_platform.targets.local.orphans import wait_gone
from tests.integration.local.site import Site, kill, wait_until
from tests.system.processes import alive, command_line

pytestmark = [pytest.mark.timeout(240), pytest.mark.xdist_group("local")]

BACK = "the environment is back"
REPLICAS = ("postgresql-1", "valkey-1", "seaweedfs-1", "auth-1", "user-1", "document-1", "collaboration-1", "gateway-1")


@pytest.mark.parametrize("replica", REPLICAS)
def test_a_killed_process_comes_back(site: Site, replica: str):
    before = site.replicas()[replica]
    pid = site.pid(replica)
    kill(pid)
    site.wait_healthy(but={replica: pid})
    # PostgreSQL refuses its first start while a backend of the killed server still ends: that is a restart more. The
    # keeper counts beside it.
    wait_until(lambda: site.replicas()[replica].restarts > before.restarts, lambda: "the restart was not counted")


def test_ten_kills_in_a_row_do_not_slow_it_down(site: Site):
    took: list[float] = []
    for _ in range(10):
        pid = site.pid("valkey-1")
        kill(pid)
        took.append(
            wait_until(
                lambda pid=pid: (
                    site.replicas()["valkey-1"].pid != pid and site.replicas()["valkey-1"].state == "healthy"
                ),
                lambda: "valkey did not come back",
            )
        )
    # A crash loop is paused for longer each time, up to half a minute: these kills are none.
    assert max(took) < 15, took


def test_a_killed_supervisor_comes_back_and_everything_with_it(site: Site):
    supervisor, log = site.supervisor_pid(), site.state / "logs/keeper.log"
    told = log.read_text().count(BACK) if log.exists() else 0
    before = {name: replica.pid for name, replica in site.replicas().items() if replica.pid}
    old = [psutil.Process(pid) for pid in before.values()]
    kill(supervisor)
    wait_until(lambda: _supervisor_is_new(site, supervisor), lambda: "no new supervisor")
    site.wait_healthy(but=before)
    # Nothing of the old ones is left beside the new.
    assert wait_gone(old, timeout_s=20) == []
    assert [result for result in site.check() if result.outcome == "failed"] == []
    wait_until(lambda: log.read_text().count(BACK) > told, lambda: "the recovery does not say that it is done")


def test_a_killed_keeper_comes_back_and_still_keeps(site: Site):
    keeper = _keeper(site)
    kill(keeper)
    wait_until(lambda: _keeper(site, missing_ok=True) not in {keeper, 0}, lambda: "no new keeper")
    supervisor = site.supervisor_pid()
    kill(supervisor)
    wait_until(lambda: _supervisor_is_new(site, supervisor), lambda: "no new supervisor")
    site.wait_healthy()


def test_up_cleans_up_after_a_supervisor_that_died_with_its_keeper(site: Site):
    supervisor, keeper = site.supervisor_pid(), _keeper(site)
    os.kill(keeper, signal.SIGSTOP)
    kill(supervisor)
    kill(keeper)
    wait_until(lambda: not _alive(supervisor) and not _alive(keeper), lambda: "still alive")
    assert site.status().state != "healthy"
    site.up()
    site.wait_healthy()


def test_down_stops_what_a_lost_supervisor_left_and_nothing_resurrects_it(site: Site):
    kill(site.supervisor_pid())

    def is_down() -> bool:
        try:
            site.down()
        except LockedError:  # the recovery was faster, and must be undone
            return False
        return True

    wait_until(is_down, lambda: "the recovery never let go")
    wait_until(lambda: site.processes() == [], lambda: f"left: {site.processes()}")
    time.sleep(1.5)
    # What was resurrected would stay; the recovery that finds nothing to do may still be about to end.
    wait_until(lambda: site.processes() == [], lambda: f"resurrected: {site.processes()}")
    assert site.status().state == "stopped"


def test_checks_see_what_is_wrong(site: Site):
    stopped = [psutil.Process(site.pid(replica)) for replica in ("valkey-1", "auth-1")]
    for process in stopped:
        process.suspend()
    try:
        quick = [replace(check, deadline_s=10, retry_for_s=0) for check in site.target.checks()]
        failed = {result.name: result for result in run_checks(quick) if result.outcome == "failed"}
        status, states = site.status(), dict[str, str]()

        def postgresql_is_healthy() -> bool:
            # Each part has two seconds to answer: one that is well may need another look.
            nonlocal status, states
            status = site.status()
            states = {component.name: component.state for component in status.components}
            return states["postgresql"] == "healthy"

        wait_until(postgresql_is_healthy, lambda: f"PostgreSQL is not healthy: {states}")
    finally:
        for process in stopped:
            process.resume()
    assert {"valkey-ready", "valkey-writes", "auth-ready"} <= set(failed)
    assert "supervisor" not in failed
    assert failed["auth-ready"].hint == "See `collab logs auth`."
    assert states["valkey"] != "healthy"
    assert states["postgresql"] == "healthy"
    assert status.state == "degraded" or states["valkey"] == "starting"


def test_a_port_taken_while_down_is_chosen_anew(site: Site):
    import socket

    port = int(site.target.outputs()["port.valkey-1/redis"])
    site.down()
    with socket.create_server(("127.0.0.1", port)):
        site.up()
        site.wait_healthy()
        assert int(site.target.outputs()["port.valkey-1/redis"]) != port


def _supervisor_is_new(site: Site, old: int) -> bool:
    try:
        return site.supervisor_pid() != old
    except (OSError, ValueError):
        return False


def _keeper(site: Site, *, missing_ok: bool = False) -> int:
    found = [process.pid for process in site.processes() if "keeper.py" in command_line(process)]
    assert found or missing_ok
    return found[0] if found else 0


def _alive(pid: int) -> bool:
    try:
        return alive(psutil.Process(pid))
    except psutil.NoSuchProcess:
        return False
