"""Every process of the system, killed with SIGKILL while people type: it comes back, nothing acknowledged is lost."""

from collections.abc import Callable

import pytest

from tests.system.processes import kill_now
from tests.system.project import Project
from tests.system.running import Running, writers
from tests.system.victims import VICTIMS, replaced

RECOVERY_S = 25


@pytest.mark.parametrize("find", VICTIMS.values(), ids=VICTIMS.keys())
def test_it_comes_back_and_nothing_acknowledged_is_lost(healthy: Running, find: Callable[[Project], int]):
    with writers(healthy) as people:
        people.start()
        victim = find(healthy.project)
        kill_now(victim)
        acknowledged = people.loner.kill()
        healthy.project.wait_for(
            lambda status: (
                replaced(find, healthy.project, victim)
                and all(component.state == "healthy" for component in status.components)
            ),
            RECOVERY_S,
        )
        people.wait_saving(RECOVERY_S)
        people.settle()
        people.assert_kept(acknowledged)
