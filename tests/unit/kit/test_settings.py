"""Settings come from the environment, whole or not at all."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab_kit.settings import Secret, ServiceSettings, SettingsError, load_settings


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    return {
        "COLLAB_INSTANCE": "auth-1",
        "COLLAB_PORT": "8101",
        "COLLAB_PUBLIC_URL": "http://127.0.0.1:8080",
        "COLLAB_DATABASE_URL": "postgresql://collab_auth@127.0.0.1:5432/collab",
        "COLLAB_DATABASE_PASSWORD_FILE": str(secret),
        "COLLAB_REDIS_URL": "redis://127.0.0.1:6379/0",
        "COLLAB_REDIS_PASSWORD_FILE": str(secret),
        "COLLAB_INTERNAL_TOKEN_FILE": str(secret),
    }


def test_what_is_not_set_has_its_documented_default(environment: dict[str, str]):
    settings = load_settings(ServiceSettings, environment)
    assert (settings.host, settings.port, settings.log_level) == ("127.0.0.1", 8101, "info")
    assert (settings.drain_timeout_s, settings.database_pool_max) == (10.0, 4)
    assert settings.database_password.reveal() == "s3cret"


def test_every_missing_variable_is_named():
    with pytest.raises(SettingsError) as raised:
        load_settings(ServiceSettings, {})
    assert [problem.split(" ")[0] for problem in raised.value.problems] == [
        "COLLAB_INSTANCE",
        "COLLAB_PORT",
        "COLLAB_PUBLIC_URL",
        "COLLAB_DATABASE_URL",
        "COLLAB_DATABASE_PASSWORD_FILE",
        "COLLAB_REDIS_URL",
        "COLLAB_REDIS_PASSWORD_FILE",
        "COLLAB_INTERNAL_TOKEN_FILE",
    ]


@pytest.mark.parametrize(
    ("variable", "value", "expectation"),
    [
        ("COLLAB_PORT", "70000", "expected a port from 1 to 65535"),
        ("COLLAB_PORT", "eighty", "expected a port from 1 to 65535"),
        ("COLLAB_LOG_LEVEL", "loud", "expected one of debug, info, warning, error"),
        ("COLLAB_DRAIN_TIMEOUT_S", "0", "expected a number of seconds above 0"),
        ("COLLAB_PUBLIC_URL", "http://127.0.0.1:8080/", "expected a base URL without path"),
        ("COLLAB_DATABASE_URL", "postgresql://role:password@host/db", "without a password"),
        ("COLLAB_REDIS_URL", "redis://:password@host", "without a password"),
        ("COLLAB_INSTANCE", "Auth 1", "lower-case letters"),
    ],
)
def test_a_wrong_value_is_told_from_what_was_expected(
    environment: dict[str, str], variable: str, value: str, expectation: str
):
    with pytest.raises(SettingsError) as raised:
        load_settings(ServiceSettings, environment | {variable: value})
    (problem,) = raised.value.problems
    assert problem.startswith(f"{variable} is wrong: ")
    assert expectation in problem
    assert "password@" not in problem


@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "is empty"), (b"\n", "is empty"), (b"\xff", "UTF-8"), (b"x" * 70_000, "larger than")]
)
def test_a_secret_that_cannot_be_one_is_named(environment: dict[str, str], tmp_path: Path, content: bytes, reason: str):
    path = tmp_path / "odd"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match="COLLAB_REDIS_PASSWORD_FILE") as raised:
        load_settings(ServiceSettings, environment | {"COLLAB_REDIS_PASSWORD_FILE": str(path)})
    assert reason in str(raised.value)


def test_a_secret_does_not_show_itself():
    secret = Secret("hunter2")
    assert "hunter2" not in f"{secret} {secret!r} {[secret]}"
    assert secret.matches("hunter2")
    assert not secret.matches("hunter")


@given(st.text(min_size=1), st.text())
def test_a_secret_matches_only_itself(value: str, other: str):
    assert Secret(value).matches(other) is (value == other)
