"""Which charts, with which values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from collab_platform.blueprint import derive
from collab_platform.environment import resolve
from collab_platform.errors import CollabError, EnvironmentInvalidError
from collab_platform.images.lock import ImageSet
from collab_platform.targets.kubernetes.externals import Externals, externals_of, missing
from collab_platform.targets.kubernetes.releases import releases
from tests.unit.kubernetes.installations import (
    CERTIFICATE,
    DIGEST,
    IMAGES,
    NAME,
    OPTIONS,
    environment,
    file,
    merged,
    released,
)


def values(option: str, chart: str, root: Path, **kubernetes: Any) -> dict[str, Any]:
    return dict(released(option, root=root, **kubernetes)[chart].values)


@pytest.mark.parametrize("option", OPTIONS)
def test_charts_are_those_that_are_needed(option: str, root: Path):
    expected = ["datastores", "services", "gateway", "web"]
    if option == "AWS":
        expected.remove("datastores")
    if option == "observability":
        expected.append("observability")
    assert list(released(option, root=root)) == expected


@pytest.mark.parametrize("option", OPTIONS)
def test_values_are_plain_data_and_alike_every_time(option: str, root: Path):
    for name, release in released(option, root=root).items():
        assert json.loads(json.dumps(release.values)) == released(option, root=root)[name].values


def test_the_editor_may_fetch_and_send_files_where_they_are(root: Path):
    def policy(option: str, chart: str) -> str:
        files = values(option, chart, root)["files"]
        return next(text for text in files.values() if "connect-src" in text)

    for chart in ("gateway", "web"):
        assert "https://s3.eu-central-1.amazonaws.com" in policy("AWS", chart)
        assert "amazonaws" not in policy("built-in", chart)
    settings = values("AWS", "services", root)["services"]["document"]["settings"]
    assert settings["COLLAB_S3_PUBLIC_URL"] == "https://s3.eu-central-1.amazonaws.com"


def test_where_browsers_reach_s3_may_be_said(root: Path):
    url = "https://s3.dualstack.eu-central-1.amazonaws.com"
    written = merged(file("AWS"), {"aws": {"object_storage_public_url": url}})
    wanted = resolve(name=NAME, file=written, file_name="x", variables={}, flags={}).environment
    blueprint = derive(NAME, wanted)
    assert blueprint.file_origins == (url,)
    found = releases(blueprint, wanted, IMAGES, externals_of(wanted, root=root))
    settings = next(each for each in found if each.name == "services").values["services"]["document"]["settings"]
    assert settings["COLLAB_S3_PUBLIC_URL"] == url
    assert settings["COLLAB_S3_ENDPOINT"] == "https://s3.eu-central-1.amazonaws.com"


def test_images_are_pinned(root: Path):
    image = values("built-in", "services", root)["image"]
    assert image == {
        "repository": "registry.example.org/team/collab-service",
        "tag": "0.1.0-3f2a",
        "digest": DIGEST,
    }
    bootstrap = values("built-in", "services", root)["migrations"]["bootstrap"]["image"]
    assert bootstrap["repository"].endswith("collab-postgresql")


def test_an_image_that_is_not_known_is_named():
    wanted = environment()
    with pytest.raises(CollabError, match="no image 'postgresql'") as caught:
        releases(derive(NAME, wanted), wanted, ImageSet(), Externals())
    assert "collab image build" in caught.value.remedy


def test_a_managed_address_that_is_not_known_is_asked_for(root: Path):
    wanted = environment("AWS")
    with pytest.raises(EnvironmentInvalidError) as caught:
        releases(derive(NAME, wanted), wanted, IMAGES, Externals())
    assert [fault.split(":")[0] for fault in caught.value.details] == [
        "aws.postgresql_host",
        "aws.redis_host",
        "aws.bucket",
    ]
    assert missing(wanted, externals_of(wanted, root=root)) == ()
    assert missing(environment("origin pulls"), Externals())[0].startswith("cloudflare.origin_ca_file")


def test_managed_stores_get_no_pods_and_bring_their_own_administrator(root: Path):
    cloud = values("AWS", "services", root)["migrations"]
    assert cloud["bootstrap"]["settings"]["PGUSER"] == "collab_admin"
    assert cloud["bootstrap"]["settings"]["PGHOST"] == "db.example.rds.amazonaws.com"
    assert not cloud["bucket"]["enabled"]
    partly = values("AWS", "datastores", root, redis="built-in")
    assert {name: partly[name]["enabled"] for name in ("postgresql", "valkey", "seaweedfs")} == {
        "postgresql": False,
        "valkey": True,
        "seaweedfs": False,
    }


def test_who_keeps_files_gets_its_role_on_aws(root: Path):
    accounts = {name: each["serviceAccount"] for name, each in values("AWS", "services", root)["services"].items()}
    role = {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/collab"}
    assert accounts.pop("auth") == {"annotations": {}}
    assert all(account == {"annotations": role} for account in accounts.values())


def test_documents_are_hashed_over_as_many_replicas_as_there_may_be(root: Path):
    upstreams = values("autoscaling", "gateway", root)["files"]["upstreams.conf"]
    assert all(f"collaboration-{number}:8081" in upstreams for number in range(5))
    assert "collaboration-5:" not in upstreams
    collaboration = values("autoscaling", "services", root)["services"]["collaboration"]
    assert collaboration["autoscaling"]["maxReplicas"] == 5
    assert collaboration["autoscaling"]["minReplicas"] == collaboration["replicas"] == 2
    fixed = values("built-in", "gateway", root)["files"]["upstreams.conf"]
    assert "collaboration-1:" in fixed
    assert "collaboration-2:" not in fixed


def test_services_drain_longer_than_the_gateway(root: Path):
    gateway = values("built-in", "gateway", root)["drainSeconds"]
    for service in values("built-in", "services", root)["services"].values():
        assert service["drainSeconds"] > gateway


@pytest.mark.parametrize(
    ("option", "serve"), [("built-in", True), ("plain", False), ("ingress", False), ("tunnel", True)]
)
def test_the_gateway_ends_tls_where_no_ingress_does(option: str, serve: bool, root: Path):
    assert values(option, "gateway", root)["tls"]["serve"] is serve


def test_an_ingress_has_host_class_certificate_and_annotations(root: Path):
    ingress = values("ingress", "gateway", root)["ingress"]
    assert (ingress["kind"], ingress["host"], ingress["className"]) == ("ingress", "docs.example.org", "traefik")
    assert ingress["tlsSecret"] == "public-tls"
    assert ingress["annotations"] == {"cert-manager.io/cluster-issuer": "letsencrypt"}
    web = values("ingress", "web", root)["network"]["ingress"]
    assert {"namespace": "traefik", "ports": [8080]} in web


def test_the_gateway_api_is_told_its_gateway(root: Path):
    ingress = values("gateway API", "gateway", root)["ingress"]
    assert ingress["gateway"] == {"name": "public", "namespace": "edge", "sectionName": ""}


def test_annotations_of_the_service_keep_their_equals_signs(root: Path):
    assert values("load balancer", "gateway", root)["service"]["annotations"] == {"a.example/b": "c=d"}


def test_origin_pulls_are_asked_for(root: Path):
    gateway = values("origin pulls", "gateway", root)
    assert gateway["clientCa"] == {"enabled": True}
    assert gateway["service"]["loadBalancerSourceRanges"] == ["173.245.48.0/20"]
    text = "".join(gateway["files"].values())
    assert "ssl_client_certificate" in text
    assert "CF-Connecting-IP" in text
    assert values("built-in", "gateway", root)["clientCa"] == {"enabled": False}


def test_a_new_certificate_or_secret_starts_pods_anew():
    wanted = environment()
    blueprint = derive(NAME, wanted)
    words = {"auth": "one", "valkey": "two", "migrate": "three"}
    found = {each.name: each.values for each in releases(blueprint, wanted, IMAGES, Externals(), revisions=words)}
    assert found["services"]["services"]["auth"]["podAnnotations"] == {"checksum/secrets": "one"}
    assert found["services"]["services"]["user"]["podAnnotations"] == {}
    assert found["services"]["migrations"]["podAnnotations"] == {"checksum/secrets": "three"}
    assert found["datastores"]["valkey"]["podAnnotations"] == {"checksum/secrets": "two"}


def test_policies_can_be_left_out(root: Path):
    services = values("no policies", "services", root)
    assert services["defaultDeny"] is False
    assert services["imagePullSecrets"] == ["pull"]
    assert not any(each["network"]["enabled"] for each in services["services"].values())


def test_files_of_authorities_are_read_and_checked(root: Path):
    assert externals_of(environment("AWS"), root=root).ca == CERTIFICATE
    for content, why in ((b"\xff", "not PEM"), (b"nothing", "holds no certificate")):
        (root / "rds.pem").write_bytes(content)
        with pytest.raises(EnvironmentInvalidError, match=rf"kubernetes\.ca_file.*{why}"):
            externals_of(environment("AWS"), root=root)
    (root / "rds.pem").unlink()
    with pytest.raises(EnvironmentInvalidError, match="No such file"):
        externals_of(environment("AWS"), root=root)


def test_an_ingress_leads_every_route_to_the_gateway(root: Path):
    for option in ("built-in", "AWS"):
        ways = values(option, "gateway", root)["ingress"]["paths"]
        assert ways[-1] == {"path": "/", "component": "web"}
        to_gateway = [way["path"] for way in ways[:-1]]
        routes = derive(NAME, environment(option)).routes
        assert all(route.path.startswith(tuple(to_gateway)) for route in routes)
        assert ("/collab/uploads" in to_gateway) is (option == "built-in")
