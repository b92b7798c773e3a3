"""The plan is the difference between what is wanted and what stands, and nothing else."""

from dataclasses import replace
from pathlib import Path

import pytest

from collab_platform.environment import Environment
from collab_platform.environment.schema import Collaboration, Gateway, Services, Valkey
from collab_platform.targets.local.apply import wanted_fingerprints
from collab_platform.targets.local.plan import LocalPlan, Observed, make_plan, reload_name
from collab_platform.targets.local.programs import Place
from collab_platform.targets.local.supervisor import ProcessInfo
from tests.unit.platform.places import make_place


def running(name: str) -> ProcessInfo:
    return ProcessInfo(name=name, state="RUNNING", pid=1, started=1, message="")


def standing(place: Place) -> Observed:
    """Everything as ``place`` wants it."""
    applied = {program.replica: program.restart_key for program in place.programs}
    reloaded = {reload_name(program.replica): program.reload_key for program in place.programs if program.reloaded}
    return Observed(
        supervised=True,
        processes={program.replica: running(program.replica) for program in place.programs},
        applied={**applied, **reloaded, **wanted_fingerprints(place)},
        editor_is_current=True,
        has_database=True,
        has_objects=True,
    )


def plan(place: Place, observed: Observed) -> LocalPlan:
    return make_plan(place.blueprint, place.programs, wanted=wanted_fingerprints(place), observed=observed)


def actions(made: LocalPlan) -> dict[str, str]:
    return {step.name: step.action for step in made.plan.changes}


def change(folder: Path, environment: Environment) -> dict[str, str]:
    """What changes when the default environment stands and this one is wanted."""
    return actions(plan(make_place(folder, environment), standing(make_place(folder))))


def test_nothing_is_to_do_where_all_stands(tmp_path: Path):
    place = make_place(tmp_path)
    assert plan(place, standing(place)).plan.changes == ()


def test_everything_is_created_where_nothing_is(tmp_path: Path):
    made = plan(make_place(tmp_path), Observed(missing=("everything",)))
    assert all(step.action in {"create", "start", "update"} for step in made.steps)
    assert made.migrate == ("auth", "user", "document", "collaboration")
    names = [step.name for step in made.steps]
    assert names.index("cluster") < names.index("postgresql") < names.index("migrations") < names.index("auth")
    assert names[-1] == "gateway"


def test_after_down_things_are_started_not_made(tmp_path: Path):
    place = make_place(tmp_path)
    stood = standing(place)
    made = plan(
        place,
        Observed(applied=stood.applied, editor_is_current=True, has_database=True, has_objects=True),
    )
    assert set(actions(made).values()) == {"start"}
    assert made.migrate == ()


def test_more_replicas_start_beside_those_that_run_and_the_gateway_reloads(tmp_path: Path):
    wanted = make_place(tmp_path, Environment(collaboration=Collaboration(replicas=3)))
    stood = standing(wanted)
    one = {name: info for name, info in stood.processes.items() if name not in {"collaboration-2", "collaboration-3"}}
    applied = {**stood.applied, reload_name("gateway-1"): "with one"}
    made = plan(wanted, replace(stood, processes=one, applied=applied))
    assert actions(made) == {"collaboration": "start", "gateway": "update"}
    assert made.changes["collaboration"].start == ("collaboration-2", "collaboration-3")


def test_fewer_replicas_stop_after_the_gateway_has_let_go(tmp_path: Path):
    place = make_place(tmp_path)
    stood = standing(place)
    extra = {**stood.processes, "collaboration-2": running("collaboration-2")}
    made = plan(place, replace(stood, processes=extra))
    assert actions(made) == {"obsolete": "remove"}
    assert made.obsolete == ("collaboration-2",)
    assert made.steps[-1].name == "obsolete"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        (Environment(gateway=Gateway(request_rate_per_s=7)), {"gateway": "update"}),
        (Environment(valkey=Valkey(max_memory_mb=128)), {"valkey": "restart"}),
        (
            Environment(services=Services(log_level="debug")),
            {"auth": "restart", "user": "restart", "document": "restart", "collaboration": "restart"},
        ),
        (Environment(collaboration=Collaboration(ticket_ttl_s=60)), {"document": "restart"}),
    ],
)
def test_only_what_changed_is_touched(tmp_path: Path, environment: Environment, expected: dict[str, str]):
    assert change(tmp_path, environment) == expected


def test_a_program_that_is_down_is_started(tmp_path: Path):
    place = make_place(tmp_path)
    stood = standing(place)
    stopped = ProcessInfo(name="auth-1", state="STOPPED", pid=0, started=0, message="")
    made = plan(place, replace(stood, processes={**stood.processes, "auth-1": stopped}))
    assert actions(made) == {"auth": "start"}


def test_a_new_migration_runs_for_its_service_alone(tmp_path: Path):
    place = make_place(tmp_path)
    stood = standing(place)
    made = plan(place, replace(stood, applied={**stood.applied, "migrations:user": "older"}))
    assert actions(made) == {"migrations": "update"}
    assert made.migrate == ("user",)


def test_a_database_that_was_removed_is_made_again(tmp_path: Path):
    place = make_place(tmp_path)
    made = plan(place, replace(standing(place), has_database=False))
    assert {"cluster", "database", "migrations"} <= set(actions(made))
