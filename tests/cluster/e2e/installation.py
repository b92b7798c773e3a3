"""The whole system in a cluster, put there as an operator does it: `collab render` and `kubectl apply`."""

from __future__ import annotations

import base64
import re
import subprocess
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import msgspec
import pytest

from collab_platform.images.lock import ImageSet
from tests.cluster.e2e.workloads import KINDS, PART_OF, Pod, is_ready, pods, readiness, restarts
from tests.cluster.node import Cluster, Ingress, Node, helm
from tests.cluster.node.pki import Authority
from tests.system.api import http_client
from tests.system.project import GENEROUS_LIMITS, Project
from tests.system.reach import known
from tests.system.running import Recovered, Running

HOST = "collab.test"
PUBLIC_SECRET = "collab-public-tls"
COMPONENTS = ("auth", "user", "document", "collaboration", "gateway", "web", "postgresql", "valkey", "seaweedfs")
PROCESS = " process"
VICTIMS = (*COMPONENTS, f"postgresql{PROCESS}", f"collaboration{PROCESS}")
"""A pod of each kind, told to go with a second's notice; and two processes that are not told at all."""
READY_TIMEOUT_S = 480
RENDER_TIMEOUT_S = 120
FORWARD_TIMEOUT_S = 30
REMOVE_TIMEOUT_S = 300
POLL_S = 0.25
PUBLIC_PATH = "/.well-known/jwks.json"
"""Which a service answers, whoever asks."""


class Installation(Running):
    """One environment of the `kubernetes` target, in a namespace of its own."""

    recovery_s = 90

    def __init__(self, cluster: Cluster, ingress: Ingress, project: Project, images: ImageSet) -> None:
        self.cluster = cluster
        self.project = project
        self.namespace = project.name
        self.directory = project.root / "manifests"
        port = "" if ingress.https_port == 443 else f":{ingress.https_port}"
        self.url = f"https://{HOST}{port}"
        self._ingress = ingress
        self._settings: dict[str, str] = {}
        self._edge = Authority(project.root, "edge")
        project.variables["COLLAB_HELM"] = str(helm())
        self.configure(images)

    @property
    def authorities(self) -> Path:
        """A bundle of who signs at the edge, who comes first, and inside."""
        bundle = self.project.root / "authorities.crt"
        inside = self.project.state_directory / "kubernetes" / "pki" / "authority.crt"
        bundle.write_bytes(self._edge.pair.certificate.read_bytes() + inside.read_bytes())
        return bundle

    @property
    def victims(self) -> Sequence[str]:
        return VICTIMS

    def configure(self, images: ImageSet, settings: Mapping[str, str] | None = None) -> None:
        """Write the environment's two files: a namespace with built-in datastores behind the ingress, TLS inside."""
        values = {
            "site.public_url": f'"{self.url}"',
            "kubernetes.namespace": f'"{self.namespace}"',
            "kubernetes.kubeconfig": f'"{self.cluster.kubeconfig}"',
            "kubernetes.ingress": '"ingress"',
            "kubernetes.ingress_class": f'"{self._ingress.class_name}"',
            "kubernetes.ingress_namespace": f'"{self._ingress.namespace}"',
            "kubernetes.tls_secret": f'"{PUBLIC_SECRET}"',
            "kubernetes.trusted_proxies": '["10.0.0.0/8"]',
            "kubernetes.postgresql_storage_gb": "1",
            "kubernetes.object_storage_gb": "1",
        }
        self.project.configure({**GENEROUS_LIMITS, **values, **(settings or {})}, target="kubernetes")
        lock = self.project.file.with_suffix(".images.json")
        lock.write_bytes(msgspec.json.encode(images))
        self.images = images

    def deploy(self) -> float:
        """Render, apply, wait until every pod is ready. Returns how long that took, in seconds."""
        began = time.monotonic()
        self.apply()
        self.wait_rolled_out()
        took_s = time.monotonic() - began
        self._wait_reached()
        return took_s

    def apply(self) -> None:
        """Render, and apply on the server's side."""
        rendered = ("--directory", str(self.directory), "--include-secrets")
        self.project.run("render", *rendered, timeout_s=RENDER_TIMEOUT_S)
        namespace, *others = sorted(self.directory.glob("[0-9]*.yaml"))
        self.cluster.apply(namespace.read_text())
        self._public_certificate()
        files = [f"--filename={file}" for file in (self.directory / "secrets.yaml", *others)]
        self.cluster.kubectl("apply", "--server-side", "--force-conflicts", *files)

    def wait_rolled_out(self, timeout_s: float = READY_TIMEOUT_S) -> None:
        """Wait until every workload runs what was applied last. Raises ``AssertionError`` with the pods' states."""
        deadline = time.monotonic() + timeout_s
        names = self.cluster.kubectl("get", KINDS, f"--namespace={self.namespace}", "--output=name").split()
        for name in names:
            left_s = max(1, int(deadline - time.monotonic()))
            try:
                waiting = ("rollout", "status", f"--namespace={self.namespace}", name, f"--timeout={left_s}s")
                self.cluster.kubectl(*waiting, timeout_s=left_s + 5)
            except Exception as error:
                raise AssertionError(f"{name} is not ready within {timeout_s:g} s:\n{self.describe()}") from error
        self.wait_healthy(max(1, deadline - time.monotonic()))

    def wait_healthy(self, timeout_s: float) -> None:
        self.wait(self._is_healthy, timeout_s)

    def kill(self, victim: str) -> Recovered:
        if victim.endswith(PROCESS):
            return self._kill_process(victim.removesuffix(PROCESS))
        return self._kill_pod(self._pods(victim)[0])

    def restart_replicas(self, component: str) -> Iterator[Recovered]:
        for pod in self._pods(component):
            yield self._kill_pod(pod)

    def secret(self, name: str) -> str:
        items = self.cluster.get("secrets", f"--namespace={self.namespace}")["items"]
        found = [item["data"][name] for item in items if name in item.get("data", {})]
        assert found, f"no Secret has the key {name}"
        return base64.b64decode(found[0]).decode()

    def stop(self) -> None:
        self.cluster.kubectl("scale", KINDS, f"--namespace={self.namespace}", "--all", "--replicas=0")
        self.wait(lambda: not pods(self.cluster, self.namespace), READY_TIMEOUT_S)

    def start(self) -> None:
        self.deploy()

    @contextmanager
    def changed(self, settings: Mapping[str, str]) -> Generator[Installation]:
        """With other settings; as before afterwards."""
        self.configure(self.images, settings)
        self.deploy()
        try:
            yield self
        finally:
            self.configure(self.images)
            self.deploy()

    @contextmanager
    def scaled(self, component: str, replicas: int) -> Generator[Installation]:
        """With that many replicas; as before afterwards."""
        with self.changed({f"{component}.replicas": str(replicas)}):
            yield self

    @contextmanager
    def replica_doors(self, component: str) -> Generator[Sequence[str]]:
        with ExitStack() as stack:
            names = [pod["metadata"]["name"] for pod in self._pods(component)]
            yield [stack.enter_context(self._forwarded(name, 8081)) for name in names]

    def state(self) -> Mapping[str, str]:
        return {
            component: f"{ready} of {wanted} ready, {there} there"
            for component, (ready, there, wanted) in readiness(self.cluster, self.namespace).items()
        }

    def describe(self) -> str:
        """What every pod that is not ready says, for a failure's message."""
        lines = [self.cluster.kubectl("get", "pods", f"--namespace={self.namespace}", "--output=wide")]
        for pod in pods(self.cluster, self.namespace):
            if not is_ready(pod):
                name = pod["metadata"]["name"]
                said = ("logs", f"--namespace={self.namespace}", name, "--all-containers", "--tail=15")
                lines.append(f"--- {name}\n{self.cluster.kubectl(*said, '--ignore-errors')}")
        return "\n".join(lines)

    def remove(self) -> None:
        """Delete the namespace and wait until it is gone."""
        removal = ("delete", "namespace", self.namespace, "--ignore-not-found", f"--timeout={REMOVE_TIMEOUT_S}s")
        self.cluster.kubectl(*removal, timeout_s=REMOVE_TIMEOUT_S + 10)

    def _wait_reached(self) -> None:
        """Wait until the way in leads to it: the ingress controller hears of pods a moment after they are ready."""
        with known(HOST, self._ingress.address, self.authorities), http_client(self.url) as anybody:

            def reached() -> bool:
                try:
                    return anybody.get(PUBLIC_PATH).is_success
                except httpx.TransportError:
                    return False

            self.wait(reached, READY_TIMEOUT_S)

    def _is_healthy(self) -> bool:
        return all(ready == there == wanted for ready, there, wanted in self._readiness())

    def _readiness(self) -> list[tuple[int, int, int]]:
        return list(readiness(self.cluster, self.namespace).values())

    def _pods(self, component: str) -> list[Pod]:
        found = [pod for pod in pods(self.cluster, self.namespace, component) if is_ready(pod)]
        assert found, f"no pod of {component} is ready"
        return sorted(found, key=lambda pod: pod["metadata"]["name"])

    def _kill_pod(self, pod: Pod) -> Recovered:
        # Without notice a StatefulSet's successor would start beside a pod that may still write.
        name, uid = pod["metadata"]["name"], pod["metadata"]["uid"]
        self.cluster.kubectl("delete", "pod", name, f"--namespace={self.namespace}", "--grace-period=1", "--wait=false")

        def recovered() -> bool:
            there = {each["metadata"]["uid"] for each in pods(self.cluster, self.namespace)}
            return uid not in there and self._is_healthy()

        return recovered

    def _kill_process(self, component: str) -> Recovered:
        if not isinstance(self.cluster, Node):
            pytest.skip("the processes of this cluster's nodes are out of reach")
        pod = self._pods(component)[0]
        uid, before = pod["metadata"]["uid"], restarts(pod)
        self.cluster.kill_container(pod["status"]["containerStatuses"][0]["containerID"])

        def recovered() -> bool:
            same = [each for each in self._ready_pods(component) if each["metadata"]["uid"] == uid]
            return bool(same) and restarts(same[0]) > before and self._is_healthy()

        return recovered

    def _ready_pods(self, component: str) -> list[Pod]:
        return [pod for pod in pods(self.cluster, self.namespace, component) if is_ready(pod)]

    def _public_certificate(self) -> None:
        pair = self._edge.issue("public", user=HOST, hosts=(HOST,))
        # The authority is shown as well: Chromium knows it by its key only if it sees it.
        chain = pair.certificate.read_text() + self._edge.pair.certificate.read_text()
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": PUBLIC_SECRET},
            "type": "kubernetes.io/tls",
            "stringData": {"tls.crt": chain, "tls.key": pair.key.read_text()},
        }
        self.cluster.apply(msgspec.json.encode(secret).decode(), namespace=self.namespace)

    @contextmanager
    def _forwarded(self, pod: str, port: int) -> Generator[str]:
        """Where a WebSocket reaches a port of a pod, over a tunnel through the API server."""
        command = [str(self.cluster.kubectl_program), f"--kubeconfig={self.cluster.kubeconfig}", "port-forward"]
        process = subprocess.Popen(
            [*command, f"--namespace={self.namespace}", f"pod/{pod}", f":{port}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            assert process.stdout is not None
            found = re.search(r"127\.0\.0\.1:(\d+)", process.stdout.readline())
            assert found, f"nothing leads to {pod}"
            yield f"wss://localhost:{found[1]}/collaboration"
        finally:
            process.terminate()
            process.communicate(timeout=FORWARD_TIMEOUT_S)


__all__ = ["COMPONENTS", "HOST", "PART_OF", "VICTIMS", "Installation"]
