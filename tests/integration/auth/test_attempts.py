"""What is counted as a guess, on the real Valkey."""

import secrets
from collections.abc import AsyncGenerator

import pytest

from collab_auth.attempts import Attempts
from collab_auth.problems import TooManyAttempts
from collab_auth.settings import AuthSettings
from collab_kit import events
from collab_kit.events import open_redis
from collab_kit.settings import Secret
from tests.datastores import Datastores
from tests.services import ed25519_pem


@pytest.fixture
async def attempts(datastores: Datastores, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Attempts]:
    # What is counted, not what becomes of it while Redis is slow: then all pass, or one counts twice.
    monkeypatch.setattr(events, "REDIS_TIMEOUT_S", 30.0)
    settings = AuthSettings(
        instance="test-1",
        port=0,
        public_url="http://127.0.0.1:8080",
        database_url="postgresql://a@127.0.0.1/a",
        database_password=Secret("x"),
        redis_url=datastores.valkey.url,
        redis_password=Secret(datastores.valkey.password),
        internal_token=Secret("x"),
        user_url="http://127.0.0.1:1",
        signing_key=Secret(ed25519_pem()),
        sign_in_attempts=2,
        sign_in_email_attempts=3,
        sign_in_address_attempts=4,
    )
    redis = open_redis(settings)
    yield Attempts(redis, settings)
    await redis.aclose()


def new_name() -> str:
    return secrets.token_hex(8)


async def test_what_succeeded_and_what_failed_on_our_side_is_no_guess(attempts: Attempts):
    email, address = new_name(), new_name()
    for undo in (attempts.forget, attempts.take_back) * 4:
        await attempts.begin(email, address)
        await undo(email, address)
    await attempts.begin(email, address)
    await attempts.begin(email, address)
    with pytest.raises(TooManyAttempts) as refused:
        await attempts.begin(email, address)
    assert 0 < (refused.value.retry_after_s or 0) <= 900


async def test_an_email_is_guessed_at_from_few_addresses(attempts: Attempts):
    email, home = new_name(), new_name()
    await attempts.begin(email, home)
    await attempts.forget(email, home)
    for _ in range(3):
        await attempts.begin(email, new_name())
    with pytest.raises(TooManyAttempts):
        await attempts.begin(email, new_name())
    await attempts.begin(email, home)


async def test_an_address_guesses_at_few_emails(attempts: Attempts):
    address = new_name()
    for _ in range(4):
        await attempts.begin(new_name(), address)
    with pytest.raises(TooManyAttempts):
        await attempts.begin(new_name(), address)


async def test_what_may_be_asked_for_a_few_times(attempts: Attempts):
    subject = new_name()
    for _ in range(2):
        await attempts.spend("forgot", subject, limit=2)
    await attempts.spend("verify", subject, limit=2)
    with pytest.raises(TooManyAttempts):
        await attempts.spend("forgot", subject, limit=2)


async def test_of_ipv6_a_network_is_an_address(attempts: Attempts):
    network = f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}"
    for number in range(2):
        await attempts.spend_from("forgot", f"{network}::{number}", limit=2)
    with pytest.raises(TooManyAttempts):
        await attempts.spend_from("forgot", f"{network}:aaaa::1", limit=2)
    other = f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}"
    await attempts.spend_from("forgot", f"{other}::1", limit=2)


async def test_an_address_is_the_same_however_it_is_written(attempts: Attempts):
    address = f"198.18.{secrets.randbelow(256)}.{secrets.randbelow(256)}"
    await attempts.spend_from("written", address, limit=1)
    with pytest.raises(TooManyAttempts):
        await attempts.spend_from("written", f"::ffff:{address}", limit=1)


async def test_what_is_given_back_counts_no_more(attempts: Attempts):
    address = new_name()
    for _ in range(3):
        await attempts.spend_from("taken", address, limit=1)
        await attempts.give_back_from("taken", address)
    await attempts.spend_from("taken", address, limit=1)
    with pytest.raises(TooManyAttempts):
        await attempts.spend_from("taken", address, limit=1)
