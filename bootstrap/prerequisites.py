"""Install what only the tests need and no wheel brings: a Chromium, nginx with ModSecurity and the CRS, libfaketime.

On Debian and Ubuntu as root, or with sudo that asks for no password, apt installs them. Elsewhere each missing thing
is named with the way to get it; a missing Chromium fails (the browser tests need it), a missing ModSecurity or
libfaketime does not (their tests say that they are skipped).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

NGINX_PACKAGES = ("nginx-light", "libnginx-mod-http-modsecurity", "modsecurity-crs")
MODULE_DIRECTORIES = (Path("/usr/lib/nginx/modules"), Path("/usr/share/nginx/modules"))
POLICY = Path("/usr/sbin/policy-rc.d")
APT_TIMEOUT_S = 900


def browser() -> str | None:
    """Path of a Chromium or Chrome on this machine."""
    if chosen := os.environ.get("COLLAB_CHROMIUM"):
        return chosen
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        found = shutil.which(name)
        # Ubuntu's `chromium` package is a script that wants snap
        if found and subprocess.run([found, "--version"], capture_output=True, check=False, timeout=60).returncode == 0:
            return found
    return None


def modsecurity() -> bool:
    """Whether nginx's ModSecurity module and the OWASP rules are installed."""
    module = any((folder / "ngx_http_modsecurity_module.so").exists() for folder in MODULE_DIRECTORIES)
    return module and Path("/usr/share/modsecurity-crs").is_dir()


def faketime() -> Path | None:
    """The library that tells a process another time, if it is installed where Debian puts it."""
    return next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)


def main() -> int:
    """Returns 0 when the tests can run."""
    missing = [
        *(() if browser() else ("chromium",)),
        *(() if modsecurity() else NGINX_PACKAGES),
        *(() if faketime() else ("libfaketime",)),
    ]
    if missing:
        prefix = _apt_prefix()
        if prefix is not None:
            _apt(prefix, missing)
    if browser() is None and _playwright_chromium() is None:
        _say("missing: a Chromium for the browser tests. Install `chromium` (or Chrome) with your package manager,")
        _say("or run `.venv/bin/playwright install --with-deps chromium`, then `make test` again.")
        return 1
    if not modsecurity():
        _say(f"missing: nginx with ModSecurity ({' '.join(NGINX_PACKAGES)} on Debian and Ubuntu);")
        _say("the tests of the web application firewall will be skipped.")
    if faketime() is None:
        _say("missing: libfaketime (a package of that name on Debian and Ubuntu);")
        _say("the tests of clocks that jump will be skipped.")
    return 0


def _playwright_chromium() -> str | None:
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False, timeout=APT_TIMEOUT_S)
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where it is needed

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def _apt_prefix() -> list[str] | None:
    if shutil.which("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return []
    sudo = ["sudo", "--non-interactive"]
    if shutil.which("sudo") and subprocess.run([*sudo, "true"], capture_output=True, check=False).returncode == 0:
        return sudo
    return None


def _apt(prefix: list[str], packages: list[str]) -> None:
    _say(f"installing {' '.join(packages)} with apt")
    install = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "--no-install-recommends"]
    with _services_stay_off(prefix):
        for command in ([*prefix, "apt-get", "update"], [*prefix, *install, *packages]):
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=APT_TIMEOUT_S)
            if done.returncode:
                _say(f"`{' '.join(command)}` failed:\n{done.stderr.strip()[-2000:]}")
                return


@contextmanager
def _services_stay_off(prefix: list[str]) -> Generator[None]:
    """Keep apt from starting Debian's own nginx on port 80 (policy-rc.d, Debian Policy 9.3.3.1)."""
    if POLICY.exists():
        yield
        return
    subprocess.run(
        [*prefix, "sh", "-c", f"printf '#!/bin/sh\\nexit 101\\n' > {POLICY} && chmod 755 {POLICY}"], check=False
    )
    try:
        yield
    finally:
        with suppress(OSError):
            subprocess.run([*prefix, "rm", "-f", str(POLICY)], check=False)


def _say(text: str) -> None:
    sys.stderr.write(f"prerequisites: {text}\n")


if __name__ == "__main__":
    raise SystemExit(main())
