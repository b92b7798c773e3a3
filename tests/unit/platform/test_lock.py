"""One command at a time holds an environment, and says who it is."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from collab_platform.errors import LockedError
from collab_platform.targets.lock import Owner, environment_lock

HOLDER = """
import sys, time
from pathlib import Path
from collab_platform.targets.lock import environment_lock
with environment_lock(Path(sys.argv[1]), "collab up"):
    print("held", flush=True)
    time.sleep(60)
"""


def hold_elsewhere(state: Path) -> subprocess.Popen[str]:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(state)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    holder.stdout.close()
    return holder


def test_the_second_command_learns_who_holds_it_and_death_frees_it(tmp_path: Path):
    holder = hold_elsewhere(tmp_path)
    try:
        with pytest.raises(LockedError) as caught, environment_lock(tmp_path, "collab down"):
            pass
        assert f"`collab up` by {_me()} (pid {holder.pid}) for" in caught.value.summary
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.wait(10)
    assert (tmp_path / "lock-owner").exists()
    with environment_lock(tmp_path, "collab down", wait_s=2):
        assert b"collab down" in (tmp_path / "lock-owner").read_bytes()
    assert not (tmp_path / "lock-owner").exists()


def test_waiting_for_it_is_bounded(tmp_path: Path):
    with environment_lock(tmp_path, "collab up"):
        with pytest.raises(LockedError), environment_lock(tmp_path, "collab down", wait_s=0.1):
            pass
        # Still ours: a refused try takes nothing away.
        assert (tmp_path / "lock-owner").exists()


@pytest.mark.parametrize(("seconds", "said"), [(12, "12 s"), (600, "10 min"), (90_000, "25 h")])
def test_how_long_is_said_in_fitting_words(seconds: int, said: str):
    owner = Owner(command="collab up", user="ann", host="elsewhere", pid=7, since=1000.0)
    assert owner.describe(1000.0 + seconds) == f"`collab up` by ann on elsewhere (pid 7) for {said}"


def _me() -> str:
    import getpass

    return getpass.getuser() if os.getuid() else "root"
