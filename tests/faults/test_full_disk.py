"""A disk without room: told before anything starts, survived where it fills up later."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.disk import fill, mounted
from tests.system.local import Local
from tests.system.project import Project, throwaway
from tests.system.running import writers
from tests.system.typist import Typist, converged

PREFLIGHT = 7
RECOVERY_S = 120
"""What crashed again and again starts after half a minute, and a client without a ticket asks again after as much."""
REFUSED_S = 6
"""An edit that is not acknowledged by then was not just slow."""
LARGE_ENTRY = "x" * 16_384


@contextmanager
def _small_disk(project: Project, megabytes: int) -> Generator[Path]:
    """The project's state directory on a file system of its own."""
    place = project.state_directory.parent
    place.mkdir()
    with mounted(place, megabytes=megabytes):
        try:
            yield place
        finally:
            project.run("down", "--purge", "--yes", expect=None)


def test_up_without_room_says_how_much_it_needs_and_starts_nothing():
    with throwaway(prefix="full") as project, _small_disk(project, 16):
        fault = project.up("-o", "json", expect=PREFLIGHT).fault()
        told = "\n".join([fault.summary, *fault.details])
        assert "disk" in told or "space" in told, told
        assert "MB" in told or "GB" in told or "MiB" in told or "GiB" in told, told
        assert fault.remedy
        assert not project.processes()


def test_a_disk_that_fills_up_loses_nothing_acknowledged_and_recovers():
    with throwaway(prefix="full") as project, _small_disk(project, 3000) as disk:
        project.up()
        environment = Local(project)
        with writers(environment) as people:
            people.start(every_ms=50)
            written = people.ann.pause()
            people.ben.pause()
            filler = disk / "filler"
            fill(filler)
            written += _write_until_refused(people.ann, written)
            assert people.ann.unsaved > 0, "the person who wrote was not told"
            acknowledged = people.loner.kill()
            filler.unlink()
            project.wait_healthy(RECOVERY_S)
            people.ann.wait_saved(written, RECOVERY_S)
            seen = converged([people.ann, people.ben], timeout_s=RECOVERY_S)
            assert len([entry for entry in seen if not entry.startswith("ben-")]) == written
            assert people.loaded_anew(people.shared) == seen
            people.assert_kept(acknowledged)


def _write_until_refused(typist: Typist, written: int) -> int:
    """Write large entries until one is not acknowledged. Returns how many."""
    for count in range(1, 1000):
        typist.write([LARGE_ENTRY])
        try:
            typist.wait_saved(written + count, timeout_s=REFUSED_S)
        except AssertionError:
            return count
    raise AssertionError("everything was acknowledged on a full disk")
