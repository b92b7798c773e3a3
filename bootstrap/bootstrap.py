"""Bring everything that collab needs into this checkout: uv, then the locked packages. Standard library only.

    python3 bootstrap/bootstrap.py         what `collab up` needs
    python3 bootstrap/bootstrap.py --dev   that, and what the tests and checks need

Nothing outside the checkout is touched (uv keeps its download cache where it always does). A second run with nothing
to do takes milliseconds.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import io
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import urllib.request
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ROOT / ".tools"
PINS = ROOT / "bootstrap" / "uv.txt"
STAMP = ROOT / ".venv" / ".collab-bootstrap"
DOWNLOAD_TIMEOUT_S = 120


class BootstrapError(Exception):
    """What went wrong, in one line, with the remedy."""


def main() -> int:
    """Returns the exit code: 0, or 1 after one line that says what is wrong."""
    parser = argparse.ArgumentParser(description="Install what collab needs into this checkout.")
    parser.add_argument("--dev", action="store_true", help="also what the tests and checks need")
    dev = parser.parse_args().dev
    try:
        if sys.version_info < (3, 11):  # noqa: UP036 - this file is what an older Python is told by
            raise BootstrapError(
                f"Python 3.11 or newer is needed, this is {platform.python_version()}; "
                "name another with `make PYTHON=python3.12 up`"
            )
        if not _current(dev=dev):
            _install(dev=dev)
    except BootstrapError as error:
        sys.stderr.write(f"bootstrap: {error}\n")
        return 1
    return 0


def _fingerprint() -> str:
    parts = [(ROOT / name).read_bytes() for name in ("uv.lock", "pyproject.toml")]
    return hashlib.sha256(b"\0".join([*parts, sys.version.encode(), str(ROOT).encode()])).hexdigest()


def _current(*, dev: bool) -> bool:
    try:
        stamp = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return False
    return bool(stamp["fingerprint"] == _fingerprint() and (stamp["dev"] or not dev))


def _install(*, dev: bool) -> None:
    uv = _uv()
    sys.stderr.write("bootstrap: installing the locked packages into .venv\n")
    had_dev = STAMP.exists() and json.loads(STAMP.read_text()).get("dev", False)
    command = [str(uv), "sync", "--locked", "--quiet", "--compile-bytecode", "--python", sys.executable]
    command += ["--extra", "local"]
    # The tests run Pulumi's programs; `make up` needs neither those nor Pulumi.
    command += ["--extra", "kubernetes"] if dev or had_dev else ["--no-dev"]
    if subprocess.run(command, cwd=ROOT, check=False, env=os.environ | {"UV_PROJECT_ENVIRONMENT": ".venv"}).returncode:
        raise BootstrapError("the packages could not be installed (see above); is the package index reachable?")
    STAMP.write_text(json.dumps({"fingerprint": _fingerprint(), "dev": dev or had_dev}))


def _uv() -> Path:
    """A uv of the pinned version: in `.tools`, on PATH, or installed into `.tools` now."""
    version = re.search(r"^uv==([\d.]+)", PINS.read_text(), re.MULTILINE)
    if version is None:
        raise BootstrapError(f"{PINS} pins no uv")
    local = TOOLS / "bin" / "uv"
    for candidate in (local, shutil.which("uv")):
        if candidate is not None and _version_of(Path(candidate)) == version[1]:
            return Path(candidate)
    sys.stderr.write(f"bootstrap: installing uv {version[1]} into .tools\n")
    shutil.rmtree(TOOLS, ignore_errors=True)
    if importlib.util.find_spec("ensurepip") is not None:
        _install_uv_with_pip()
    else:  # Debian and Ubuntu without python3-venv
        _install_uv_from_index(version[1])
    if _version_of(local) != version[1]:
        raise BootstrapError(f"uv {version[1]} was installed into {TOOLS} but does not run there")
    return local


def _version_of(uv: Path) -> str | None:
    try:
        answer = subprocess.run([str(uv), "--version"], capture_output=True, text=True, timeout=20, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    words = answer.split()
    return words[1] if len(words) > 1 else None


def _install_uv_with_pip() -> None:
    for command in (
        [sys.executable, "-m", "venv", str(TOOLS)],
        [str(TOOLS / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
         "--require-hashes", "--only-binary", ":all:", "-r", str(PINS)],
    ):  # fmt: skip
        if subprocess.run(command, check=False).returncode:
            raise BootstrapError(f"`{' '.join(command)}` failed (see above)")


def _install_uv_from_index(version: str) -> None:
    """Fetch uv's wheel from the package index's simple API (PEP 691), check its pinned hash, take the binary out."""
    index = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/")
    pinned = set(re.findall(r"sha256:([0-9a-f]{64})", PINS.read_text()))
    try:
        listing = json.loads(_download(f"{index}/uv/", accept="application/vnd.pypi.simple.v1+json"))
        url = next(
            file["url"]
            for file in listing["files"]
            if file["hashes"].get("sha256") in pinned and _fits(file["filename"], version)
        )
        wheel = _download(url)
    except StopIteration:
        raise BootstrapError(f"there is no uv {version} for this machine; install uv {version} by hand") from None
    except (OSError, ValueError) as error:
        raise BootstrapError(f"uv could not be fetched from {index}: {error}; or install python3-venv") from None
    if hashlib.sha256(wheel).hexdigest() not in pinned:
        raise BootstrapError("the uv that was fetched does not have the pinned hash; nothing was installed")
    target = TOOLS / "bin" / "uv"
    target.parent.mkdir(parents=True)
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        name = next(name for name in archive.namelist() if name.endswith("/scripts/uv"))
        target.write_bytes(archive.read(name))
    target.chmod(0o755)


def _fits(filename: str, version: str) -> bool:
    """Whether a wheel is for this machine, judged by its platform tag."""
    if not filename.startswith(f"uv-{version}-") or not filename.endswith(".whl"):
        return False
    machine = platform.machine().lower()
    if sys.platform == "darwin":
        return f"macosx_{'11_0_arm64' if machine == 'arm64' else '10_12_x86_64'}" in filename
    libc = "musllinux" if "musl" in (sysconfig.get_config_var("HOST_GNU_TYPE") or "") else "manylinux"
    return libc in filename and filename.endswith(f"_{machine}.whl")


def _download(url: str, *, accept: str = "*/*") -> bytes:
    if not url.startswith("https://") and "PIP_INDEX_URL" not in os.environ:
        raise OSError(f"refusing to fetch from {url}")
    request = urllib.request.Request(url, headers={"Accept": accept})  # noqa: S310 - checked above
    with urllib.request.urlopen(request, timeout=DOWNLOAD_TIMEOUT_S) as answer:  # noqa: S310
        return answer.read()


if __name__ == "__main__":
    raise SystemExit(main())
