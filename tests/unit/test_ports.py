"""Test processes that run at once share the machine's ports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.ports import free_port

_TAKE = """
import sys
from tests.ports import free_port
print(*(free_port() for _ in range(200)), flush=True)
sys.stdin.read()  # its ports are its own for as long as it lives
"""


def test_no_two_processes_get_the_same_port():
    command = [sys.executable, "-c", _TAKE]
    root = Path(__file__).parents[2]
    takers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root) for _ in range(4)
    ]
    try:
        mine = [str(free_port()) for _ in range(200)]
        theirs = [port for taker in takers for port in (taker.stdout.readline().split() if taker.stdout else ())]
    finally:
        for taker in takers:
            taker.communicate(timeout=60)
    assert len(mine) == 200
    assert len(theirs) == 800
    assert len({*mine, *theirs}) == 1000
