"""The way in from outside and the metrics, which the installations of other tests stand on."""

from __future__ import annotations

import ssl
import time
from collections.abc import Generator
from typing import Any

import httpx
import pytest

from tests.cluster import workloads
from tests.cluster.node import Cluster, Ingress
from tests.cluster.node.pki import Authority
from tests.cluster.workloads import apply
from tests.system.api import http_client
from tests.system.reach import known
from tests.system.typist import probe

SETTLED_WITHIN_S = 60
# A server of HTTP, which tells what it was told, and of RFC 6455, which says back what it hears.
ECHO = r"""
use IO::Socket::INET;
$SIG{TERM} = sub { exit };
$SIG{CHLD} = "IGNORE";
my $listener = IO::Socket::INET->new(LocalPort => 8080, Listen => 16, ReuseAddr => 1) or die $!;
while (my $client = $listener->accept) {
    next if fork;
    my $line = <$client>;
    my %told;
    while (my $header = <$client>) {
        last if $header =~ /^\r?\n$/;
        $told{lc $1} = $2 if $header =~ /^([^:]+):\s*(.*?)\r?\n$/;
    }
    if (my $key = $told{"sec-websocket-key"}) {
        my ($digest) = `printf %s ${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11 | sha1sum` =~ /^(\w{40})/;
        # Perl's own encoding is base64 with other letters.
        my $accept = substr pack("u", pack "H*", $digest), 1, 27;
        $accept =~ tr|` -_|AA-Za-z0-9+/|;
        print $client "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            . "Sec-WebSocket-Accept: $accept=\r\n\r\n";
        $client->flush;
        while (read($client, my $head, 2) == 2) {
            my $size = ord(substr $head, 1) & 127;
            read $client, my $mask, 4;
            read $client, my $body, $size;
            my $plain = $body ^ substr($mask x (1 + $size / 4), 0, $size);
            print $client substr($head, 0, 1) . chr($size) . $plain;
            $client->flush;
        }
    } else {
        print $client "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n$told{host} $told{'x-forwarded-proto'}";
    }
    exit;
}
"""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), "edge")


@pytest.fixture
def host(cluster: Cluster, namespace: str, image: str, ingress: Ingress, authority: Authority) -> Generator[str]:
    """The name of a server that the ingress leads to, over HTTP and HTTPS."""
    # Not the same for every test: the Ingress of the one before may still be there.
    host = f"{namespace}.test"
    objects = workloads.server(image, replicas=1, program=ECHO)
    pair = authority.issue("server", user=host, hosts=(host,))
    secret: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "edge"},
        "type": "kubernetes.io/tls",
        "stringData": {"tls.crt": pair.certificate.read_text(), "tls.key": pair.key.read_text()},
    }
    backend = {"service": {"name": "server", "port": {"number": 80}}}
    rule = {"host": host, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    way: dict[str, Any] = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "server"},
        "spec": {
            "ingressClassName": ingress.class_name,
            "tls": [{"hosts": [host], "secretName": "edge"}],
            "rules": [rule],
        },
    }
    apply(cluster, namespace, *objects, secret, way)
    cluster.kubectl("rollout", "status", f"--namespace={namespace}", "deployment/server", "--timeout=60s")
    with known(host, ingress.address, authority.pair.certificate):
        yield host


def fetch(url: str) -> httpx.Response:
    """The answer, once the controller has heard of the server."""
    deadline = time.monotonic() + SETTLED_WITHIN_S
    with http_client(url) as client:
        while True:
            try:
                answer = client.get("/")
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.is_success:
                return answer
            assert time.monotonic() < deadline, answer
            time.sleep(0.2)


def test_http_is_led_to_the_service(ingress: Ingress, host: str) -> None:
    assert fetch(f"http://{host}:{ingress.http_port}").text == f"{_named(host, ingress.http_port, 80)} http"


def test_https_ends_at_the_edge_with_the_certificate_of_the_name(ingress: Ingress, host: str) -> None:
    assert fetch(f"https://{host}:{ingress.https_port}").text == f"{_named(host, ingress.https_port, 443)} https"
    strangers = ssl.create_default_context()
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(f"https://{host}:{ingress.https_port}", verify=strangers, trust_env=False, timeout=30)


def test_a_websocket_passes(ingress: Ingress, host: str) -> None:
    fetch(f"https://{host}:{ingress.https_port}")
    url, frames = f"wss://{host}:{ingress.https_port}/any", [b"one", b"two"]
    seen = probe(url, frames, wait_s=3)
    if seen.received < len(frames):
        # The server keeps the connection: only who finds the machine busy has to wait for so long.
        seen = probe(url, frames, wait_s=30)
    assert seen.opened
    assert seen.received == 2
    assert seen.code is None


@pytest.mark.usefixtures("metrics")
def test_an_autoscaler_sees_load_and_adds_a_pod(cluster: Cluster, namespace: str, image: str) -> None:
    """The pod of a busy loop is measured above its target."""
    objects = workloads.server(image, replicas=1, program="while (1) {}")
    container = objects[0]["spec"]["template"]["spec"]["containers"][0]
    del container["readinessProbe"]
    container["resources"] = {"requests": {"cpu": "50m"}, "limits": {"cpu": "100m"}}
    target = {"type": "Utilization", "averageUtilization": 50}
    scaler: dict[str, Any] = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "server"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "server"},
            "minReplicas": 1,
            "maxReplicas": 2,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
        },
    }
    apply(cluster, namespace, *objects, scaler)
    cluster.kubectl(
        "wait",
        f"--namespace={namespace}",
        "--for=jsonpath={.spec.replicas}=2",
        "deployment/server",
        "--timeout=300s",
        timeout_s=310,
    )


def _named(host: str, port: int, usual: int) -> str:
    return host if port == usual else f"{host}:{port}"
