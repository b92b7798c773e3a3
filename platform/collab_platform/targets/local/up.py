"""``up``: make it so, again and again until nothing is left to do."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace

import msgspec

from collab_platform.errors import CollabError, OperatorInterruptError, PreflightError
from collab_platform.files import clear_disk_errors, make_directory, write_atomically
from collab_platform.gateway.memory import make_memory_directory
from collab_platform.secrets import ensure_secrets, keep_given
from collab_platform.targets.base import Observer, Plan, Step, StepEvent, StepState
from collab_platform.targets.local.apply import Applier, wanted_fingerprints
from collab_platform.targets.local.commands import Cancellation
from collab_platform.targets.local.installation import Installation
from collab_platform.targets.local.orphans import find_orphans, stop_orphans, stop_process
from collab_platform.targets.local.paths import Paths
from collab_platform.targets.local.plan import LocalPlan, make_plan, prepare_step
from collab_platform.targets.local.ports import (
    PUBLIC_PORT,
    PortTaken,
    Reservation,
    choose_ports,
    port_holder,
    port_names,
)
from collab_platform.targets.local.programs import Place, python_command
from collab_platform.targets.local.runner import run_tasks
from collab_platform.targets.local.state import State, StateStore
from collab_platform.targets.local.supervisor import supervisord_pid
from collab_platform.targets.lock import environment_lock

_PORT_TRIES = 3
_RECOVERY_GRACE_S = 5.0
_HUNG_SUPERVISOR_S = 5.0


def preview(installation: Installation) -> LocalPlan:
    """What :func:`bring_up` would do. Changes nothing."""
    state = installation.state()
    place = installation.wanted_place(state)
    return make_plan(
        place.blueprint,
        place.programs,
        wanted=wanted_fingerprints(place),
        observed=installation.observe(place, state),
    )


def bring_up(
    installation: Installation, observe: Observer, *, recovering: bool = False, wait_for_lock_s: float = 0.5
) -> Plan:
    """Carry the plan out; what was planned. An automatic port that somebody took meanwhile is chosen anew.

    ``recovering``: do nothing if the environment is to be down by now, and leave the editor as it is.
    """
    command = "recovery" if recovering else "collab up"
    with environment_lock(installation.paths.state, command, wait_s=wait_for_lock_s):
        store = StateStore(installation.paths.state_file, installation.name)
        if recovering and store.state.wanted != "up":
            return Plan(steps=())
        try:
            for _ in range(_PORT_TRIES):
                try:
                    with Reservation() as reservation:
                        return _Up(installation, store, reservation, observe, recovering=recovering).run()
                except PortTaken as taken:
                    _forget_port(installation, store, taken)
        except KeyboardInterrupt:
            raise _interrupted(store.state) from None
    raise PreflightError("ports of this machine are taken as fast as they are chosen", remedy="Run `collab up` again.")


class _Up:
    def __init__(
        self,
        installation: Installation,
        store: StateStore,
        reservation: Reservation,
        observe: Observer,
        *,
        recovering: bool,
    ) -> None:
        self._it = installation
        self._store = store
        self._reservation = reservation
        self._observe = observe
        self._recovering = recovering
        self._cancellation = Cancellation()

    def run(self) -> Plan:
        prepared, place = self._prepare()
        observed = self._it.observe(place, self._store.state)
        if self._recovering:
            observed = replace(observed, editor_is_current=True)
        plan = make_plan(place.blueprint, place.programs, wanted=wanted_fingerprints(place), observed=observed)
        applier = Applier(
            place=place,
            plan=plan,
            supervisor=self._it.supervisor,
            store=self._store,
            reservation=self._reservation,
            cancellation=self._cancellation,
            recovery=recovery_command(self._it.paths),
        )
        if plan.plan.changes:
            applier.render()
        tasks = applier.tasks()
        run_tasks(tasks, observe=self._observe, record=self._store.record, cancellation=self._cancellation)
        footprints = {program.replica: program.footprint for program in place.programs}
        self._store.update(lambda state: msgspec.structs.replace(state, programs=footprints))
        return Plan(steps=(prepared, *(task.step for task in tasks)))

    def _prepare(self) -> tuple[Step, Place]:
        """Folders, secrets, ports and certificate: what every program needs before it can even be described."""
        started = time.monotonic()
        paths, state = self._it.paths, self._store.state
        place = self._it.wanted_place(state)
        step = prepare_step(self._it.observe(place, state))

        def tell(what: StepState, message: str = "") -> None:
            elapsed_s = round(time.monotonic() - started, 3)
            self._observe(StepEvent(step=step.name, title=step.title, state=what, elapsed_s=elapsed_s, message=message))

        if step.action != "none":
            tell("started", step.reason)
        make_folders(paths)
        running = {name for name, info in (self._it.processes() or {}).items() if info.is_running}
        if not self._it.supervisor.answers():
            self._clear_leftovers(lambda message: tell("progress", message))
        with clear_disk_errors(paths.secrets):
            ensure_secrets(place.blueprint.secrets, paths.secrets)
            if not self._recovering:
                keep_given(place.given, paths.secrets)
                _keep_authorities(place)
        ports = self._choose_ports(place, running)
        place = self._it.wanted_place(state, ports=ports, postgres=place.postgres)
        if place.environment.gateway.tls != "off":
            from collab_platform.gateway import ensure_certificate  # noqa: PLC0415 - only where there is TLS

            ensure_certificate(place.tls_directory, place.certificate_names)
        footprints = {program.replica: program.footprint for program in place.programs}
        settings = msgspec.to_builtins(place.environment)
        self._store.update(
            lambda old: msgspec.structs.replace(
                old,
                wanted="up",
                settings=settings,
                ports=dict(place.ports),
                postgres=place.postgres,
                programs={**old.programs, **footprints},
            )
        )
        tell("unchanged" if step.action == "none" else "done")
        return step, place

    def _choose_ports(self, place: Place, running: set[str]) -> dict[str, int]:
        fixed = place.environment.gateway.port
        try:
            return choose_ports(
                port_names(place.blueprint),
                remembered=self._store.state.ports,
                running=running,
                public_host=place.environment.gateway.host,
                public_port=fixed,
                reservation=self._reservation,
            )
        except PortTaken as taken:
            raise port_taken_error(taken) from None

    def _clear_leftovers(self, told: Callable[[str], None]) -> None:
        """Stop a supervisord that no longer answers, and what a lost one left behind."""
        if pid := supervisord_pid(self._it.paths):
            told("stopping a supervisor that does not answer")
            stop_process(pid, grace_s=_HUNG_SUPERVISOR_S)
        stop_orphans(find_orphans(self._store.state.programs), grace_s=_RECOVERY_GRACE_S, told=told)


def make_folders(paths: Paths) -> None:
    """Every folder of an environment. PostgreSQL's and nginx's users pass through some; none can list them."""
    with clear_disk_errors(paths.state):
        for folder in (paths.state, paths.data, paths.run, paths.scripts, paths.work):
            make_directory(folder, 0o711)
        for folder in (paths.logs, paths.gateway):
            make_directory(folder, 0o700)
        make_directory(paths.sockets, 0o711 if paths.sockets == paths.run else 0o700)
    if paths.memory is not None:
        make_memory_directory(paths.memory)
    if paths.sockets.stat().st_uid != os.getuid() or paths.sockets.is_symlink():
        raise CollabError(
            f"{paths.sockets} belongs to somebody else", remedy="Set COLLAB_STATE_DIR to a folder with a shorter path."
        )


def _keep_authorities(place: Place) -> None:
    if place.authorities:
        write_atomically(place.paths.authorities, place.authorities)
    else:
        place.paths.authorities.unlink(missing_ok=True)


def recovery_command(paths: Paths) -> tuple[str, ...]:
    """What the keeper runs when supervisord has gone."""
    module = "collab_platform.targets.local.recover"
    return (*python_command(), module, str(paths.state), str(paths.root))


def port_taken_error(taken: PortTaken) -> CollabError:
    """Of a port that the operator fixed."""
    return PreflightError(
        f"gateway.port {taken.port} on {taken.host} is taken by {port_holder(taken.port)}",
        remedy="Stop that process, choose another port (`--set gateway.port=8090`), or let collab choose (0).",
    )


def _forget_port(installation: Installation, store: StateStore, taken: PortTaken) -> None:
    if taken.name == PUBLIC_PORT and installation.environment.gateway.port:
        raise port_taken_error(taken) from None
    store.update(
        lambda state: msgspec.structs.replace(
            state, ports={name: port for name, port in state.ports.items() if name != taken.name}
        )
    )


def _interrupted(state: State) -> OperatorInterruptError:
    words = {"done": "stands", "started": "was under way", "interrupted": "was under way", "failed": "failed"}
    return OperatorInterruptError(
        "interrupted",
        remedy="Run `collab up` again: it goes on where it stopped. `collab down` stops what already runs.",
        details=tuple(f"{name}: {words[record.outcome]}" for name, record in state.steps.items()),
    )
