"""The apps stack for each of its options: what is made, in which order, and that no secret lies open."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pulumi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from collab_platform.components.apps.kept import RENEWAL, revision
from collab_platform.components.policies import check_all
from collab_platform.components.policies.model import items, mapping
from collab_platform.targets.kubernetes.pki import CertificateRequest
from tests.unit.stacks.harness import Resource, Run, is_secret, run_program, run_stack, secret

IMAGES = ("service", "gateway", "web", "postgresql", "valkey", "seaweedfs")
AWS = """
[aws]
region = "eu-central-1"
vpc_id = "vpc-01"
vpc_cidrs = ["10.0.0.0/16"]
private_subnet_ids = ["subnet-0a", "subnet-0b"]
cluster_security_group_id = "sg-01"
"""
DATA = {
    "postgresqlEndpoint": "db.test:5432",
    "postgresqlMasterSecretArn": "arn:aws:test:::master",
    "redisEndpoint": "cache.test",
    "redisAuthToken": secret("token of the cache"),
    "bucket": "team-objects",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "environments"
    folder.mkdir()
    digest = f"sha256:{'0a' * 32}"
    images = {name: {"reference": f"registry.test/collab-{name}:0.1.0-{'0' * 12}", "digest": digest} for name in IMAGES}
    (folder / "team.images.json").write_text(json.dumps({"version": 1, "images": images}))
    monkeypatch.setenv("COLLAB_PROJECT", str(tmp_path))
    return tmp_path


def write(project: Path, *, rest: str = AWS, **kubernetes: Any) -> None:
    settings = "\n".join(f"{key} = {json.dumps(value)}" for key, value in kubernetes.items())
    (project / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\nof RDS\n-----END CERTIFICATE-----\n")
    (project / "environments" / "team.toml").write_text(
        f"""version = 1
target = "kubernetes"
[site]
public_url = "https://docs.example.org"
[postgresql]
max_connections = 200
[kubernetes]
{settings}
{rest}"""
    )


def apps(config: Mapping[str, object] | None = None, *, preview: bool = False) -> Run:
    others = {
        "organization/collab-data/team": DATA,
        "acme/collab-data/other": DATA,
        "organization/collab-edge/team": {
            "originCa": "-----BEGIN CERTIFICATE-----\nedge\n",
            "tunnelToken": secret("token of the tunnel"),
        },
    }
    return run_stack("apps", config or {}, stack="team", preview=preview, others=others)


def named(run: Run, type_: str) -> dict[str, Resource]:
    return {resource.inputs["metadata"]["name"]: resource for resource in run.of(type_)}


def texts(resource: Resource) -> dict[str, str]:
    return {key: base64.b64decode(value).decode() for key, value in resource.inputs["data"].items()}


def plain_texts(value: object) -> Iterator[str]:
    if is_secret(value):
        return
    if isinstance(value, str):
        yield value
        return
    for item in (*mapping(value).values(), *items(value)):
        yield from plain_texts(item)


def every_secret(run: Run) -> set[str]:
    """What the program itself made up, besides what providers did."""
    kept = {str(stash.inputs["input"]) for stash in run.of("Stash")}
    keys = {json.loads(text)["key"] for text in kept if text.startswith("{")}
    values = {text for text in kept if not text.startswith("{")} | keys | run.generated
    return values | {base64.b64encode(value.encode()).decode() for value in values}


def open_secrets(run: Run) -> list[str]:
    """Where a secret lies open, in any input, state or output."""
    places: dict[str, object] = {f"{each.name} inputs": each.wire for each in run.resources}
    places |= {f"{each.name} state": each.state for each in run.resources}
    places |= {"exports": run.exports, "outputs": run.outputs}
    hidden = every_secret(run)
    return [place for place, wire in places.items() for text in plain_texts(wire) if any(one in text for one in hidden)]


STORES = [*itertools.product(("built-in", "cloudnative-pg", "rds"), ("built-in", "elasticache"), ("built-in", "s3"))]


@pytest.mark.parametrize("secrets", ["generated", "external"])
@pytest.mark.parametrize(("postgresql", "redis", "object_storage"), STORES)
def test_every_choice_makes_its_objects_and_keeps_its_secrets(
    project: Path, postgresql: str, redis: str, object_storage: str, secrets: str
):
    write(
        project,
        postgresql=postgresql,
        redis=redis,
        object_storage=object_storage,
        secrets=secrets,
        secret_store="store",
        ca_file="ca.pem",
    )
    run = apps()
    charts = [chart.name for chart in run.of("Chart")]
    built_in = "built-in" in {postgresql, redis, object_storage}
    assert set(charts) == {"services", "web", "gateway", *(["datastores"] if built_in else [])}
    assert [cluster.inputs["metadata"]["name"] for cluster in run.of("Cluster")] == (
        ["postgresql"] if postgresql == "cloudnative-pg" else []
    )
    assert bool(run.of("ExternalSecret")) == (secrets == "external")
    assert bool(run.of("Stash")) == (secrets == "generated")
    managed = {"rds", "elasticache", "s3"} & {postgresql, redis, object_storage}
    assert set(run.read) == ({"organization/collab-data/team"} if managed else set())
    assert check_all(run.declared()) == ()
    if secrets == "generated":
        assert len(every_secret(run)) > 10, "a check that finds no secret to look for proves nothing"
    assert open_secrets(run) == []
    assert set(run.exported()) == {"namespace", "url"}


class TestOrder:
    def test_everything_waits_for_the_namespace_and_pods_for_their_secrets(self, project: Path):
        write(project)
        run = apps()
        namespace = run.one("Namespace")
        assert namespace.protect, "with it go the volumes"
        secrets = {each.urn for each in run.of("Secret")} | {each.urn for each in run.of("ConfigMap")}
        assert secrets
        charts = {chart.name: chart for chart in run.of("Chart")}
        for resource in (*run.of("Secret"), *run.of("ConfigMap"), *charts.values()):
            assert namespace.urn in resource.depends_on, resource.name
        for chart in charts.values():
            assert secrets <= chart.depends_on, chart.name
        assert charts["datastores"].urn in charts["services"].depends_on
        assert {charts["services"].urn, charts["web"].urn} <= charts["gateway"].depends_on

    def test_a_database_of_an_operator_comes_after_its_password(self, project: Path):
        write(project, postgresql="cloudnative-pg")
        run = apps()
        (cluster,) = run.of("Cluster")
        assert cluster.protect, "its volumes go with it"
        assert named(run, "Secret")["postgresql-superuser"].urn in cluster.depends_on
        assert cluster.urn in {urn for chart in run.of("Chart") for urn in chart.depends_on}

    def test_children_bear_their_parents_name_and_components_register(self, project: Path):
        write(project)
        run = apps()
        (layer,) = [each for each in run.resources if each.type == "collab:apps:Apps"]
        assert layer.name == "collab-team"
        assert {each.type for each in run.resources if each.urn in run.outputs} >= {
            "collab:apps:Apps",
            "collab:apps:Kept",
        }


class TestNamespace:
    def test_admits_restricted_pods_alone(self, project: Path):
        write(project, namespace="docs")
        labels = apps().one("Namespace").inputs["metadata"]["labels"]
        for mode in ("enforce", "audit", "warn"):
            assert labels[f"pod-security.kubernetes.io/{mode}"] == "restricted"

    def test_is_where_everything_stands(self, project: Path):
        write(project, namespace="docs")
        run = apps()
        assert {each.inputs["metadata"]["namespace"] for each in (*run.of("Secret"), *run.of("ConfigMap"))} == {"docs"}
        assert {chart.inputs["namespace"] for chart in run.of("Chart")} == {"docs"}
        assert run.exported() == {"namespace": "docs", "url": "https://docs.example.org"}


class TestSecrets:
    def test_are_made_once_protected_and_secret_from_birth(self, project: Path):
        write(project)
        run = apps()
        for stash in run.of("Stash"):
            assert is_secret(stash.wire["input"]), stash.name
            assert is_secret(stash.state["output"]), stash.name
        protected = {stash.name for stash in run.of("Stash") if stash.protect}
        assert {
            "collab-team-kept-redis",
            "collab-team-kept-authority",
            "collab-team-kept-postgresql-superuser",
        } <= protected
        for resource in run.of("Secret"):
            assert is_secret(resource.wire["data"]), resource.name

    def test_are_the_same_wherever_they_are_shared(self, project: Path):
        write(project)
        held = {name: texts(each) for name, each in named(apps(), "Secret").items()}
        assert held["auth-secrets"]["redis"] == held["valkey-secrets"]["redis"] == held["document-secrets"]["redis"]
        assert held["postgresql-secrets"]["postgresql-superuser"] == held["bootstrap-secrets"]["postgresql-superuser"]
        assert held["auth-secrets"]["postgresql-auth"] == held["bootstrap-secrets"]["postgresql-auth"]
        assert len({held["auth-secrets"][key] for key in held["auth-secrets"]}) == len(held["auth-secrets"])

    def test_signing_keys_are_what_the_services_read(self, project: Path):
        write(project)
        held = texts(named(apps(), "Secret")["auth-secrets"])["auth-signing-key"]
        assert held.startswith("-----BEGIN PRIVATE KEY-----")
        assert isinstance(load_pem_private_key(held.encode(), password=None), Ed25519PrivateKey)

    def test_of_managed_stores_come_from_where_they_are_made(self, project: Path):
        write(project, postgresql="rds", redis="elasticache", ca_file="ca.pem")
        run = apps()
        held = {name: texts(each) for name, each in named(run, "Secret").items()}
        assert held["auth-secrets"]["redis"] == "token of the cache"
        assert held["bootstrap-secrets"]["postgresql-superuser"] == "generated<master-password>"
        assert not [stash for stash in run.of("Stash") if "superuser" in stash.name or stash.name.endswith("-redis")]

    def test_may_come_from_an_operator_instead(self, project: Path):
        write(project, secrets="external", secret_store="vault", ca_file="ca.pem")
        run = apps()
        assert not run.of("Secret")
        names = set(named(run, "ExternalSecret"))
        assert {"auth-secrets", "bootstrap-secrets", "postgresql-tls"} <= names
        assert named(run, "ConfigMap")["collab-trust"].inputs["data"]["ca.crt"].count("of RDS") == 1


GIVEN = """
[auth]
registration = "verified"
[[auth.oidc]]
id = "corp"
name = "Corp"
issuer = "https://id.example.org"
client_id = "collab"
client_secret_file = "corp-secret"
[mail]
smtp_host = "smtp.example.org"
smtp_user = "collab"
smtp_password_file = "mail-word"
"""
GIVEN_BY_A_STORE = GIVEN.replace('client_secret_file = "corp-secret"', "").replace(
    'smtp_password_file = "mail-word"', ""
)


class TestWhatTheOperatorGives:
    @pytest.fixture(autouse=True)
    def given(self, project: Path) -> None:
        (project / "mail-word").write_text("word of the mail\n")
        (project / "corp-secret").write_text("word of corp\n")

    def word(self, run: Run) -> str:
        values = next(chart.inputs["values"] for chart in run.of("Chart") if chart.name == "services")
        return values["services"]["auth"]["podAnnotations"]["checksum/secrets"]

    def test_is_in_the_secret_of_auth_and_nowhere_open(self, project: Path):
        write(project, rest=GIVEN)
        run = apps()
        held = {name: texts(each) for name, each in named(run, "Secret").items()}
        assert held["auth-secrets"]["smtp-password"] == "word of the mail"
        (provider,) = json.loads(held["auth-secrets"]["oidc-providers"])
        assert provider["client_secret"] == "word of corp"
        places = [each.wire for each in run.resources] + [each.state for each in run.resources]
        places += [run.exports, run.outputs]
        shown = [text for place in places for text in plain_texts(place)]
        hidden = ["word of the mail", "word of corp"]
        hidden += [base64.b64encode(held["auth-secrets"][key].encode()).decode() for key in held["auth-secrets"]]
        assert not [text for text in shown if any(one in text for one in hidden)]
        assert open_secrets(run) == []
        assert not [stash for stash in run.of("Stash") if "smtp" in stash.name or "oidc" in stash.name]

    def test_starts_auth_anew_when_it_changes(self, project: Path):
        write(project, rest=GIVEN)
        before = self.word(apps())
        (project / "mail-word").write_text("another\n")
        assert self.word(apps()) != before

    def test_that_is_missing_stops_the_program_with_its_setting(self, project: Path):
        write(project, rest=GIVEN)
        (project / "corp-secret").unlink()
        with pytest.raises(pulumi.RunError, match=r"auth\.oidc \(corp\): client_secret_file: .* cannot be read"):
            apps()

    def test_comes_from_a_store_where_that_has_the_secrets(self, project: Path):
        write(project, rest=GIVEN_BY_A_STORE, secrets="external", secret_store="vault", ca_file="ca.pem")
        run = apps()
        made = named(run, "ExternalSecret")["auth-secrets"].inputs["spec"]
        keys = {entry["remoteRef"]["key"] for entry in made["data"]}
        assert {"collab/team/smtp-password", "collab/team/oidc-corp"} <= keys
        assert "oidc-corp" in made["target"]["template"]["data"]["oidc-providers"]
        assert len(self.word(run)) == 16


class TestCertificates:
    def test_name_their_component_and_come_from_one_authority(self, project: Path):
        write(project)
        run = apps()
        trusted = named(run, "ConfigMap")["collab-trust"].inputs["data"]["ca.crt"]
        authority = x509.load_pem_x509_certificate(trusted.encode())
        for component in ("postgresql", "valkey", "seaweedfs", "auth", "collaboration"):
            held = named(run, "Secret")[f"{component}-tls"]
            assert held.inputs["type"] == "kubernetes.io/tls"
            certificate = x509.load_pem_x509_certificate(texts(held)["tls.crt"].encode())
            certificate.verify_directly_issued_by(authority)
            served = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            assert f"{component}.collab.svc.cluster.local" in served.get_values_for_type(x509.DNSName)
            assert texts(held)["ca.crt"] == trusted

    def test_are_made_anew_half_a_life_early(self):
        request = CertificateRequest(component="auth", secret="auth-tls", names=("auth",))
        now = datetime(2026, 3, 1, tzinfo=UTC)
        assert revision(request, now) == revision(request, now + timedelta(seconds=1))
        assert revision(request, now) != revision(request, now + RENEWAL)
        assert timedelta(days=365) - RENEWAL > timedelta(days=180)

    def test_a_new_name_is_a_new_certificate_and_restarts_its_pods(self, project: Path):
        write(project)
        before = {chart.name: chart.inputs["values"] for chart in apps().of("Chart")}
        write(project, namespace="elsewhere")
        after = {chart.name: chart.inputs["values"] for chart in apps().of("Chart")}

        def word(values: Mapping[str, Any]) -> str:
            return values["services"]["services"]["auth"]["podAnnotations"]["checksum/secrets"]

        assert word(before) != word(after)

    def test_none_where_nothing_inside_speaks_tls(self, project: Path):
        write(project, tls_inside=False, ingress="ingress", trusted_proxies=["10.0.0.0/8"])
        run = apps()
        assert not [name for name in named(run, "Secret") if name.endswith("-tls")]
        assert not [stash for stash in run.of("Stash") if "authority" in stash.name]


class TestStores:
    def test_addresses_come_from_the_data_stack(self, project: Path):
        write(project, postgresql="rds", redis="elasticache", object_storage="s3", ca_file="ca.pem")
        values = next(chart.inputs["values"] for chart in apps().of("Chart") if chart.name == "services")
        settings = values["services"]["collaboration"]["settings"]
        assert "@db.test:5432/" in settings["COLLAB_DATABASE_URL"]
        assert settings["COLLAB_REDIS_URL"].startswith("rediss://cache.test:6379")
        assert settings["COLLAB_S3_BUCKET"] == "team-objects"

    def test_or_from_the_configuration(self, project: Path):
        write(project, postgresql="rds", ca_file="ca.pem")
        given = {"postgresqlEndpoint": "other.test:5433", "postgresqlMasterSecretArn": "arn:aws:test:::other"}
        run = apps({"data": given})
        assert run.read == []
        values = next(chart.inputs["values"] for chart in run.of("Chart") if chart.name == "services")
        assert "@other.test:5433/" in values["services"]["auth"]["settings"]["COLLAB_DATABASE_URL"]

    def test_or_from_a_stack_of_another_name(self, project: Path):
        write(project, postgresql="rds", ca_file="ca.pem")
        assert apps({"dataStack": "acme/collab-data/other"}).read == ["acme/collab-data/other"]


def test_the_gateway_knows_whom_cloudflare_sends(project: Path):
    edge = '[cloudflare]\nzone_id = "0123456789abcdef0123456789abcdef"\norigin_address = "lb.example.org"\n'
    write(
        project,
        rest=edge,
        edge="cloudflare",
        service_type="LoadBalancer",
        tls_secret="gateway-tls",
        trusted_proxies=["173.245.48.0/20"],
    )
    run = apps()
    held = named(run, "Secret")["gateway-client-ca"]
    assert texts(held)["ca.crt"].endswith("edge\n")
    gateway = next(chart for chart in run.of("Chart") if chart.name == "gateway")
    assert held.urn in gateway.depends_on
    assert gateway.inputs["values"]["clientCa"] == {"enabled": True}


def test_a_tunnel_is_dialled_out_of_the_cluster(project: Path):
    edge = f'[cloudflare]\nzone_id = "{"0" * 32}"\naccount_id = "{"1" * 32}"\norigin = "tunnel"\n'
    write(project, rest=edge, edge="cloudflare", trusted_proxies=["10.244.0.0/16"])
    run = apps()
    token = named(run, "Secret")["cloudflared-secrets"]
    assert texts(token) == {"tunnel-token": "token of the tunnel"}
    deployment = named(run, "Deployment")["cloudflared"]
    gateway = next(chart for chart in run.of("Chart") if chart.name == "gateway")
    assert {token.urn, gateway.urn} <= set(deployment.depends_on)
    assert named(run, "NetworkPolicy")["cloudflared"].inputs["spec"]["ingress"] == []
    assert not open_secrets(run)


def test_pulumi_does_not_wait_for_what_no_controller_may_write(project: Path):
    write(project, ingress="ingress", trusted_proxies=["10.0.0.0/8"], ingress_annotations=["a.b/c=d"])
    values = next(chart.inputs["values"] for chart in apps().of("Chart") if chart.name == "gateway")
    assert values["ingress"]["annotations"] == {"a.b/c": "d", "pulumi.com/skipAwait": "true"}


@pytest.mark.parametrize("postgresql", ["built-in", "cloudnative-pg"])
def test_a_preview_knows_what_the_charts_get(project: Path, postgresql: str):
    write(project, postgresql=postgresql)
    run = apps(preview=True)
    values = next(chart.inputs["values"] for chart in run.of("Chart") if chart.name == "services")
    assert values["services"]["auth"]["replicas"] == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [('version = 1\ntarget = "local"\n', "has the target local"), ("version = 1\n[nonsense]\nx = 1\n", "nonsense")],
)
def test_a_wrong_environment_stops_the_program_with_a_reason(project: Path, text: str, said: str):
    (project / "environments" / "team.toml").write_text(text)
    with pytest.raises(pulumi.RunError, match=said):
        apps()


def test_an_image_that_was_not_built_is_named(project: Path):
    write(project)
    (project / "environments" / "team.images.json").unlink()
    with pytest.raises(pulumi.RunError, match="collab image build"):
        apps()


def test_an_open_secret_would_be_found():
    def program() -> None:
        held = pulumi.Stash("held", input=pulumi.Output.secret("made up and long"))
        pulumi.export("leak", pulumi.Output.unsecret(held.output))

    assert open_secrets(run_program(program)) != []
