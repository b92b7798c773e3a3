"""Passwords are verified off the loop, and never more at once than allowed."""

import asyncio

import pytest

from collab_auth import passwords as module
from collab_auth.passwords import Busy, Passwords
from collab_auth.settings import AuthSettings
from collab_kit.settings import Secret


def settings(*, workers: int = 1, memory_kib: int = 1024) -> AuthSettings:
    return AuthSettings(
        instance="auth-1",
        port=0,
        public_url="http://127.0.0.1",
        database_url="postgresql://a@127.0.0.1/a",
        database_password=Secret("x"),
        redis_url="redis://127.0.0.1",
        redis_password=Secret("x"),
        internal_token=Secret("x"),
        user_url="http://127.0.0.1",
        signing_key=Secret("x"),
        password_memory_kib=memory_kib,
        password_passes=1,
        password_workers=workers,
    )


async def test_only_the_right_password_is_right():
    async with Passwords(settings()) as passwords:
        stored = await passwords.hash("correct horse")
        assert stored.startswith("$argon2id$v=19$m=1024,t=1,p=1$")
        assert await passwords.verify(stored, "correct horse")
        assert not await passwords.verify(stored, "correct horse ")
        assert not await passwords.verify(None, "a password nobody has")
        assert not await passwords.verify("not a hash", "correct horse")


async def test_other_parameters_make_a_hash_outdated():
    async with Passwords(settings()) as passwords:
        assert not passwords.is_outdated(await passwords.hash("x"))
        assert passwords.is_outdated("$argon2id$v=19$m=512,t=1,p=1$c29tZXNhbHQ$YWJjZGVmZ2hpamtsbW5vcA")


async def test_the_loop_goes_on_while_passwords_are_hashed():
    # Long enough for the loop to have had its turn, however busy the machine is.
    async with Passwords(settings(memory_kib=32 * 1024)) as passwords:
        hashing = asyncio.gather(*(passwords.hash("x") for _ in range(8)))
        turns = 0
        while not hashing.done():
            turns += 1
            await asyncio.sleep(0)
        assert turns > 8
        await hashing


async def test_too_many_waiting_are_sent_away(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "_MAX_WAITING", 2)
    async with Passwords(settings()) as passwords:
        answers = await asyncio.gather(*(passwords.hash("x") for _ in range(5)), return_exceptions=True)
    assert [isinstance(answer, Busy) for answer in answers] == [False, False, True, True, True]
