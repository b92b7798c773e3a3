"""All benchmarks, one after the other, each in a process of its own: ``python -m bench``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BENCHMARKS = (
    "bench.cli_startup",
    "bench.system.startup",
    "bench.system.memory",
    "bench.system.latency",
    "bench.collaboration.edit_latency",
)
TIMEOUT_S = 600


def main() -> int:
    """Run all. Returns 1 if any could not be measured; a missed goal is a result, not a failure."""
    failed = [name for name in BENCHMARKS if not _run(name)]
    for name in failed:
        print(f"{name} failed", file=sys.stderr)
    return 1 if failed else 0


def _run(name: str) -> bool:
    print(f"== {name}", flush=True)
    try:
        return subprocess.run([sys.executable, "-m", name], cwd=ROOT, check=False, timeout=TIMEOUT_S).returncode == 0
    except subprocess.TimeoutExpired:
        return False


if __name__ == "__main__":
    raise SystemExit(main())
