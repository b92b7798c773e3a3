"""Every part of the system, killed while people type: it comes back, nothing acknowledged is lost.

On a machine that is every process, with SIGKILL; in a cluster a pod of every kind.
"""

import pytest

from tests.system.running import Running, writers
from tests.system.target import victims

PATIENCE = 3
"""Times what a recovery takes on a machine that does nothing else."""


@pytest.mark.parametrize("victim", victims())
def test_it_comes_back_and_nothing_acknowledged_is_lost(healthy: Running, victim: str):
    with writers(healthy) as people:
        people.start()
        recovered = healthy.kill(victim)
        acknowledged = people.loner.kill()
        healthy.wait(recovered, PATIENCE * healthy.recovery_s)
        people.wait_saving(PATIENCE * healthy.recovery_s)
        people.settle()
        people.assert_kept(acknowledged)
