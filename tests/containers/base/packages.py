"""Debian packages that the cluster and container tests run on, installed when this process may.

No service is started by an installation: the programs are run by the tests, under directories of their own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

POLICY = Path("/usr/sbin/policy-rc.d")
APT_TIMEOUT_S = 600
LOCK_TIMEOUT_S = 900
SEARCHED = ("/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/lib/cni", "/opt/cni/bin")
"""Where administrators' programs and CNI plug-ins are, beside what is on PATH."""


class Unavailable(RuntimeError):  # noqa: N818 - it names the situation, which a test turns into a skip
    """This machine cannot run the thing, and cannot be made to; the message says what would be needed."""


def find(program: str) -> Path | None:
    """Path of ``program``, also where an ordinary user's PATH does not look."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *SEARCHED])
    found = shutil.which(program, path=path)
    return Path(found) if found else None


def ensure(programs: Mapping[str, str]) -> None:
    """Have every program of ``{program: Debian package}``, by apt where root asks for it.

    :raises Unavailable: a program is missing and cannot be installed here.
    """
    if not _missing(programs):
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise Unavailable(
            f"needs {', '.join(_missing(programs))}, which only root on Debian or Ubuntu installs by itself"
        )
    # apt's own lock makes a second installation fail, not wait
    with FileLock(Path(tempfile.gettempdir()) / "collab-apt.lock", timeout=LOCK_TIMEOUT_S):
        packages = sorted({programs[program] for program in _missing(programs)})
        if packages:
            _install(packages)
    if lacking := _missing(programs):
        raise Unavailable(f"apt installed {' '.join(packages)}, yet {', '.join(lacking)} cannot be found")


def _missing(programs: Mapping[str, str]) -> list[str]:
    return [program for program in programs if find(program) is None]


def _install(packages: list[str]) -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    lock = "DPkg::Lock::Timeout=300"
    install = ["apt-get", "install", "-y", "-o", lock, "--no-install-recommends", *packages]
    with _services_stay_off():
        for command in (["apt-get", "update", "-o", lock], install):
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                check=False,
                timeout=APT_TIMEOUT_S,
                env=environment,
                stdin=subprocess.DEVNULL,
            )
            if done.returncode:
                raise Unavailable(f"`{' '.join(command)}` failed:\n{done.stderr.strip()[-2000:]}")


@contextmanager
def _services_stay_off() -> Generator[None]:
    """Keep apt from starting containerd, docker or etcd (policy-rc.d, Debian Policy 9.3.3.1)."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)
