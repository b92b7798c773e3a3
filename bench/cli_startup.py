"""How long an operator waits for the command line itself, process start to exit.

Beside it, in the same rounds: the bare interpreter, what Typer alone costs, and the command lines of other Python
programs that are installed here anyway.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.system.report import Machine, Series, publish

ROUNDS = 15
GOAL_S = 0.2
TIMEOUT_S = 30

_SCRIPTS = Path(sys.executable).parent
_COLLAB = str(_SCRIPTS / "collab")
_TAB = {"COMP_WORDS": "collab st", "COMP_CWORD": "1", "_COLLAB_COMPLETE": "complete_bash"}


def main() -> None:
    """Measure and publish."""
    machine = Machine.here()
    with tempfile.TemporaryDirectory() as folder:
        project = {"COLLAB_PROJECT": folder}
        _seconds([_COLLAB, "env", "init", "local"], project)
        contenders: dict[str, tuple[list[str], dict[str, str], float | None]] = {
            "python -c pass": ([sys.executable, "-c", "pass"], {}, None),
            "python -c 'import typer'": ([sys.executable, "-c", "import typer"], {}, None),
            "collab --help": ([_COLLAB, "--help"], {}, GOAL_S),
            "collab up --help": ([_COLLAB, "up", "--help"], {}, None),
            "collab env explain -o json": ([_COLLAB, "env", "explain", "-o", "json"], project, None),
            "collab st<TAB>": ([_COLLAB], _TAB, None),
            "uvicorn --help": ([str(_SCRIPTS / "uvicorn"), "--help"], {}, None),
            "litestar --help": ([str(_SCRIPTS / "litestar"), "--help"], {}, None),
        }
        measured: dict[str, list[float]] = {name: [] for name in contenders}
        for round_ in range(ROUNDS + 1):
            for name, (command, variables, _) in contenders.items():
                seconds = _seconds(command, variables)
                if round_ > 0:  # the first fills the file cache
                    measured[name].append(seconds)
    publish(
        "cli_startup",
        "The command line's own time",
        [
            Series(name=name, unit="s", values=tuple(measured[name]), goal=goal)
            for name, (_, _, goal) in contenders.items()
        ],
        machine=machine,
    )


def _seconds(command: list[str], variables: dict[str, str]) -> float:
    started = time.perf_counter()
    subprocess.run(
        command,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=TIMEOUT_S,
        env={**os.environ, **variables},
    )
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
