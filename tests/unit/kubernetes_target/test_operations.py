"""Which engine commands an operation becomes, in which order, and what is told when one ends early."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from collab_platform.environment import load
from collab_platform.errors import CollabError, NotRunningError
from collab_platform.targets.base import StepEvent
from collab_platform.targets.kubernetes.backend import prepare
from collab_platform.targets.kubernetes.installation import Installation
from collab_platform.targets.kubernetes.operations import bring_up, drift, outputs, refresh, take_down
from tests.unit.kubernetes_target.conftest import BASE, Play
from tests.unit.kubernetes_target.fake_pulumi import calls
from tests.unit.kubernetes_target.test_stacks import CLOUD

SUMMARY: dict[str, Any] = {
    "kind": "update",
    "startTime": "2026-03-01T12:00:00.000Z",
    "message": "",
    "environment": {},
    "config": {},
    "result": "succeeded",
}
URN = "urn:pulumi:team::collab-apps::kubernetes:{}::{}"
LEFT = {
    "deployment": {
        "resources": [
            {"urn": URN.format("core/v1:Namespace", "collab"), "protect": True},
            {"urn": "urn:pulumi:team::collab-apps::pulumi:index:Stash::redis", "protect": True},
            {"urn": URN.format("apps/v1:Deployment", "auth")},
        ],
        "pending_operations": [{"resource": {"urn": URN.format("apps/v1:Deployment", "auth")}, "type": "creating"}],
    }
}
WELL: dict[str, dict[str, Any]] = {
    "stack history": {"stdout": json.dumps([SUMMARY])},
    "stack output": {"stdout": json.dumps({"url": "https://docs.example.org", "token": "[secret]", "ports": [1]})},
    "stack export": {"stdout": "{}"},
}


@pytest.fixture(autouse=True)
def no_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLLAB_KUBECTL", "/no/such/kubectl")


@pytest.fixture
def everything(project: Path) -> Installation:
    """An environment with every stack, on a backend that exists."""
    (project / "environments" / "team.toml").write_text(BASE + CLOUD)
    installation = Installation(load("team", root=project, variables={}, flags={}), root=project)
    prepare(installation.environment, installation.places)
    return installation


def acts(folder: Path, *verbs: str) -> list[list[str]]:
    return [call["argv"][1:] for call in calls(folder) if call["argv"][1:2] and call["argv"][1] in verbs]


def worked_on(folder: Path, verb: str) -> list[str]:
    """The stacks that a verb was for, in order."""
    entries = (folder / "calls.jsonl").read_text().splitlines()
    return [Path(call["cwd"]).name for call in map(json.loads, entries) if verb in call["argv"]]


def test_up_goes_through_the_stacks_in_order_and_shows_no_secrets(everything: Installation, engine: Play):
    folder = engine(WELL)
    bring_up(everything, lambda _: None)
    assert worked_on(folder, "up") == ["data", "edge", "apps", "observability"]
    for argv in acts(folder, "up"):
        assert {"--yes", "--skip-preview", "--suppress-outputs"} <= set(argv)
        assert any(each.startswith("--client=127.0.0.1:") for each in argv), "the program runs within this process"
    assert not [argv for argv in acts(folder, "stack") if "history" in argv and "--show-secrets" in argv]


def test_down_goes_back_and_keeps_what_holds_data(everything: Installation, engine: Play):
    folder = engine({**WELL, "stack export": {"stdout": json.dumps(LEFT)}})
    left = take_down(everything, lambda _: None, purge=False)
    assert worked_on(folder, "destroy") == ["observability", "apps", "edge"]
    assert all("--exclude-protected" in argv for argv in acts(folder, "destroy"))
    assert not acts(folder, "state")
    assert "stack data: it holds data" in left
    assert "Namespace collab" in left
    assert any("secrets in the state" in each for each in left)
    assert any("volumes of the namespace" in each for each in left), "the cluster did not answer: that is said"


def test_a_purge_lifts_the_protection_but_not_of_production_data(everything: Installation, engine: Play):
    folder = engine(WELL)
    left = take_down(everything, lambda _: None, purge=True)
    assert worked_on(folder, "destroy") == ["observability", "apps", "edge"]
    assert not [argv for argv in acts(folder, "destroy") if "--exclude-protected" in argv]
    assert [argv[1:4] for argv in acts(folder, "state")] == [["unprotect", "--all", "--yes"]] * 3
    (kept,) = left
    assert "production data are not purged" in kept
    assert everything.places.passphrase.is_file(), "the state of what stays must be readable"


def test_a_failure_tells_what_was_under_way_and_how_to_go_on(everything: Installation, engine: Play):
    engine(
        {
            **WELL,
            "stack export": {"stdout": json.dumps(LEFT)},
            "up": {"code": 255, "stderr": "error: the cluster is on fire\n"},
        }
    )
    heard: list[StepEvent] = []
    with pytest.raises(CollabError, match="stack data: the cluster is on fire") as caught:
        bring_up(everything, heard.append)
    assert "under way when it ended: creating Deployment auth" in caught.value.details
    assert "collab refresh" in caught.value.remedy
    assert heard[0].message == "left under way: creating Deployment auth", "what an earlier command left is told"


def test_a_missing_plugin_is_told_as_such(everything: Installation, engine: Play):
    engine({**WELL, "up": {"code": 255, "stderr": "error: no resource plugin 'pulumi-resource-aws' found\n"}})
    with pytest.raises(CollabError, match="plugin of Pulumi is missing") as caught:
        bring_up(everything, lambda _: None)
    assert caught.value.exit_code == 7


def test_refresh_forgets_only_when_told(everything: Installation, engine: Play):
    folder = engine(WELL)
    refresh(everything, lambda _: None, clear_pending=False)
    refresh(everything, lambda _: None, clear_pending=True)
    forgets = ["--clear-pending-creates" in argv for argv in acts(folder, "refresh")]
    assert forgets == [False] * 4 + [True] * 4
    assert all("--run-program=false" in argv for argv in acts(folder, "refresh"))


def test_outputs_leave_secrets_out(everything: Installation, engine: Play):
    engine(WELL)
    found = outputs(everything)
    assert found["apps.url"] == "https://docs.example.org"
    assert found["data.ports"] == "[1]"
    assert not [name for name in found if name.endswith("token")]


def test_what_was_never_up_has_not_drifted(installation: Installation, engine: Play):
    engine(WELL)
    with pytest.raises(NotRunningError, match="never brought up"):
        drift(installation)
    with pytest.raises(NotRunningError, match="never brought up"):
        refresh(installation, lambda _: None, clear_pending=False)
