"""The Job that brings the schemas up to date, and those who wait for it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cluster.charts.cases import CASES, FIRST_INSTALL, OWN_KEY, SERVICES
from tests.cluster.charts.objects import environment, mount, name_of, of_kind, one, pods, volumes
from tests.cluster.charts.rendering import Manifest, Values, merged, render

SCHEMAS = ["auth", "user", "document", "collaboration"]


def job(*layers: Values) -> Manifest:
    manifests = render("services", merged(CASES["defaults"]["services"], OWN_KEY["services"], *layers))
    [found] = of_kind(manifests, "Job")
    return found


def steps(manifest: Manifest) -> list[dict[str, Any]]:
    """In the order in which they run."""
    spec = manifest["spec"]["template"]["spec"]
    return [*spec["initContainers"], *spec["containers"]]


def test_steps_run_in_order_and_only_where_wanted() -> None:
    assert [step["name"] for step in steps(job())] == SCHEMAS
    whole = steps(job(FIRST_INSTALL["services"]))
    assert [step["name"] for step in whole] == ["bootstrap", "bucket", *SCHEMAS]
    assert [step["command"] for step in whole] == [
        ["collab-bootstrap"],
        ["python", "-m", "collab_kit.bucket"],
        *(["python", "-m", "collab_kit.migrate", f"collab_{name}"] for name in SCHEMAS),
    ]
    assert len(job()["spec"]["template"]["spec"]["containers"]) == 1


def test_each_step_sees_its_own_secret_alone() -> None:
    manifest = job(FIRST_INSTALL["services"])
    sources = volumes(manifest["spec"]["template"])
    seen = {
        step["name"]: sources[mount(step, "/run/secrets/collab")["name"]]["secret"]["secretName"]
        for step in steps(manifest)
    }
    assert seen == {name: f"{name}-secrets" for name in ("bootstrap", "bucket", *SCHEMAS)}
    for name in SCHEMAS:
        assert [item["key"] for item in sources[name]["secret"]["items"]] == [f"postgresql-{name}"]


def test_a_step_over_tls_knows_whom_to_trust() -> None:
    for inside in (True, False):
        for step in steps(job(FIRST_INSTALL["services"], {"tls": {"inside": inside}})):
            trusted = {"/run/trust/ca.crt"} & set(environment(step).values())
            assert bool(trusted) == inside, step["name"]


@pytest.mark.parametrize(
    "change",
    [
        {"image": {"digest": "sha256:" + "1" * 64}},
        {"migrations": {"activeDeadlineSeconds": 901}},
        {"migrations": {"bucket": {"enabled": True}}},
        {"services": {"user": {"settings": {"COLLAB_DATABASE_URL": "postgresql://collab_user@other/collab"}}}},
        {"tls": {"inside": False}},
    ],
)
def test_what_changes_a_step_makes_a_new_job(change: Values) -> None:
    assert name_of(job(change)) != name_of(job())


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"services": {"user": {"settings": {"COLLAB_LOG_LEVEL": "debug"}, "replicas": 9}}},
        {"services": {"auth": {"network": {"enabled": False}}}},
        {"defaultDeny": False},
    ],
)
def test_what_changes_no_step_keeps_the_job(change: Values) -> None:
    assert job(change) == job()


def test_trying_again_has_an_end_and_a_wrong_configuration_ends_it_at_once() -> None:
    spec = job()["spec"]
    assert (spec["backoffLimit"], spec["activeDeadlineSeconds"]) == (4, 900)
    [rule] = spec["podFailurePolicy"]["rules"]
    assert rule == {"action": "FailJob", "onExitCodes": {"operator": "In", "values": [78]}}
    assert spec["template"]["spec"]["restartPolicy"] == "Never"


def test_every_service_waits_for_its_own_schema(installed: list[Manifest]) -> None:
    waiting = {
        name_of(owner): pod["spec"]["initContainers"][0]["command"]
        for owner, pod in pods(installed)
        if name_of(owner) in SERVICES
    }
    assert waiting == {name: ["python", "-m", "collab_kit.migrate", "--wait", f"collab_{name}"] for name in SERVICES}


def test_a_wait_is_told_where_the_database_is_and_no_more(defaults: list[Manifest]) -> None:
    [wait] = one(defaults, "Deployment", "auth")["spec"]["template"]["spec"]["initContainers"]
    assert environment(wait).keys() == {"COLLAB_DATABASE_URL", "COLLAB_DATABASE_PASSWORD_FILE", "COLLAB_CA_FILE"}


def test_without_migrations_there_is_no_job() -> None:
    manifests = render("services", CASES["no-migrations"]["services"])
    assert of_kind(manifests, "Job") == []
    assert [name_of(manifest) for manifest in manifests if name_of(manifest).startswith("migrate")] == []
