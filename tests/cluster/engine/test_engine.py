"""The kubernetes target through the real Pulumi engine: up, no-op, drift, resume, refresh, unlock, down.

Needs ``pulumi`` and its plugin ``kubernetes``; nothing could stand for them, so without them it is skipped.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import pytest

from collab_platform.images.lock import ImageSet, write_images
from tests.cluster.e2e.images import images_of_this_checkout
from tests.cluster.node import Cluster

COMMAND_TIMEOUT_S = 900


def missing() -> str:
    """Why the engine cannot be driven here; nothing where it can."""
    engine = shutil.which(os.environ.get("COLLAB_PULUMI") or "pulumi")
    if engine is None:
        return "no `pulumi` on PATH"
    if shutil.which("pulumi-resource-kubernetes"):
        return ""
    done = subprocess.run([engine, "plugin", "ls", "--json"], capture_output=True, text=True, timeout=60, check=False)
    plugins: list[dict[str, Any]] = json.loads(done.stdout or "[]") if done.returncode == 0 else []
    return "" if any(plugin["name"] == "kubernetes" for plugin in plugins) else "Pulumi has no plugin `kubernetes`"


pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "it is there")


class Commands:
    """``collab`` for one environment, in a project and a namespace of its own."""

    def __init__(self, cluster: Cluster, root: Path, images: ImageSet) -> None:
        self.cluster, self.root, self.name = cluster, root, f"engine-{secrets.token_hex(3)}"
        (root / "environments").mkdir(parents=True)
        (root / "environments" / f"{self.name}.toml").write_text(
            f"""version = 1
target = "kubernetes"
[site]
public_url = "https://{cluster.address}"
[kubernetes]
namespace = "{self.name}"
kubeconfig = "{cluster.kubeconfig}"
service_type = "LoadBalancer"
gateway_replicas = 1
web_replicas = 1
"""
        )
        write_images(root, self.name, images.images)

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {"COLLAB_PROJECT": str(self.root), "COLLAB_ENV": self.name, "PYTHONWARNINGS": "ignore"}

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "collab_cli", *arguments]

    def run(self, *arguments: str, expect: int = 0) -> Mapping[str, Any]:
        done = subprocess.run(
            self.command(*arguments, "-o", "json"),
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
            check=False,
        )
        assert done.returncode == expect, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return json.loads(done.stdout)

    def kubectl(self, *arguments: str) -> str:
        return self.cluster.kubectl(f"--namespace={self.name}", *arguments)

    def purge(self) -> None:
        """Whatever a test has left of it."""
        for arguments in (("unlock", "--yes"), ("down", "--purge", "--yes")):
            subprocess.run(
                self.command(*arguments),
                env=self.environment,
                capture_output=True,
                timeout=COMMAND_TIMEOUT_S,
                check=False,
            )
        self.cluster.kubectl("delete", "namespace", self.name, "--ignore-not-found", "--wait=false")


@pytest.fixture(scope="module")
def collab(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Generator[Commands]:
    commands = Commands(cluster, tmp_path_factory.mktemp("engine"), images_of_this_checkout(cluster))
    try:
        yield commands
    finally:
        commands.purge()


def changed(document: Mapping[str, Any]) -> dict[str, str]:
    return {step["title"]: step["action"] for step in document["steps"] if step["action"] != "none"}


def test_the_whole_life_of_an_environment(collab: Commands):
    """In one test: each step stands on the one before."""
    _first_up(collab)
    _nothing_to_do(collab)
    _drift(collab)
    _interrupted(collab)
    _locked(collab)
    _down_and_up_again(collab)
    _purge(collab)


def _first_up(collab: Commands) -> None:
    plan = collab.run("preview", expect=3)
    created = changed(plan)
    assert created[f"Namespace {collab.name}"] == "create"
    assert created["Deployment gateway"] == "create", "a chart's children are seen before there is anything"
    assert plan["violations"] == []
    assert not (collab.root / ".collab" / collab.name / "pulumi").exists(), "a preview makes no stack"
    done = collab.run("up")
    assert done["changed"]
    assert "Deployment auth" in {step["title"] for step in done["steps"]}
    assert [check for check in done["checks"] if check["outcome"] == "failed"] == []
    assert collab.run("status")["state"] == "healthy"
    assert collab.run("outputs")["outputs"]["apps.namespace"] == collab.name
    log = (collab.root / ".collab" / collab.name / "logs" / "pulumi.log").read_text()
    held: list[dict[str, Any]] = json.loads(collab.kubectl("get", "secrets", "--output=json"))["items"]
    data: list[dict[str, str]] = [item.get("data") or {} for item in held]
    values = {value for each in data for value in each.values()}
    assert values
    assert not [value for value in values if value in log]


def _nothing_to_do(collab: Commands) -> None:
    assert collab.run("preview")["changes"] == 0
    started = time.monotonic()
    assert not collab.run("up")["changed"]
    assert time.monotonic() - started < 180
    assert collab.run("drift")["changes"] == 0


def _drift(collab: Commands) -> None:
    collab.kubectl("scale", "deployment/user", "--replicas=3")
    collab.kubectl("delete", "poddisruptionbudget/auth")
    generation = collab.kubectl("get", "deployment/user", "--output=jsonpath={.metadata.generation}")
    found = collab.run("drift", expect=3)
    titles = {step["title"]: step for step in found["steps"]}
    assert titles["Deployment user"]["action"] == "update"
    assert any("replicas" in line for line in titles["Deployment user"]["changes"])
    assert titles["PodDisruptionBudget auth"]["action"] == "remove"
    assert collab.kubectl("get", "deployment/user", "--output=jsonpath={.metadata.generation}") == generation
    assert collab.run("drift", expect=3)["changes"] == found["changes"], "looking changes nothing, nor what is known"
    assert collab.run("refresh")["changes"] == found["changes"]
    collab.run("up")
    assert collab.kubectl("get", "deployment/user", "--output=jsonpath={.spec.replicas}") == "1"
    assert collab.run("drift")["changes"] == 0


def _interrupted(collab: Commands) -> None:
    """Ctrl-C in the midst of a rollout; the next `up` goes on."""
    process = subprocess.Popen(
        collab.command("up", "--set", "services.user_replicas=2", "--set", "services.log_level=debug"),
        env=collab.environment,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("started") and "Deployment" in line:
            process.send_signal(signal.SIGINT)
            break
    said = process.stderr.read()
    assert process.wait(COMMAND_TIMEOUT_S) == 130, said
    assert "resumes where it stopped" in said or "goes on where it stopped" in said
    process.stderr.close()
    collab.run("up", "--set", "services.user_replicas=2", "--set", "services.log_level=debug")
    assert collab.kubectl("get", "deployment/user", "--output=jsonpath={.spec.replicas}") == "2"
    collab.run("up")


def _locked(collab: Commands) -> None:
    """What a killed engine leaves behind is named with its owner, and freed."""
    folder = collab.root / ".collab" / collab.name / "pulumi" / "backend" / ".pulumi" / "locks"
    held = {"pid": 77, "username": "ada", "hostname": "office", "timestamp": "2026-03-01T12:00:00Z"}
    place = folder / "organization" / "collab-apps" / collab.name
    place.mkdir(parents=True, exist_ok=True)
    (place / "0f0e0d0c-0000-4000-8000-000000000000.json").write_text(json.dumps(held))
    error = collab.run("refresh", expect=5)["error"]
    assert "ada@office (pid 77)" in error["summary"]
    assert any("ada@office" in line for line in collab.run("unlock", "--yes")["freed"])
    collab.run("refresh")


def _down_and_up_again(collab: Commands) -> None:
    before = collab.kubectl("get", "secret/auth-secrets", "--output=jsonpath={.data}")
    left = collab.run("down")["leftovers"]
    assert any("volume" in each and "postgresql" in each for each in left)
    assert f"Namespace {collab.name}" in left
    assert collab.run("status", expect=8)["state"] == "stopped"
    assert json.loads(collab.kubectl("get", "deployments", "--output=json"))["items"] == []
    collab.run("up")
    assert collab.kubectl("get", "secret/auth-secrets", "--output=jsonpath={.data}") == before


def _purge(collab: Commands) -> None:
    done = collab.run("down", "--purge", "--yes")
    assert done["leftovers"] == []
    assert collab.cluster.kubectl("get", "namespace", collab.name, "--ignore-not-found") == ""
    assert not (collab.root / ".collab" / collab.name).exists()
