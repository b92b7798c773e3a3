"""Secrets that are shown again."""

from uuid import uuid4

import pytest

from collab_document.sealing import Sealer, UnreadableSecret
from collab_kit.settings import Secret, SettingsError
from tests.services import ed25519_pem


def test_what_was_sealed_is_opened_again():
    pem, row = ed25519_pem(), uuid4()
    sealed = Sealer(Secret(pem), purpose="links").seal("a token", row)
    assert b"a token" not in sealed
    assert Sealer(Secret(pem + "\n"), purpose="links").open(sealed, row) == "a token"


def test_it_is_sealed_anew_each_time():
    sealer, row = Sealer(Secret(ed25519_pem()), purpose="links"), uuid4()
    assert sealer.seal("a token", row) != sealer.seal("a token", row)


def test_only_the_same_key_purpose_and_row_open_it():
    pem, row = ed25519_pem(), uuid4()
    sealer = Sealer(Secret(pem), purpose="links")
    sealed = sealer.seal("a token", row)
    wrong = [
        (Sealer(Secret(ed25519_pem()), purpose="links"), sealed, row),
        (Sealer(Secret(pem), purpose="webhooks"), sealed, row),
        (sealer, sealed, uuid4()),
        (sealer, sealed[:-1] + bytes([sealed[-1] ^ 1]), row),
        (sealer, b"\x02" + sealed[1:], row),
        (sealer, b"", row),
    ]
    for other, content, of in wrong:
        with pytest.raises(UnreadableSecret):
            other.open(content, of)


def test_the_key_has_to_be_one():
    with pytest.raises(SettingsError):
        Sealer(Secret("no key"), purpose="links")
