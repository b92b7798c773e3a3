"""Commands for what others change or leave behind: drift, refresh, outputs, unlock; what preview and down add."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest

from collab_platform.targets.base import LogQuery, Step
from tests.unit.cli.scripted import TITLES, ScriptedTarget, collab

DRIFTED = Step(
    name="apps/Deployment/auth",
    title="Deployment auth",
    action="update",
    reason="changed by others",
    changes=("~ spec.replicas: 1 -> 5",),
)


def document(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return json.loads(capsys.readouterr().out)


def test_drift_has_the_exit_code_of_changes(capsys: pytest.CaptureFixture[str]):
    assert collab(ScriptedTarget(changed_by_others=[DRIFTED]), "drift") == 3
    shown = capsys.readouterr().out
    assert "Deployment auth" in shown
    assert "spec.replicas: 1 -> 5" in shown
    assert collab(ScriptedTarget(), "drift") == 0
    assert "is as `up` left it" in capsys.readouterr().out


def test_drift_as_a_document(capsys: pytest.CaptureFixture[str]):
    assert collab(ScriptedTarget(changed_by_others=[DRIFTED]), "drift", "-o", "json") == 3
    found = document(capsys)
    assert (found["schema"], found["changes"]) == ("collab/drift/v1", 1)
    assert found["steps"][0]["changes"] == ["~ spec.replicas: 1 -> 5"]


def test_refresh_hands_on_whether_to_forget(capsys: pytest.CaptureFixture[str]):
    target = ScriptedTarget(changed_by_others=[DRIFTED])
    assert collab(target, "refresh", "--clear-pending", "-o", "json") == 0
    assert target.calls == [("refresh", True)]
    assert document(capsys)["changes"] == 1


def test_outputs_all_or_one(capsys: pytest.CaptureFixture[str]):
    assert collab(ScriptedTarget(), "outputs") == 0
    assert "editor  http://127.0.0.1:8080\n" in capsys.readouterr().out
    assert collab(ScriptedTarget(), "outputs", "editor") == 0
    assert capsys.readouterr().out == "http://127.0.0.1:8080\n"
    assert collab(ScriptedTarget(), "outputs", "editr") == 2
    assert "did you mean `editor`?" in capsys.readouterr().err


def test_unlock_asks_first_and_says_what_it_freed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stdin", StringIO())
    target = ScriptedTarget(locked=("stack apps, held by ada@host (pid 7) for 3 min",))
    assert collab(target, "unlock") == 2
    assert target.calls == []
    assert collab(target, "unlock", "--yes") == 0
    assert "ada@host (pid 7) for 3 min" in capsys.readouterr().out


def test_a_broken_policy_fails_the_preview_and_stops_up(capsys: pytest.CaptureFixture[str]):
    target = ScriptedTarget(violations=("Pod x: no-latest-image: name a tag",))
    assert collab(target, "preview") == 1
    assert "breaks a policy: Pod x" in capsys.readouterr().out
    assert collab(target, "up") == 1
    assert "no-latest-image" in capsys.readouterr().err
    assert "up" not in target.calls


def test_down_says_what_stays(capsys: pytest.CaptureFixture[str]):
    target = ScriptedTarget(standing=set(TITLES), leftovers=("volume data-postgresql-0 (10Gi)",))
    assert collab(target, "down") == 0
    assert "stays: volume data-postgresql-0 (10Gi)" in capsys.readouterr().out
    assert collab(target, "down", "--purge", "--yes", "-o", "json") == 0
    assert document(capsys)["leftovers"] == ["volume data-postgresql-0 (10Gi)"]


def test_logs_of_what_ran_before(capsys: pytest.CaptureFixture[str]):
    target = ScriptedTarget()
    assert collab(target, "logs", "auth", "--previous") == 0
    (query,) = target.calls
    assert isinstance(query, LogQuery)
    assert query.previous
    assert collab(target, "logs", "--previous", "--follow") == 2
    assert "exclude each other" in capsys.readouterr().err
