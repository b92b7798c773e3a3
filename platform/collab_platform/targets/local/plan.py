"""What has to happen for an environment to be as wanted: a pure comparison of what is wanted with what stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from collab_platform.blueprint import Blueprint
from collab_platform.targets.base import Action, Plan, Step
from collab_platform.targets.local.programs import Program
from collab_platform.targets.local.supervisor import ProcessInfo

PREPARE, EDITOR, SUPERVISOR, CLUSTER = "prepare", "editor", "supervisor", "cluster"
DATABASE, BUCKET, MIGRATIONS, OBSOLETE = "database", "bucket", "migrations", "obsolete"
_TITLES = {
    PREPARE: "Folders, secrets and ports",
    EDITOR: "Editor",
    SUPERVISOR: "Process supervisor",
    CLUSTER: "PostgreSQL cluster",
    DATABASE: "Database, roles and schemas",
    BUCKET: "Object storage bucket",
    MIGRATIONS: "Database migrations",
    OBSOLETE: "Replicas no longer wanted",
    "postgresql": "PostgreSQL",
    "valkey": "Valkey (event bus)",
    "seaweedfs": "SeaweedFS (object storage)",
    "gateway": "Gateway",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What stands. ``applied`` are the fingerprints of what was last made real, as in the state file; ``missing`` the
    ports that are not chosen and the secrets that are not made."""

    missing: tuple[str, ...] = ()
    supervised: bool = False
    processes: Mapping[str, ProcessInfo] = field(default_factory=dict[str, ProcessInfo])
    applied: Mapping[str, str] = field(default_factory=dict[str, str])
    editor_is_current: bool = False
    has_database: bool = False
    has_objects: bool = False

    def is_running(self, replica: str) -> bool:
        info = self.processes.get(replica)
        return info is not None and info.is_running


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What happens to the replicas of one component."""

    start: tuple[str, ...] = ()
    restart: tuple[str, ...] = ()
    reload: tuple[str, ...] = ()

    @property
    def action(self) -> Action:
        if self.restart:
            return "restart"
        if self.reload:
            return "update"
        return "start" if self.start else "none"

    @property
    def reason(self) -> str:
        parts = {"start": self.start, "restart": self.restart, "reload": self.reload}
        return ", ".join(f"{verb} {' '.join(names)}" for verb, names in parts.items() if names)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalPlan:
    """The steps, and for each component what happens to its replicas. ``migrate`` are the services whose
    schema changes, ``obsolete`` the replicas that nobody wants any more."""

    steps: tuple[Step, ...]
    changes: Mapping[str, Change]
    migrate: tuple[str, ...]
    obsolete: tuple[str, ...]

    @property
    def plan(self) -> Plan:
        return Plan(steps=self.steps)

    def step(self, name: str) -> Step:
        """Raises ``KeyError``."""
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)


def reload_name(replica: str) -> str:
    """Under which name the fingerprint of what a replica has reloaded is kept."""
    return f"{replica}:reloaded"


def migration_name(component: str) -> str:
    return f"{MIGRATIONS}:{component}"


def make_plan(
    blueprint: Blueprint,
    programs: tuple[Program, ...],
    *,
    wanted: Mapping[str, str],
    observed: Observed,
) -> LocalPlan:
    """``wanted`` has the fingerprints of what is no program: the database, the bucket, each service's migrations."""
    by_component = {
        component.name: tuple(program for program in programs if program.component == component.name)
        for component in blueprint.components
    }
    changes = {name: _change(own, observed) for name, own in by_component.items()}
    names = {program.replica for program in programs}
    obsolete = tuple(name for name in observed.processes if name not in names)
    stale = {
        name
        for name, value in wanted.items()
        if observed.applied.get(name) != value
        or (name == BUCKET and not observed.has_objects)
        or (name != BUCKET and not observed.has_database)
    }
    migrate = tuple(component.name for component in blueprint.components if migration_name(component.name) in stale)
    steps = [
        prepare_step(observed),
        _step(
            EDITOR,
            "none" if observed.editor_is_current else "update",
            "" if observed.editor_is_current else "its sources are newer than what is built",
        ),
        _step(SUPERVISOR, "none" if observed.supervised else "start"),
        *([] if observed.has_database else [_step(CLUSTER, "create")]),
        *(_component_step(name, changes[name], observed) for name in _of_kind(blueprint, "datastore")),
        _step(DATABASE, _made(DATABASE in stale, observed.has_database)),
        _step(BUCKET, _made(BUCKET in stale, observed.has_objects)),
        _step(MIGRATIONS, _made(bool(migrate), observed.has_database), " ".join(migrate)),
        *(_component_step(name, changes[name], observed) for name in _of_kind(blueprint, "service", "gateway")),
        *([_step(OBSOLETE, "remove", "stop " + " ".join(obsolete))] if obsolete else []),
    ]
    return LocalPlan(steps=tuple(steps), changes=changes, migrate=migrate, obsolete=obsolete)


def prepare_step(observed: Observed) -> Step:
    """The step that precedes all others."""
    if not observed.missing:
        return _step(PREPARE, "none")
    if not observed.applied:
        return _step(PREPARE, "create")
    return _step(PREPARE, "update", "for " + " ".join(observed.missing))


def _change(own: tuple[Program, ...], observed: Observed) -> Change:
    start: list[str] = []
    restart: list[str] = []
    reload: list[str] = []
    for program in own:
        if not observed.is_running(program.replica):
            start.append(program.replica)
        elif observed.applied.get(program.replica) != program.restart_key:
            restart.append(program.replica)
        elif program.reloaded and observed.applied.get(reload_name(program.replica)) != program.reload_key:
            reload.append(program.replica)
    return Change(start=tuple(start), restart=tuple(restart), reload=tuple(reload))


def _component_step(name: str, change: Change, observed: Observed) -> Step:
    known = any(applied.rpartition("-")[0] == name for applied in observed.applied)
    action: Action = "create" if change.action == "start" and not known else change.action
    return _step(name, action, change.reason if action != "create" else "")


def _step(name: str, action: Action, reason: str = "") -> Step:
    return Step(name=name, title=_TITLES.get(name, f"Service {name}"), action=action, reason=reason)


def _made(is_stale: bool, exists: bool) -> Action:
    return "none" if not is_stale else "update" if exists else "create"


def _of_kind(blueprint: Blueprint, *kinds: str) -> list[str]:
    return [component.name for component in blueprint.components if component.kind in kinds]
