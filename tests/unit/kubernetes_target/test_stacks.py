"""The stacks of an environment: order, configuration, state backend, locks, and what is written for the engine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from collab_platform.components.configuration import parse
from collab_platform.components.data import DataSettings
from collab_platform.components.edge import EdgeSettings
from collab_platform.environment import Environment, Resolved, load
from collab_platform.errors import CollabError, LockedError
from collab_platform.targets.kubernetes.backend import Places, backend_url, engine_variables, prepare
from collab_platform.targets.kubernetes.diff import UNKNOWN, changed_paths, diff_lines
from collab_platform.targets.kubernetes.installation import Installation
from collab_platform.targets.kubernetes.stack_order import stack_specs
from collab_platform.targets.kubernetes.stacks import flag_variables, lock_holder
from collab_platform.targets.kubernetes.target import KubernetesTarget
from collab_platform.targets.kubernetes.unlock import read_locks, unlock
from tests.unit.kubernetes_target.conftest import BASE, Play
from tests.unit.kubernetes_target.fake_pulumi import calls
from tests.unit.kubernetes_target.test_engine import LOCKED

CLOUD = """[kubernetes]
postgresql = "rds"
ca_file = "ca.pem"
edge = "cloudflare"
service_type = "LoadBalancer"
tls_secret = "gateway-tls"
trusted_proxies = ["173.245.48.0/20"]
observability = true
context = "production"
[postgresql]
max_connections = 200
[aws]
region = "eu-central-1"
vpc_id = "vpc-01"
vpc_cidrs = ["10.0.0.0/16"]
private_subnet_ids = ["subnet-0a", "subnet-0b"]
cluster_security_group_id = "sg-01"
[cloudflare]
zone_id = "0123456789abcdef0123456789abcdef"
origin_address = "lb.example.org"
"""
NO_STACK = {"stack select": {"code": 255, "stderr": "error: no stack named 'team' found\n"}}


def environment(project: Path, rest: str = "", **flags: str) -> Resolved:
    (project / "environments" / "team.toml").write_text(BASE + rest)
    return load("team", root=project, variables={}, flags=flags)


class TestOrder:
    def test_each_comes_after_those_that_it_reads(self, project: Path):
        specs = stack_specs("team", environment(project, CLOUD).environment)
        assert [spec.name for spec in specs] == ["data", "edge", "apps", "observability"]
        assert [spec.name for spec in specs if spec.holds_data] == ["data"]

    def test_a_cluster_that_has_everything_needs_one(self, resolved: Resolved):
        (spec,) = stack_specs("team", resolved.environment)
        assert (spec.name, spec.project) == ("apps", "collab-apps")

    @pytest.mark.parametrize(("name", "settings"), [("data", DataSettings), ("edge", EdgeSettings)])
    def test_the_programs_understand_their_configuration(
        self, project: Path, name: str, settings: type[DataSettings] | type[EdgeSettings]
    ):
        (spec,) = [each for each in stack_specs("team", environment(project, CLOUD).environment) if each.name == name]
        prefix = f"{spec.project}:"
        values = {key.removeprefix(prefix): value for key, value in spec.config.items() if key.startswith(prefix)}
        assert parse(values, settings, project=spec.project)


class TestBackend:
    def test_is_files_of_our_own_with_a_passphrase_of_their_own(self, installation: Installation):
        prepare(installation.environment, installation.places)
        variables = engine_variables(installation.environment, installation.places)
        assert variables["PULUMI_BACKEND_URL"] == f"file://{installation.places.files_backend}"
        passphrase = Path(variables["PULUMI_CONFIG_PASSPHRASE_FILE"])
        assert passphrase.stat().st_mode & 0o777 == 0o600
        first = passphrase.read_text()
        prepare(installation.environment, installation.places)
        assert passphrase.read_text() == first
        assert len(first.strip()) >= 40
        assert first.strip() not in str(variables)

    def test_or_what_the_environment_names(self, project: Path, monkeypatch: pytest.MonkeyPatch):
        chosen = environment(project, '[pulumi]\nbackend = "s3://states"\nsecrets_provider = "awskms://alias/x"\n')
        places = Places.of("team", project)
        assert backend_url(chosen.environment, places) == "s3://states"
        assert "PULUMI_CONFIG_PASSPHRASE_FILE" not in engine_variables(chosen.environment, places)
        monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "the operator's own")
        assert "PULUMI_CONFIG_PASSPHRASE_FILE" not in engine_variables(Environment(), places)

    def test_a_stack_without_its_passphrase_is_not_touched(self, project: Path, engine: Play):
        engine()
        chosen = environment(project, '[pulumi]\nbackend = "s3://states"\n')
        stacks = Installation(chosen, root=project).stacks
        with pytest.raises(CollabError, match=r"passphrase .* not on this machine"):
            stacks.existing(stacks.specs[0])


class TestStacks:
    def test_looking_makes_nothing(self, installation: Installation, engine: Play):
        folder = engine()
        assert installation.stacks.existing(installation.stacks.specs[0]) is None
        assert not [call for call in calls(folder) if "version" not in call["argv"]]
        assert not installation.places.pulumi.exists()

    def test_a_new_one_is_configured_without_a_value_on_a_command_line(self, project: Path, engine: Play):
        folder = engine(NO_STACK)
        installation = Installation(environment(project, CLOUD), root=project)
        stack = installation.stacks.made(installation.stacks.specs[0])
        assert stack.name == "team"
        argv = [call["argv"] for call in calls(folder)]
        assert ["--non-interactive", "stack", "init", "team", "--secrets-provider", "passphrase"] in argv
        assert not [call for call in argv if "config" in call]
        work = installation.places.work("data")
        project_file = yaml.safe_load((work / "Pulumi.yaml").read_text())
        assert project_file["name"] == "collab-data"
        assert Path(project_file["main"]).joinpath("__main__.py").is_file()
        config = yaml.safe_load((work / "Pulumi.team.yaml").read_text())["config"]
        assert config["aws:region"] == "eu-central-1"
        assert json.loads(config["collab-data:privateSubnetIds"]) == ["subnet-0a", "subnet-0b"]

    def test_what_encrypts_its_secrets_stays(self, installation: Installation, engine: Play):
        engine()
        prepare(installation.environment, installation.places)
        work = installation.places.work("apps")
        work.mkdir(parents=True)
        (work / "Pulumi.team.yaml").write_text("encryptionsalt: v1:abc\nconfig:\n  collab-apps:old: x\n")
        installation.stacks.existing(installation.stacks.specs[0])
        held = yaml.safe_load((work / "Pulumi.team.yaml").read_text())
        assert held == {"encryptionsalt": "v1:abc", "config": {"collab-apps:environment": "team"}}

    def test_a_locked_one_names_who_holds_it_and_how_long(self, installation: Installation, engine: Play):
        engine({"stack select": {"code": 255, "stderr": LOCKED}})
        prepare(installation.environment, installation.places)
        with pytest.raises(LockedError, match=r"stack apps is held by ada@office \(pid 77\) for \d+ h") as caught:
            installation.stacks.existing(installation.stacks.specs[0])
        assert "collab unlock" in caught.value.remedy
        assert lock_holder("something else") == "another update"

    def test_flags_reach_the_programs_as_variables(self, project: Path):
        chosen = environment(
            project,
            **{
                "kubernetes.namespace": "docs",
                "kubernetes.tls_inside": "false",
                "aws.vpc_cidrs": "10.0.0.0/8,11.0.0.0/8",
            },
        )
        variables = flag_variables(chosen)
        assert variables == {
            "COLLAB_KUBERNETES_NAMESPACE": "docs",
            "COLLAB_KUBERNETES_TLS_INSIDE": "false",
            "COLLAB_AWS_VPC_CIDRS": "10.0.0.0/8,11.0.0.0/8",
        }
        again = load("team", root=project, variables=variables, flags={})
        assert again.environment == chosen.environment

    def test_what_was_under_way_is_read_from_the_state(self, installation: Installation, engine: Play):
        urn = "urn:pulumi:team::collab-apps::kubernetes:apps/v1:Deployment::auth"
        state = {"deployment": {"pending_operations": [{"resource": {"urn": urn}, "type": "creating"}]}}
        folder = engine({"stack export": {"stdout": json.dumps(state)}})
        prepare(installation.environment, installation.places)
        stacks = installation.stacks
        stack = stacks.existing(stacks.specs[0])
        assert stack is not None
        assert stacks.pending(stacks.specs[0], stack) == ((urn, "creating"),)
        assert not [call for call in calls(folder) if "--show-secrets" in call["argv"]]


class TestUnlock:
    def test_frees_what_is_held_and_says_by_whom(self, installation: Installation, engine: Play):
        folder = engine()
        prepare(installation.environment, installation.places)
        locks = installation.places.files_backend / ".pulumi" / "locks" / "organization" / "collab-apps" / "team"
        locks.mkdir(parents=True)
        held = {"pid": 77, "username": "ada", "hostname": "office", "timestamp": "2026-03-01T12:00:00Z"}
        (locks / "1.json").write_text(json.dumps(held))
        (locks / "2.json").write_text("half of one")
        assert len(read_locks(installation.places.files_backend, "collab-apps")) == 1
        (freed,) = unlock(installation)
        assert freed.startswith("stack apps, held by ada@office (pid 77) for ")
        assert ["--non-interactive", "cancel", "--yes", "--stack", "team"] in [call["argv"] for call in calls(folder)]

    def test_does_nothing_where_nothing_is_held(self, installation: Installation, engine: Play):
        folder = engine()
        prepare(installation.environment, installation.places)
        assert unlock(installation) == ()
        assert not [call for call in calls(folder) if "cancel" in call["argv"]]


class TestDiff:
    def test_names_the_leaves_that_differ(self):
        before = {"a": {"b": 1, "c/d": 2}, "e": [1]}
        assert list(changed_paths(before, {"a": {"b": 1, "c/d": 3}, "e": [1, 2]})) == ['a["c/d"]', "e"]

    def test_what_is_not_known_yet_is_said_in_words(self):
        assert diff_lines("t", {"a": 1}, {"a": UNKNOWN}, {"a": "update"}) == ("~ a: 1 -> known after it is made",)

    def test_is_bounded(self):
        lines = diff_lines("t", {}, {f"k{number:03}": "x" * 200 for number in range(60)}, ())
        assert lines[-1] == "and 20 more"
        assert all(len(line) < 120 for line in lines)

    def test_indices_and_quoted_keys_are_followed(self):
        old = {"spec": {"containers": [{"env": {"a.b": "1"}}]}}
        new = {"spec": {"containers": [{"env": {"a.b": "2"}}]}}
        assert diff_lines("t", old, new, ['spec.containers[0].env["a.b"]']) == (
            '~ spec.containers[0].env["a.b"]: 1 -> 2',
        )


def test_a_missing_engine_stops_every_command_that_needs_one(
    resolved: Resolved, project: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLLAB_PULUMI", "/no/such/pulumi")
    target = KubernetesTarget(resolved, root=project)
    commands = (target.preview, target.drift, target.unlock, lambda: target.up(lambda _: None))
    for command in commands:
        with pytest.raises(CollabError, match="/no/such/pulumi") as caught:
            command()
        assert caught.value.exit_code == 7
    assert target.outputs()["kubernetes.namespace"] == "collab"
    assert not (project / ".collab").exists()
