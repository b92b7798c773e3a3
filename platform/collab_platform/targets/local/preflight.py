"""Whether this machine can run the environment, asked before anything is changed."""

from __future__ import annotations

import os
import platform
import resource
import sys
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import psutil

from collab_platform.blueprint import derive
from collab_platform.checks import Category, Check, CheckFailed, CheckSkipped, Severity
from collab_platform.checks.given import check_closed, describe_given
from collab_platform.errors import CollabError, LockedError
from collab_platform.gateway import WAF_REMEDY, find_nginx
from collab_platform.targets.local.cluster import system_user
from collab_platform.targets.local.editor import editor_fingerprint, is_current
from collab_platform.targets.local.installation import Installation
from collab_platform.targets.local.machine import (
    DISK_ERROR_BYTES,
    DISK_WARNING_BYTES,
    check_disk,
    nearest_existing,
    size,
)
from collab_platform.targets.local.ports import PUBLIC_PORT, PortTaken, Reservation, choose_ports, port_holder
from collab_platform.targets.lock import environment_lock

Found = TypeVar("Found")

_MEMORY_BYTES = 1 << 30
_MIN_FILES = 4096
# As in collab_kit: connections of one replica's pool. The platform's own commands and PostgreSQL's reserve come on top.
_POOL_MAX = 4
_SPARE_CONNECTIONS = 10


def preflight_checks(installation: Installation) -> list[Check]:
    """Each changes nothing; those of severity ``error`` would make ``up`` fail."""

    def check(
        name: str,
        title: str,
        run: Callable[[Installation], str],
        *,
        severity: Severity = "error",
        category: Category = "machine",
        hint: str = "",
    ) -> Check:
        return Check(
            name=name,
            category=category,
            title=title,
            run=lambda _: run(installation),
            severity=severity,
            hint=hint,
            deadline_s=15,
        )

    return [
        check("platform", "Python and platform", _platform, hint="Use Python 3.11 or newer on Linux or macOS."),
        check("servers", "Servers are installed", _servers),
        check("nginx", "nginx is installed", _nginx),
        check("waf", "Web application firewall", _waf, severity="warning", hint=f"To have it: {WAF_REMEDY}"),
        check("user", "A user for PostgreSQL", _user),
        check("state", "State directory is writable", _state, hint="Set COLLAB_STATE_DIR to a folder that is."),
        check("lock", "Nobody else is changing it", _lock),
        check(
            "disk",
            "Disk space to start with",
            partial(_disk, at_least_bytes=DISK_ERROR_BYTES),
            hint="Free some space, or set COLLAB_STATE_DIR to a folder on another disk.",
        ),
        check(
            "disk-reserve",
            "Disk space to work with",
            partial(_disk, at_least_bytes=DISK_WARNING_BYTES),
            severity="warning",
            hint="Documents and logs grow: free some space soon.",
        ),
        check("memory", "Memory", _memory, severity="warning", hint="It may be slow, or killed by the system."),
        check("files", "Open files allowed", _files, severity="warning", hint="Raise it: `ulimit -n 65536`."),
        check("port", "Gateway's port", _port),
        check("connections", "Database connections for all replicas", _connections, category="environment"),
        check("editor", "The editor can be built", _editor, category="environment"),
        check("given", "Secrets and authorities that you give", _given, category="environment"),
        check("given-closed", "They are for your eyes", _given_closed, category="environment", severity="warning"),
    ]


def _platform(_: Installation) -> str:
    system, machine = platform.system(), platform.machine()
    if sys.version_info < (3, 11) or system not in {"Linux", "Darwin"} or machine not in {"x86_64", "aarch64", "arm64"}:
        raise CheckFailed(f"Python {platform.python_version()} on {system} {machine} is not supported")
    return f"Python {platform.python_version()}, {system} {machine}"


def _servers(installation: Installation) -> str:
    binaries = installation.binaries
    for find in (lambda: binaries.postgresql, lambda: binaries.valkey, lambda: binaries.weed):
        _or_fail(find)
    return "PostgreSQL, Valkey, SeaweedFS"


def _nginx(installation: Installation) -> str:
    nginx = _or_fail(lambda: find_nginx(installation.environment.gateway.waf))
    return f"nginx {nginx.version}"


def _waf(installation: Installation) -> str:
    wanted = installation.environment.gateway.waf
    if wanted == "off":
        raise CheckSkipped("turned off by gateway.waf")
    nginx = _or_fail(lambda: find_nginx(wanted))
    if not nginx.has_waf:
        raise CheckFailed("off: the nginx that was found has no ModSecurity with the OWASP core rule set")
    return "ModSecurity with the OWASP core rule set"


def _user(_: Installation) -> str:
    if os.geteuid() != 0:
        raise CheckSkipped("not root: PostgreSQL runs as you")
    return _or_fail(system_user)


def _state(installation: Installation) -> str:
    folder = nearest_existing(installation.paths.state)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise CheckFailed(f"{folder} is not writable for this user")
    owner = folder.stat().st_uid
    if folder == installation.paths.state and owner != os.geteuid():
        raise CheckFailed(
            f"{folder} belongs to user {owner}, you are {os.geteuid()}",
            hint="Run collab as the user who brought it up.",
        )
    return str(installation.paths.state)


def _lock(installation: Installation) -> str:
    if not installation.paths.state.is_dir():
        return "not there yet"
    try:
        with environment_lock(installation.paths.state, "collab check --pre"):
            return "free"
    except LockedError as error:
        raise CheckFailed(error.summary, hint=error.remedy) from None


def _is_held(installation: Installation) -> bool:
    """Whether another command is changing the environment; the wait is for our own check of the lock beside us."""
    if not installation.paths.state.is_dir():
        return False
    try:
        with environment_lock(installation.paths.state, "collab check --pre", wait_s=0.3):
            return False
    except LockedError:
        return True


def _disk(installation: Installation, *, at_least_bytes: int) -> str:
    return check_disk(installation.paths.state, at_least_bytes=at_least_bytes)


def _memory(_: Installation) -> str:
    free = psutil.virtual_memory().available
    if free < _MEMORY_BYTES:
        raise CheckFailed(f"{size(free)} available, less than {size(_MEMORY_BYTES)}")
    return f"{size(free)} available"


def _files(_installation: Installation) -> str:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < _MIN_FILES:
        raise CheckFailed(f"{hard}, less than {_MIN_FILES}")
    return "unlimited" if hard == resource.RLIM_INFINITY else f"{hard:,}"


def _port(installation: Installation) -> str:
    gateway = installation.environment.gateway
    state = installation.state()
    running = {name for name, info in (installation.processes() or {}).items() if info.is_running}
    with Reservation() as reservation:
        try:
            chosen = choose_ports(
                [PUBLIC_PORT],
                remembered=state.ports,
                running=running,
                public_host=gateway.host,
                public_port=gateway.port,
                reservation=reservation,
            )
        except PortTaken as taken:
            if _is_held(installation):
                raise CheckSkipped("the command that is changing the environment may hold the port") from None
            raise CheckFailed(
                f"port {taken.port} on {taken.host} is taken by {port_holder(taken.port)}",
                hint="Stop that process, choose another port (`--set gateway.port=8090`), or let collab choose (0).",
            ) from None
        except CollabError as error:
            raise CheckFailed(error.summary, hint=error.remedy) from None
    return f"{gateway.host}:{chosen[PUBLIC_PORT]}"


def _connections(installation: Installation) -> str:
    blueprint = derive(installation.name, installation.environment)
    pools = sum(component.replicas for component in blueprint.components if component.migrates) * _POOL_MAX
    allowed = installation.environment.postgresql.max_connections
    if pools + _SPARE_CONNECTIONS > allowed:
        raise CheckFailed(
            f"the services open up to {pools} connections, PostgreSQL accepts {allowed}",
            hint=f"Set postgresql.max_connections to {pools + _SPARE_CONNECTIONS} or more, or run fewer replicas.",
        )
    return f"{pools} of {allowed}"


def _editor(installation: Installation) -> str:
    source = installation.paths.editor_source
    wanted = editor_fingerprint(source)
    if not wanted:
        raise CheckFailed(f"its sources are missing: {source}", hint="Run collab in a checkout of the project.")
    if is_current(source, wanted):
        return "built already"
    _or_fail(lambda: (installation.binaries.node, installation.binaries.npm))
    return "Node is there to build it"


def _given(installation: Installation) -> str:
    _or_fail(lambda: installation.authorities)
    return _or_fail(lambda: describe_given(installation.environment, installation.paths.root))


def _given_closed(installation: Installation) -> str:
    return check_closed(installation.environment, installation.paths.root)


def _or_fail(find: Callable[[], Found]) -> Found:
    """Let a missing thing fail the check with the remedy that its error knows."""
    try:
        return find()
    except CollabError as error:
        raise CheckFailed(error.summary, hint=error.remedy) from None
