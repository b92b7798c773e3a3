"""The WebAuthn library against a real authenticator's bytes: what is good, and what is noticed."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab_auth.factors.ceremonies import Ceremonies, CeremonyFailed
from collab_auth.factors.rules import RelyingParty
from collab_auth.factors.store import KnownPasskey, NewPasskey
from tests.integration.auth.authenticator import SoftKey, base64url

ADA = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
ORIGIN = "https://docs.example.org"
CHALLENGE = b"c" * 64
CEREMONIES = Ceremonies(RelyingParty.of(ORIGIN))


def register(key: SoftKey) -> NewPasskey:
    options = CEREMONIES.registration_options(ADA, email="ada@example.org", challenge=CHALLENGE, known=[])
    return CEREMONIES.register(key.create(options), challenge=CHALLENGE, name="Key")


def known(new: NewPasskey) -> KnownPasskey:
    return KnownPasskey(
        id=ADA, account_id=ADA, public_key=new.public_key, sign_count=new.sign_count, email="ada@example.org"
    )


def ask(*, alone: bool = True) -> dict[str, Any]:
    return CEREMONIES.sign_in_options(challenge=CHALLENGE, known=[], alone=alone)


def test_what_was_registered_signs_in_and_counts():
    key = SoftKey(ORIGIN)
    new = register(key)
    assert new.credential_id == key.credential_id
    assert new.transports == ["internal", "hybrid"]
    assert new.backed_up
    used = CEREMONIES.sign_in(key.get(ask()), known(new), challenge=CHALLENGE, alone=True)
    assert used.sign_count == 1
    assert CEREMONIES.user_handle(key.get(ask())) == ADA.bytes


def test_alone_it_has_to_verify_the_person():
    key = SoftKey(ORIGIN, verifies_user=False)
    new = register(key)
    assert ask()["userVerification"] == "required"
    CEREMONIES.sign_in(key.get(ask(alone=False)), known(new), challenge=CHALLENGE, alone=False)
    with pytest.raises(CeremonyFailed, match="verif"):
        CEREMONIES.sign_in(key.get(ask()), known(new), challenge=CHALLENGE, alone=True)


@pytest.mark.parametrize(
    "change",
    [
        {"origin": "https://evil.example"},
        {"type": "webauthn.create"},
        {"challenge": "b3RoZXI"},
    ],
)
def test_what_was_signed_for_another_purpose_is_refused(change: dict[str, str]):
    key = SoftKey(ORIGIN)
    new = register(key)
    with pytest.raises(CeremonyFailed):
        CEREMONIES.sign_in(key.get(ask(), **change), known(new), challenge=CHALLENGE, alone=True)


def test_another_party_another_key_and_an_old_count_are_refused():
    key = SoftKey(ORIGIN)
    new = register(key)
    good = key.get(ask())
    key.party = "evil.example"
    with pytest.raises(CeremonyFailed):
        CEREMONIES.sign_in(key.get(ask()), known(new), challenge=CHALLENGE, alone=True)
    with pytest.raises(CeremonyFailed):
        CEREMONIES.sign_in(good, known(register(SoftKey(ORIGIN))), challenge=CHALLENGE, alone=True)
    cloned = KnownPasskey(id=ADA, account_id=ADA, public_key=new.public_key, sign_count=7, email="ada@example.org")
    with pytest.raises(CeremonyFailed, match="count"):
        CEREMONIES.sign_in(good, cloned, challenge=CHALLENGE, alone=True)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@given(field=st.sampled_from(["id", "rawId", "type", "response", "authenticatorAttachment"]), value=JSON)
def test_no_credential_makes_it_fail_otherwise(field: str, value: Any):
    credential = SoftKey(ORIGIN, party="docs.example.org").get(ask()) | {field: value}
    passkey = KnownPasskey(id=ADA, account_id=ADA, public_key=b"", sign_count=0, email="ada@example.org")
    with pytest.raises(CeremonyFailed):
        CEREMONIES.sign_in(credential, passkey, challenge=CHALLENGE, alone=True)
    with pytest.raises(CeremonyFailed):
        CEREMONIES.register(credential, challenge=CHALLENGE, name="Key")


@given(st.binary(max_size=200))
def test_no_bytes_make_it_fail_otherwise(raw: bytes):
    credential = SoftKey(ORIGIN).create(
        CEREMONIES.registration_options(ADA, email="ada@example.org", challenge=CHALLENGE, known=[])
    )
    credential["response"]["attestationObject"] = base64url(raw)
    with pytest.raises(CeremonyFailed):
        CEREMONIES.register(credential, challenge=CHALLENGE, name="Key")
