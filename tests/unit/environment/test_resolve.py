"""One environment from its layers, every value by its type, every fault with where it came from."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from collab_platform.environment import Environment, Origin, Resolved, leaves, resolve
from collab_platform.errors import EnvironmentInvalidError, ExitCode


def resolved(
    file: Mapping[str, Any] | None = None,
    variables: Mapping[str, str] | None = None,
    flags: Mapping[str, str] | None = None,
) -> Resolved:
    return resolve(
        name="test",
        file=file or {},
        file_name="environments/test.toml",
        variables=variables or {},
        flags=flags or {},
    )


def faults(**layers: Mapping[str, Any]) -> tuple[str, ...]:
    with pytest.raises(EnvironmentInvalidError) as caught:
        resolved(**layers)
    assert caught.value.exit_code is ExitCode.ENVIRONMENT_INVALID
    return caught.value.details


def test_nothing_said_is_the_default():
    answer = resolved()
    assert answer.environment == Environment()
    assert set(answer.origins) == set(leaves())
    assert {origin.kind for origin in answer.origins.values()} == {"default"}


@pytest.mark.parametrize(
    ("layers", "port", "origin"),
    [
        ({"file": {"gateway": {"port": 1001}}}, 1001, Origin("file", "environments/test.toml")),
        (
            {"file": {"gateway": {"port": 1001}}, "variables": {"COLLAB_GATEWAY_PORT": "1002"}},
            1002,
            Origin("variable", "COLLAB_GATEWAY_PORT"),
        ),
        (
            {
                "file": {"gateway": {"port": 1001}},
                "variables": {"COLLAB_GATEWAY_PORT": "1002"},
                "flags": {"gateway.port": "1003"},
            },
            1003,
            Origin("flag", "--set gateway.port"),
        ),
    ],
)
def test_flag_beats_variable_beats_file(layers: dict[str, Mapping[str, Any]], port: int, origin: Origin):
    answer = resolved(**layers)
    assert answer.environment.gateway.port == port
    assert answer.origins["gateway.port"] == origin


def test_every_fault_is_told_at_once():
    told = faults(
        file={"gateway": {"prt": 1, "port": "8080"}, "foo": 1, "site": 3},
        variables={"COLLAB_GATEWAY_TLS": "yes"},
        flags={"logs.keep": "0", "logs.kep": "1"},
    )
    assert [fault.split(" (")[0] for fault in told] == [
        "environments/test.toml: site is a table, for example [site]",
        "environments/test.toml: gateway.prt: no such setting; did you mean gateway.port?",
        "environments/test.toml: foo: no such setting",
        "--set logs.kep: no such setting; did you mean logs.keep?",
        "environments/test.toml: gateway.port: expected an integer from 0 to 65,535, for example 0, got '8080'",
        "COLLAB_GATEWAY_TLS: expected one of off, dev-ca, for example 'dev-ca', got 'yes'",
        "--set logs.keep: expected an integer from 1 to 100, for example 3, got '0'",
    ]


def test_a_file_of_another_version_is_refused():
    assert faults(file={"version": 2}) == ("environments/test.toml: version: expected 1, for example 1, got 2",)


@pytest.mark.parametrize("key", list(leaves()))
def test_every_leaf_is_described_and_its_default_is_valid(key: str):
    leaf = leaves()[key]
    assert leaf.description.endswith("."), "a sentence"
    assert leaf.check(leaf.default) == leaf.default
    assert leaf.variable.startswith("COLLAB_")
    for example in leaf.examples:
        leaf.check(example)


def test_no_two_leaves_share_a_variable():
    assert len({leaf.variable for leaf in leaves().values()}) == len(leaves())


def test_a_list_has_commas_in_variables_and_flags():
    answer = resolved(
        file={"aws": {"vpc_cidrs": ["10.0.0.0/16"]}},
        variables={"COLLAB_KUBERNETES_TRUSTED_PROXIES": "10.0.0.0/8, 192.168.0.0/16"},
        flags={"kubernetes.service_annotations": "a=b"},
    )
    assert answer.environment.aws.vpc_cidrs == ("10.0.0.0/16",)
    assert answer.environment.kubernetes.trusted_proxies == ("10.0.0.0/8", "192.168.0.0/16")
    assert answer.environment.kubernetes.service_annotations == ("a=b",)
    assert resolved(flags={"kubernetes.trusted_proxies": ""}).environment.kubernetes.trusted_proxies == ()


@pytest.mark.parametrize("value", ["10.0.0.0/8", [1], ["ten"]])
def test_a_list_of_something_else_is_refused(value: object):
    (told,) = faults(file={"kubernetes": {"trusted_proxies": value}})
    assert "kubernetes.trusted_proxies: expected a list, each item text matching" in told
    assert "for example ['10.244.0.0/16']" in told


CORP = {
    "id": "corp",
    "name": "Corp",
    "issuer": "https://id.example.org",
    "client_id": "collab",
    "client_secret_file": "secrets/corp",
}


def test_a_list_of_tables_comes_from_the_file_or_as_json():
    for answer in (
        resolved(file={"auth": {"oidc": [CORP]}}),
        resolved(variables={"COLLAB_AUTH_OIDC": json.dumps([CORP])}),
        resolved(flags={"auth.oidc": json.dumps([CORP])}),
    ):
        (provider,) = answer.environment.auth.oidc
        assert (provider.id, provider.client_secret_file, provider.scopes) == (
            "corp", "secrets/corp", "openid email profile",
        )  # fmt: skip
    assert resolved(flags={"auth.oidc": ""}).environment.auth.oidc == ()


def test_what_is_wrong_in_a_table_is_told_by_its_place_and_shows_no_secret():
    wrong = {"id": "Corp!", "client_id": "collab", "client_secret": "hush", "issuer": "https://id.example.org"}
    told = faults(file={"auth": {"oidc": [CORP, wrong]}})
    at = "environments/test.toml: auth.oidc: entry 2: "
    assert told == (
        f"{at}client_secret: no such setting; did you mean client_secret_file?",
        f"{at}id: expected text matching ^[a-z0-9][a-z0-9-]{{0,30}}$, for example 'corp'",
        f"{at}name: expected text, for example 'Example Corporation'",
    )
    for other in (CORP, "hush", 3):
        (fault,) = faults(file={"auth": {"oidc": other}})
        assert fault.startswith("environments/test.toml: auth.oidc: expected a list of tables, each with id, name")
        assert "hush" not in fault
    (fault,) = faults(variables={"COLLAB_AUTH_OIDC": "hush"})
    assert fault.startswith("COLLAB_AUTH_OIDC: expected a list of tables")
    assert "hush" not in fault


def test_an_image_that_is_called_latest_is_refused():
    assert len(faults(flags={"kubernetes.postgresql_image": "ghcr.io/x/postgresql:latest"})) == 1
    digest = "ghcr.io/x/postgresql@sha256:" + "a" * 64
    assert resolved(flags={"kubernetes.postgresql_image": digest}).environment.kubernetes.postgresql_image == digest
