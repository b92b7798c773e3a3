"""Every part of the system, killed while people type: it comes back, nothing acknowledged is lost.

On a machine that is every process, with SIGKILL; in a cluster a pod of every kind.
"""

import pytest

from tests.system.running import Running, writers
from tests.system.target import victims


@pytest.mark.parametrize("victim", victims())
def test_it_comes_back_and_nothing_acknowledged_is_lost(healthy: Running, victim: str):
    with writers(healthy) as people:
        people.start()
        recovered = healthy.kill(victim)
        acknowledged = people.loner.kill()
        healthy.wait(recovered, healthy.patience_s)
        people.wait_saving(healthy.patience_s)
        people.settle()
        people.assert_kept(acknowledged)
