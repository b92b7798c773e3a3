"""What is sealed can be opened by who sealed it, for what it was sealed for, and if nobody changed it."""

import pytest

from collab_kit.sealing import SealBroken, Sealer
from collab_kit.settings import Secret, SettingsError
from tests.services import ed25519_pem

PEM = ed25519_pem()


def test_it_opens_after_a_restart_and_looks_different_each_time():
    sealed = Sealer(Secret(PEM), purpose="auth/totp").seal(b"secret", context=b"ada")
    assert Sealer(Secret(f"\n{PEM}\n"), purpose="auth/totp").open(sealed, context=b"ada") == b"secret"
    assert Sealer(Secret(PEM), purpose="auth/totp").seal(b"secret", context=b"ada") != sealed
    assert b"secret" not in sealed


def test_another_key_purpose_context_or_a_changed_byte_do_not_open_it():
    sealer = Sealer(Secret(PEM), purpose="auth/totp")
    sealed = sealer.seal(b"secret", context=b"ada")
    others = [
        (Sealer(Secret(ed25519_pem()), purpose="auth/totp"), sealed, b"ada"),
        (Sealer(Secret(PEM), purpose="auth/oidc"), sealed, b"ada"),
        (sealer, sealed, b"grace"),
        *((sealer, sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :], b"ada") for place in (0, 5, -1)),
        (sealer, b"", b"ada"),
        (sealer, sealed[:13], b"ada"),
    ]
    for other, content, context in others:
        with pytest.raises(SealBroken):
            other.open(content, context=context)


def test_a_wrong_key_is_a_wrong_setting():
    with pytest.raises(SettingsError):
        Sealer(Secret("no key"), purpose="auth/totp")
