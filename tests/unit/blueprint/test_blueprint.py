"""The blueprint is whole: nothing in it points at what is not there."""

import msgspec
import pytest

from collab_platform.blueprint import Address, Blueprint, derive
from collab_platform.environment import Environment
from collab_platform.environment.schema import Collaboration, Gateway, Services

ENVIRONMENTS = {
    "default": Environment(),
    "scaled": Environment(
        services=Services(auth_replicas=2, document_replicas=3), collaboration=Collaboration(replicas=3)
    ),
}


@pytest.fixture(params=list(ENVIRONMENTS))
def blueprint(request: pytest.FixtureRequest) -> Blueprint:
    return derive("test", ENVIRONMENTS[request.param])


def test_components_come_after_what_they_depend_on(blueprint: Blueprint):
    seen: set[str] = set()
    for component in blueprint.components:
        assert set(component.depends_on) <= seen, component.name
        seen.add(component.name)


def test_every_address_names_a_port_that_exists(blueprint: Blueprint):
    for component in blueprint.components:
        for variable, value in component.settings.items():
            if isinstance(value, Address) and value.component:
                assert value.port in blueprint.component(value.component).ports, (component.name, variable)


def test_every_secret_used_is_generated_and_none_else(blueprint: Blueprint):
    used = {secret for component in blueprint.components for secret in component.secrets.values()}
    assert used == {secret.name for secret in blueprint.secrets}


def test_signing_keys_are_keys_and_have_one_holder(blueprint: Blueprint):
    for secret in blueprint.secrets:
        holders = [component.name for component in blueprint.components if secret.name in component.secrets.values()]
        if secret.name.endswith("-signing-key"):
            assert secret.kind == "ed25519-private-key"
            assert holders == [secret.name.removesuffix("-signing-key")]
        else:
            assert secret.kind == "password"


def test_no_service_has_the_password_of_another(blueprint: Blueprint):
    for component in blueprint.components:
        databases = {name for name in component.secrets.values() if name.startswith("postgresql-")}
        if component.kind == "service":
            assert databases == {f"postgresql-{component.name}"}


def test_routes_lead_to_ports_that_exist_most_specific_first(blueprint: Blueprint):
    for index, route in enumerate(blueprint.routes):
        assert route.port in blueprint.component(route.component).ports, route.name
        for earlier in blueprint.routes[:index]:
            assert earlier.path != route.path
            if earlier.match == "prefix":
                assert not route.path.startswith(earlier.path), f"{earlier.name} hides {route.name}"
    assert len({route.name for route in blueprint.routes}) == len(blueprint.routes)


def test_what_has_no_other_authentication_asks_auth(blueprint: Blueprint):
    public = {route.name for route in blueprint.routes if route.access == "public"}
    assert public == {
        "jwks", "auth-schema", "user-schema", "document-schema", "collaboration-schema",
        "auth-register", "auth-sign-in", "auth-second-factor", "auth-password-forgot", "auth-password-reset",
        "auth-email-verify", "auth-email-resend", "auth-email-confirm", "auth-refresh", "auth-sign-out",
        "auth-providers", "auth-oidc",
        "avatar", "document-link", "document-linked", "uploads", "versions", "collaboration", "attachments",
    }  # fmt: skip


def test_no_route_takes_more_than_the_environment_allows():
    environment = Environment(gateway=Gateway(max_body_bytes=2048, max_upload_bytes=2048))
    assert all(route.max_body_bytes <= 2048 for route in derive("test", environment).routes)


def test_replicas_are_the_environments(blueprint: Blueprint):
    assert derive("test", ENVIRONMENTS["scaled"]).component("collaboration").replicas == 3
    assert blueprint.component("gateway").replicas == 1


def test_no_setting_holds_a_secret(blueprint: Blueprint):
    for component in blueprint.components:
        for variable in component.settings:
            assert not any(word in variable for word in ("PASSWORD", "TOKEN_FILE", "SECRET", "KEY_FILE")), variable


def test_the_environment_is_immutable():
    with pytest.raises(AttributeError):
        Environment().gateway.port = 1  # pyright: ignore[reportAttributeAccessIssue] - that it cannot is the point
    assert msgspec.to_builtins(Environment())["version"] == 1
