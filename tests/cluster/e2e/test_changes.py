"""The installation is changed under people who type: nothing that they were told is saved is lost."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from collab_platform.images.lock import ImageSet
from tests.cluster.e2e.images import RELABELLED, images_of_the_next_release
from tests.cluster.e2e.installation import Installation
from tests.cluster.e2e.workloads import pods
from tests.system.running import Writers, writers
from tests.system.typist import Typist

REPLICAS = 3
AUTOSCALED = {"auth", "user", "document", "collaboration", "gateway", "web"}
FEW_PODS = {"kubernetes.autoscaling": "true", "kubernetes.max_replicas": "2"}
"""As many as the default of `postgresql.max_connections` has connections for."""
MEASURED_WITHIN_S = 300
DOCUMENTS = 16
"""Enough that a hash leaves none of three replicas without one, but once in 500 times: then there are more."""
MOST_DOCUMENTS = 32
_METRICS = """
import ssl, urllib.request
trusted = ssl.create_default_context(cafile="/run/trust/ca.crt")
print(urllib.request.urlopen("https://localhost:8080/metrics", context=trusted, timeout=30).read().decode())
"""


@contextmanager
def typing(installation: Installation) -> Generator[Writers]:
    """People who type meanwhile; in the end everything is there, also what only one of them ever had."""
    with writers(installation) as people:
        people.start(every_ms=50)
        yield people
        people.wait_saving(installation.recovery_s)
        acknowledged = people.loner.kill()
        people.settle(timeout_s=installation.recovery_s)
        people.assert_kept(acknowledged)


def test_what_is_applied_again_changes_nothing(installation: Installation) -> None:
    before = _pods(installation)
    with typing(installation):
        installation.deploy()
    assert _pods(installation) == before


def test_collaboration_is_scaled_to_three_and_back(installation: Installation) -> None:
    """Each replica serves some of the documents, and whoever was served by one that goes is served by another."""
    with typing(installation) as people, ExitStack() as stack:
        with installation.scaled("collaboration", REPLICAS):
            people.wait_saving(installation.recovery_s)
            assert len(pods(installation.cluster, installation.namespace, "collaboration")) == REPLICAS
            typists: list[Typist] = []

            def open_another() -> None:
                label = f"other{len(typists)}"
                document = people.owner.create_document(label).id
                typists.append(stack.enter_context(Typist(installation.url, people.owner, document, label=label)))

            for _ in range(DOCUMENTS):
                open_another()
            for typist in typists:
                typist.wait_synced(installation.recovery_s)
            while len(typists) < MOST_DOCUMENTS and not all(_connections(installation).values()):
                open_another()
                typists[-1].wait_synced(installation.recovery_s)
            assert all(_connections(installation).values()), _connections(installation)
            for typist in typists:
                typist.write(["before"])
                typist.wait_saved(1, installation.recovery_s)
        for typist in typists:
            typist.write(["after"])
            typist.wait_saved(2, installation.recovery_s)


def test_a_rolling_upgrade_and_the_way_back(installation: Installation, images: ImageSet, tmp_path: Path) -> None:
    """From this release to one with other images, and from that to this again."""
    later = images_of_the_next_release(installation.cluster, images, tmp_path)
    for release in (later, images):
        with typing(installation) as people:
            installation.configure(release)
            installation.deploy()
            people.wait_saving(installation.recovery_s)
            running = _images(installation)
            assert {release.image(name).pinned for name in RELABELLED} <= running
            other = later if release is images else images
            assert not running & {other.image(name).pinned for name in RELABELLED}


@pytest.mark.usefixtures("metrics")
def test_autoscalers_know_the_load(installation: Installation) -> None:
    """Each has a value for every metric that it is to go by."""
    own = f"--namespace={installation.namespace}"
    try:
        with installation.changed(FEW_PODS):
            scalers = installation.cluster.get("horizontalpodautoscalers", own)["items"]
            assert {scaler["metadata"]["name"] for scaler in scalers} == AUTOSCALED
            installation.wait(lambda: _measured(installation, own), MEASURED_WITHIN_S)
    finally:
        # `kubectl apply` leaves what is no longer in the files; a GitOps controller does not.
        installation.cluster.kubectl("delete", "horizontalpodautoscalers", own, "--all")


def _measured(installation: Installation, own: str) -> bool:
    scalers = installation.cluster.get("horizontalpodautoscalers", own)["items"]
    return all(_is_measured(scaler["spec"], scaler["status"]) for scaler in scalers)


def _is_measured(spec: dict[str, Any], status: dict[str, Any]) -> bool:
    """Whether a scaler has a value for each metric, and acts on them."""
    conditions: list[dict[str, str]] = status.get("conditions") or []
    active = any(each["type"] == "ScalingActive" and each["status"] == "True" for each in conditions)
    return active and len(status.get("currentMetrics") or []) == len(spec["metrics"])


def _pods(installation: Installation) -> set[str]:
    return {pod["metadata"]["uid"] for pod in pods(installation.cluster, installation.namespace)}


def _images(installation: Installation) -> set[str]:
    """Of all containers that run."""
    found = pods(installation.cluster, installation.namespace)
    return {container["image"] for pod in found for container in pod["spec"]["containers"]}


def _connections(installation: Installation) -> dict[str, int]:
    """How many WebSockets each collaboration pod holds."""
    found: dict[str, int] = {}
    for pod in pods(installation.cluster, installation.namespace, "collaboration"):
        name = pod["metadata"]["name"]
        run = ("exec", f"--namespace={installation.namespace}", name, "--", "python", "-c", _METRICS)
        counted = re.search(r"^collab_connections_open (\d+)", installation.cluster.kubectl(*run), re.MULTILINE)
        assert counted, f"{name} does not count its connections"
        found[name] = int(counted[1])
    return found
