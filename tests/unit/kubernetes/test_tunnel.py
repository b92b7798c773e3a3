"""cloudflared: there with a tunnel alone, as restricted as any pod, and nobody's to reach."""

from typing import Any

import pytest

from collab_platform.components.policies import check_all, from_manifest
from collab_platform.environment import resolve
from collab_platform.errors import EnvironmentInvalidError
from collab_platform.targets.kubernetes.secret_objects import managed_secrets
from collab_platform.targets.kubernetes.stack_order import stack_specs
from collab_platform.targets.kubernetes.tunnel import ORIGIN_CA, tunnel_manifests
from tests.unit.kubernetes.installations import NAME, environment, file


def of_kind(kind: str, **kubernetes: Any) -> Any:
    return next(each for each in tunnel_manifests(environment("tunnel", **kubernetes)) if each["kind"] == kind)


def pod(**kubernetes: Any) -> Any:
    return of_kind("Deployment", **kubernetes)["spec"]["template"]["spec"]


@pytest.mark.parametrize("option", ["built-in", "ingress", "origin pulls"])
def test_without_a_tunnel_there_is_none(option: str):
    assert tunnel_manifests(environment(option)) == ()


def test_it_keeps_to_the_policies():
    assert not check_all([from_manifest(each) for each in tunnel_manifests(environment("tunnel"))])


def test_its_token_is_a_file_and_comes_from_cloudflare():
    [container] = pod()["containers"]
    assert container["env"] == [{"name": "TUNNEL_TOKEN_FILE", "value": "/run/secrets/collab/tunnel-token"}]
    assert "token" not in " ".join(container["args"])
    assert managed_secrets(environment("tunnel")) == {"tunnel-token"}


@pytest.mark.parametrize(("tls_secret", "trusted"), [("", True), ("gateway-tls", False)])
def test_it_trusts_the_installations_authority_where_the_gateway_has_its_certificate(tls_secret: str, trusted: bool):
    origin = [each["secret"] for each in pod(tls_secret=tls_secret)["volumes"] if each["name"] == "origin"]
    assert origin == (
        [{"secretName": "gateway-tls", "items": [{"key": "ca.crt", "path": "ca.crt"}]}] if trusted else []
    )
    edge = next(spec for spec in stack_specs(NAME, environment("tunnel", tls_secret=tls_secret)) if spec.name == "edge")
    assert (ORIGIN_CA in edge.config["collab-edge:origin"]) is trusted
    assert ("serverName" in edge.config["collab-edge:origin"]) is trusted


def test_nobody_reaches_it_and_it_reaches_the_gateway_and_cloudflare():
    policy = of_kind("NetworkPolicy")["spec"]
    assert policy["ingress"] == []
    ports = {(port["protocol"], port["port"]) for rule in policy["egress"] for port in rule["ports"]}
    assert ports == {("UDP", 53), ("TCP", 53), ("TCP", 8443), ("UDP", 7844), ("TCP", 7844), ("TCP", 443)}


@pytest.mark.parametrize("image", ["cloudflare/cloudflared", "cloudflare/cloudflared:latest", ""])
def test_its_image_is_pinned(image: str):
    written = file("tunnel")
    written["cloudflare"]["tunnel_image"] = image
    with pytest.raises(EnvironmentInvalidError) as refused:
        resolve(name=NAME, file=written, file_name="environment.toml", variables={}, flags={})
    assert "cloudflare.tunnel_image" in "\n".join([refused.value.summary, *refused.value.details])
