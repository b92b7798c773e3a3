"""Codes of authenticator apps, recovery codes and the names of a site, by themselves."""

import base64
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyotp.totp import TOTP

from collab_auth.factors.rules import (
    RelyingParty,
    hash_recovery_code,
    match_step,
    new_recovery_codes,
    new_secret,
    parse_passkey_name,
    provisioning_uri,
    qr_svg,
)
from collab_kit.errors import InvalidRequest

NOW_S = 1_700_000_010.0
STEP = int(NOW_S) // 30
ADA = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
GRACE = UUID("01890a5d-ac96-774b-bcce-b302099a8058")


def code_of(secret: bytes, at_s: float) -> str:
    return TOTP(base64.b32encode(secret).decode()).at(int(at_s))


@pytest.mark.parametrize(("offset_s", "step"), [(-60, None), (-30, STEP - 1), (0, STEP), (30, STEP + 1), (60, None)])
def test_a_code_is_taken_a_step_early_or_late_and_no_more(offset_s: int, step: int | None):
    secret = b"12345678901234567890"
    assert match_step(secret, code_of(secret, NOW_S + offset_s), now_s=NOW_S) == step


def test_the_vectors_of_rfc_6238_hold():
    assert match_step(b"12345678901234567890", "287082", now_s=59) == 1
    assert match_step(b"12345678901234567890", "081804", now_s=1_111_111_109) == 37_037_036


def test_blanks_in_a_code_do_not_matter():
    secret = new_secret()
    code = code_of(secret, NOW_S)
    assert match_step(secret, f" {code[:3]} {code[3:]} ", now_s=NOW_S) == STEP


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "12345x", "-12345", "\uff11\uff12\uff13\uff14\uff15\uff16"]
)
def test_what_is_no_code_is_not_even_compared(code: str):
    assert match_step(new_secret(), code, now_s=NOW_S) is None


@given(st.text(max_size=100))
def test_no_text_makes_it_fail(code: str):
    match_step(b"12345678901234567890", code, now_s=NOW_S)


def test_the_uri_is_what_apps_read_and_the_picture_holds_it():
    uri = provisioning_uri(new_secret(), email="ada@example.org", issuer="collab example.org")
    assert uri.startswith("otpauth://totp/collab%20example.org:ada%40example.org?secret=")
    assert "issuer=collab%20example.org" in uri
    picture = ET.fromstring(qr_svg(uri))  # noqa: S314  # our own
    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    assert picture.get("viewBox")


def test_recovery_codes_are_ten_different_ones_that_can_be_typed():
    codes = new_recovery_codes()
    assert len(set(codes)) == 10
    assert all(len(code) == 19 and set(code) <= set("abcdefghijklmnopqrstuvwxyz234567-") for code in codes)


def test_how_a_recovery_code_is_typed_does_not_matter_and_whose_it_is_does():
    (code, *_) = new_recovery_codes()
    assert hash_recovery_code(ADA, code) == hash_recovery_code(ADA, f" {code.upper().replace('-', ' ')} ")
    assert hash_recovery_code(ADA, code) != hash_recovery_code(GRACE, code)


@pytest.mark.parametrize(
    ("url", "party", "origin"),
    [
        ("https://Docs.Example.org", "docs.example.org", "https://docs.example.org"),
        ("https://docs.example.org:443", "docs.example.org", "https://docs.example.org"),
        ("http://localhost:8080", "localhost", "http://localhost:8080"),
        ("https://docs.example.org:8443", "docs.example.org", "https://docs.example.org:8443"),
        # Browsers take no address for a party: on one's own machine passkeys are for its name.
        ("http://127.0.0.1:8080", "localhost", "http://localhost:8080"),
        ("https://127.0.0.1", "localhost", "https://localhost"),
        ("http://[::1]:8080", "localhost", "http://localhost:8080"),
        ("https://[2001:db8::1]", "2001:db8::1", "https://[2001:db8::1]"),
    ],
)
def test_origin_and_party_are_spelled_as_browsers_do(url: str, party: str, origin: str):
    assert RelyingParty.of(url) == RelyingParty(party, origin)


def test_a_passkey_has_a_name_that_can_be_shown():
    assert parse_passkey_name("  Blue \t key ") == "Blue key"
    for wrong in ("", "  ", "x" * 81, "a\x00"):
        with pytest.raises(InvalidRequest):
            parse_passkey_name(wrong)
