"""The harness finds a secret wherever a program leaves it open: without this, `leaks() == []` would prove nothing."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws
import pulumi_random as random
import pytest
from pulumi.runtime.rpc import UNKNOWN as PULUMIS_UNKNOWN

from collab_platform.components.policies.model import UNKNOWN
from tests.unit.stacks.harness import run_program


def password() -> pulumi.Output[str]:
    return random.RandomPassword("password", length=20).result


def as_an_input() -> None:
    aws.secretsmanager.Secret("leaky", description=pulumi.Output.unsecret(password()))


def within_an_input() -> None:
    open_password = pulumi.Output.unsecret(password())
    aws.secretsmanager.Secret("leaky", tags={"token": open_password.apply(lambda text: f"token={text}")})


def as_an_export() -> None:
    pulumi.export("leaky", {"nested": [pulumi.Output.unsecret(password())]})


def as_a_components_output() -> None:
    component = pulumi.ComponentResource("test:Leaky", "leaky")
    component.register_outputs({"leaky": pulumi.Output.unsecret(password())})


@pytest.mark.parametrize("program", [as_an_input, within_an_input, as_an_export, as_a_components_output])
def test_an_open_secret_is_found(program: object):
    assert callable(program)
    assert run_program(program).leaks()


def test_a_kept_secret_is_not():
    def program() -> None:
        secret = password()
        aws.secretsmanager.SecretVersion("kept", secret_id="id", secret_string=secret)
        pulumi.export("kept", secret)

    assert run_program(program).leaks() == []


def test_the_placeholder_of_a_preview_is_pulumis():
    assert UNKNOWN == PULUMIS_UNKNOWN
