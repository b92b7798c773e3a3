"""All benchmarks, one after the other, each in a process of its own: ``python -m bench``, or with ``--cluster``."""

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
ON_A_CLUSTER = ("bench.cluster.ready",)
"""Only when asked for: they build a cluster's programs and the images where that was not done yet."""
SERVICES = "bench.services"
TIMEOUT_S = 600
SERVICES_TIMEOUT_S = 2400
CLUSTER_TIMEOUT_S = 7200


def main() -> int:
    """Run all. Returns 1 if any could not be measured; a missed goal is a result, not a failure."""
    wanted = dict.fromkeys(BENCHMARKS, TIMEOUT_S) | {SERVICES: SERVICES_TIMEOUT_S}
    if "--cluster" in sys.argv[1:]:
        wanted = dict.fromkeys(ON_A_CLUSTER, CLUSTER_TIMEOUT_S)
    failed = [name for name, timeout_s in wanted.items() if not _run(name, timeout_s)]
    for name in failed:
        print(f"{name} failed", file=sys.stderr)
    return 1 if failed else 0


def _run(name: str, timeout_s: float) -> bool:
    print(f"== {name}", flush=True)
    try:
        return subprocess.run([sys.executable, "-m", name], cwd=ROOT, check=False, timeout=timeout_s).returncode == 0
    except subprocess.TimeoutExpired:
        return False


if __name__ == "__main__":
    raise SystemExit(main())
