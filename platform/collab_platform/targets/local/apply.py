"""What each step of ``up`` does. Every one may be done again, and one that was interrupted is."""

from __future__ import annotations

import shlex
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib import resources
from pathlib import Path
from typing import NoReturn

import psutil

from collab_platform.blueprint import Component
from collab_platform.checks.probes import ProbeError
from collab_platform.datastores.postgresql import DATABASE as DATABASE_NAME
from collab_platform.errors import CollabError
from collab_platform.files import clear_disk_errors, make_directory, write_atomically
from collab_platform.targets.local.clients import object_errors, object_store, psql_command, psql_environment
from collab_platform.targets.local.cluster import check_version, initialise, prepare_home, server_major
from collab_platform.targets.local.commands import Cancellation, run_command
from collab_platform.targets.local.editor import build_editor
from collab_platform.targets.local.fingerprint import fingerprint, package_folder, tree_fingerprint
from collab_platform.targets.local.health import probe, probe_start
from collab_platform.targets.local.logs import last_lines
from collab_platform.targets.local.plan import (
    BUCKET,
    CLUSTER,
    DATABASE,
    EDITOR,
    MIGRATIONS,
    OBSOLETE,
    PREPARE,
    SUPERVISOR,
    LocalPlan,
    migration_name,
    reload_name,
)
from collab_platform.targets.local.ports import LOOPBACK, PUBLIC_PORT, PortTaken, Reservation, find_intruder
from collab_platform.targets.local.programs import Place, Program, python_command
from collab_platform.targets.local.runner import Progress, Task
from collab_platform.targets.local.state import StateStore
from collab_platform.targets.local.supervisor import (
    KEEPER,
    Supervisor,
    clean_environment,
    render_configuration,
    start_supervisord,
)

_READY_TIMEOUT_S = 60.0
_PROBE_TIMEOUT_S = 2.0
_CRASHES = 4
_BOOTSTRAP_TIMEOUT_S = 60
_MIGRATION_TIMEOUT_S = 660
_NGINX_TEST_TIMEOUT_S = 30
_RELOAD_TIMEOUT_S = 10.0


def wanted_fingerprints(place: Place) -> dict[str, str]:
    """What the steps that start no program would make, by the names that the plan knows them by."""
    services = [component for component in place.blueprint.components if component.migrates]
    return {
        DATABASE: fingerprint(bootstrap_sql(), [service.name for service in services]),
        BUCKET: fingerprint(place.environment.object_storage.bucket),
        **{migration_name(service.name): _migrations_fingerprint(service.name) for service in services},
    }


@dataclass(frozen=True, kw_only=True)
class Applier:
    """The steps of one ``up``. Steps run side by side; each touches only what is its own."""

    place: Place
    plan: LocalPlan
    supervisor: Supervisor
    store: StateStore
    reservation: Reservation
    cancellation: Cancellation
    recovery: tuple[str, ...]

    def tasks(self) -> list[Task]:
        """One task for each step of the plan, in its order; what precedes every plan is done already."""
        fixed: dict[str, tuple[Callable[[Progress], None], frozenset[str]]] = {
            EDITOR: (self._build_editor, frozenset()),
            CLUSTER: (self._make_cluster, frozenset()),
            SUPERVISOR: (self._start_supervisor, frozenset()),
            OBSOLETE: (lambda _: self._stop(self.plan.obsolete), frozenset({"gateway"})),
            DATABASE: (self._make_database, frozenset({"postgresql"})),
            BUCKET: (self._make_bucket, frozenset({"seaweedfs"})),
            MIGRATIONS: (self._migrate, frozenset({DATABASE})),
        }
        steps = [step for step in self.plan.steps if step.name != PREPARE]
        present = {step.name for step in steps}
        tasks: list[Task] = []
        for step in steps:
            if step.name in fixed:
                run, after = fixed[step.name]
            else:
                component = self.place.blueprint.component(step.name)
                run, after = partial(self._change_component, component), _before(component)
            tasks.append(Task(step, run, after & present))
        return tasks

    def render(self) -> None:
        """Write what supervisord reads: its configuration and a start script for each program."""
        paths, programs = self.place.paths, self.place.programs
        with clear_disk_errors(paths.run):
            for program in programs:
                write_atomically(paths.scripts / program.replica, program.script, mode=0o755)
            write_atomically(paths.scripts / KEEPER, self._keeper_script(), mode=0o755)
            text = render_configuration(programs, paths=paths, logs=self.place.environment.logs)
            write_atomically(paths.run / "supervisord.conf", text, mode=0o600)
        if self.supervisor.answers():
            self.supervisor.reread()

    def _keeper_script(self) -> str:
        paths = self.place.paths
        keeper = Path(__file__).with_name("keeper.py")
        # Neither site nor the virtual environment: it needs the standard library alone, and less memory without them.
        command = [
            *(sys.executable, "-I", "-S", str(keeper)),
            *(str(paths.keeper_file), str(paths.logs / "keeper.log"), str(paths.supervisor_socket)),
            *self.recovery,
        ]
        return f"#!/bin/sh\nexec {shlex.join(command)}\n"

    def _build_editor(self, progress: Progress) -> None:
        paths = self.place.paths
        build_editor(
            paths.editor_source,
            self.place.binaries,
            lock=paths.editor_lock,
            cancellation=self.cancellation,
            progress=progress,
        )

    def _start_supervisor(self, _: Progress) -> None:
        start_supervisord(self.place.paths, cancellation=self.cancellation)

    def _make_cluster(self, progress: Progress) -> None:
        place = self.place
        prepare_home(place.postgres, place.binaries)
        progress("initdb")
        initialise(place.postgres, place.secret("postgresql-superuser"), self.cancellation)

    def _make_database(self, _: Progress) -> None:
        place = self.place
        variables = {
            f"COLLAB_BOOTSTRAP_{component.name.upper()}_PASSWORD": place.secret(f"postgresql-{component.name}")
            for component in place.blueprint.components
            if component.migrates
        }
        run_command(
            "the bootstrap of the database",
            psql_command(place, "--file", "-", database="postgres"),
            cancellation=self.cancellation,
            timeout_s=_BOOTSTRAP_TIMEOUT_S,
            environment={
                **psql_environment(place, _BOOTSTRAP_TIMEOUT_S),
                "COLLAB_BOOTSTRAP_DATABASE": DATABASE_NAME,
                **variables,
            },
            stdin=bootstrap_sql(),
        )
        self.store.applied(DATABASE, wanted_fingerprints(place)[DATABASE])

    def _make_bucket(self, _: Progress) -> None:
        marker = ".collab"  # a bucket comes into being with its first object, for those who may make one
        deadline = time.monotonic() + _READY_TIMEOUT_S
        while True:
            try:
                with object_errors():
                    store = object_store(self.place, timeout_s=_PROBE_TIMEOUT_S * 2, admin=True)
                    store.put(marker, b"")
                break
            except ProbeError as error:
                if time.monotonic() > deadline:
                    raise CollabError(
                        f"the bucket cannot be made: {error}", remedy="See `collab logs seaweedfs`."
                    ) from None
                self.cancellation.pause(0.05)
        self.store.applied(BUCKET, wanted_fingerprints(self.place)[BUCKET])

    def _migrate(self, progress: Progress) -> None:
        wanted = wanted_fingerprints(self.place)

        def migrate(service: str) -> None:
            component = self.place.blueprint.component(service)
            run_command(
                f"the migration of {service}",
                [*python_command(), "collab_kit.migrate", f"collab_{service}"],
                cancellation=self.cancellation,
                timeout_s=_MIGRATION_TIMEOUT_S,
                environment={**clean_environment(self.place.paths.run), **self.place.settings(component, 1)},
                directory=self.place.paths.run,
            )
            self.store.applied(migration_name(service), wanted[migration_name(service)])
            progress(f"{service} is current")

        with ThreadPoolExecutor(len(self.plan.migrate)) as pool:
            for done in [pool.submit(migrate, service) for service in self.plan.migrate]:
                done.result()

    def _change_component(self, component: Component, progress: Progress) -> None:
        change = self.plan.changes[component.name]
        programs = {program.replica: program for program in self.place.programs if program.component == component.name}
        for replica in change.start:
            self._start(programs[replica])
        self._wait_ready(component, change.start, progress)
        # One after the other: the rest goes on serving.
        for replica in change.restart:
            progress(f"restarting {replica}")
            self._stop((replica,))
            self._start(programs[replica])
            self._wait_ready(component, (replica,), progress)
        for replica in change.reload:
            self._write(programs[replica])
            self._reload(replica)
            self._wait_ready(component, (replica,), progress)
        for replica in (*change.start, *change.restart, *change.reload):
            program = programs[replica]
            self.store.applied(replica, program.restart_key)
            self.store.applied(reload_name(replica), program.reload_key if program.reloaded else None)

    def _stop(self, names: Sequence[str]) -> None:
        if not names:
            return
        footprints = self.store.state.programs
        patience_s = max((footprints[name].stop_wait_s for name in names if name in footprints), default=10) + 5
        self.supervisor.request_stop(names)
        left = self.supervisor.wait_stopped(names, timeout_s=patience_s, cancelled=lambda: self.cancellation.cancelled)
        self.cancellation.check()
        if left:
            raise CollabError(f"{', '.join(left)} did not stop within {patience_s} s")
        for name in names:
            self.supervisor.remove(name)
            self.store.applied(name, None)
            self.store.applied(reload_name(name), None)

    def _start(self, program: Program) -> None:
        self.cancellation.check()
        with clear_disk_errors(program.directory):
            if program.component == "postgresql":
                prepare_home(self.place.postgres, self.place.binaries)
                check_version(self.place.postgres, server_major(self.place.binaries))
            else:
                make_directory(program.directory, 0o711 if program.kind == "gateway" else 0o700)
        self._write(program)
        self.supervisor.place(program.replica)
        self.reservation.release([name for name in self.place.ports if name.startswith(f"{program.replica}/")])
        self.supervisor.start(program.replica)

    def _reload(self, replica: str) -> None:
        """nginx says nothing when it cannot take a configuration: what it has taken shows in workers that are new."""
        pid = self.supervisor.processes()[replica].pid
        old = _children(pid)
        self.supervisor.signal(replica, "HUP")
        deadline = time.monotonic() + _RELOAD_TIMEOUT_S
        while not _children(pid) - old:
            if time.monotonic() > deadline:
                raise CollabError(
                    f"{replica} goes on with its old configuration",
                    remedy="See `collab logs gateway`; `collab up` tries again.",
                    details=tuple(last_lines(self.place.paths.logs / f"{replica}.log", 4)),
                )
            self.cancellation.pause(0.05)

    def _write(self, program: Program) -> None:
        old = {path: path.read_text(encoding="utf-8") for path in program.reloaded if path.is_file()}
        with clear_disk_errors(self.place.paths.run):
            for path, text in {**program.files, **program.reloaded}.items():
                write_atomically(path, text, mode=0o600)
                if program.user:
                    shutil.chown(path, program.user)
        if program.kind == "gateway":
            self._test_nginx(program, old)

    def _test_nginx(self, program: Program, old: Mapping[Path, str]) -> None:
        """A refused configuration is taken back: an nginx that runs goes on, and must find the old one at a restart."""
        try:
            run_command(
                "nginx's test of its configuration",
                self.place.nginx.command(self.place.paths.gateway / "nginx.conf", "-t"),
                cancellation=self.cancellation,
                timeout_s=_NGINX_TEST_TIMEOUT_S,
                environment=program.variables,
                directory=program.directory,
            )
        except CollabError:
            for path, text in old.items():
                write_atomically(path, text, mode=0o600)
            raise

    def _wait_ready(self, component: Component, names: Sequence[str], progress: Progress) -> None:
        """Raises :class:`CollabError` with the end of the log, ``PortTaken`` where that is why."""
        deadline = time.monotonic() + _READY_TIMEOUT_S
        ask = probe_start if component.kind == "datastore" else probe
        for name in names:
            seen: set[int] = set()
            while True:
                self.cancellation.check()
                try:
                    ask(self.place, component, name, timeout_s=_PROBE_TIMEOUT_S)
                    break
                except ProbeError as error:
                    why = str(error)
                info = self.supervisor.processes().get(name)
                if info and info.pid:
                    seen.add(info.pid)
                if len(seen) >= _CRASHES or time.monotonic() > deadline:
                    self._give_up(component, name, why, crashed=len(seen) >= _CRASHES)
                self.cancellation.pause(0.05)
            if len(names) > 1:
                progress(f"{name} is ready")

    def _give_up(self, component: Component, name: str, why: str, *, crashed: bool) -> NoReturn:
        own = self.supervisor.processes().get(name)
        ports = {key: port for key, port in self.place.ports.items() if key.startswith(f"{name}/")}
        if intruder := find_intruder(ports, own.pid if own else 0):
            host = self.place.environment.gateway.host if intruder == PUBLIC_PORT else LOOPBACK
            raise PortTaken(intruder, host, ports[intruder])
        raise CollabError(
            f"{name} " + ("keeps exiting" if crashed else f"was not ready within {_READY_TIMEOUT_S:g} s: {why}"),
            remedy=f"See `collab logs {component.name}`; `collab up` tries again.",
            details=tuple(last_lines(self.place.paths.logs / f"{name}.log", 8)),
        )


def _before(component: Component) -> frozenset[str]:
    """A service waits for its schema and its bucket, not just for the servers that hold them."""
    filled = {"postgresql": MIGRATIONS, "seaweedfs": BUCKET}
    after = {SUPERVISOR, *(filled.get(name, name) for name in component.depends_on)}
    if component.kind == "gateway":
        after.add(EDITOR)
    if component.name == "postgresql":
        after.add(CLUSTER)
    return frozenset(after)


def bootstrap_sql() -> str:
    """What makes database, roles and schemas; may be run again."""
    return resources.files("collab_platform.datastores").joinpath("bootstrap.sql").read_text(encoding="utf-8")


def _migrations_fingerprint(service: str) -> str:
    folder = package_folder(f"collab_{service}")
    return tree_fingerprint(folder / "migrations", suffixes=(".sql",)) if folder else ""


def _children(pid: int) -> set[int]:
    """Empty for a process that has ended."""
    try:
        return {child.pid for child in psutil.Process(pid).children()}
    except psutil.NoSuchProcess:
        return set()
