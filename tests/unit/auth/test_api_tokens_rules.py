"""What an API token looks like, and what one may be asked for."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab_auth.api_tokens.rules import PREFIX, hash_token, is_well_formed, new_token, parse_token_request
from collab_kit.errors import InvalidRequest


def test_a_new_token_is_recognised_and_never_the_same():
    first, second = new_token(), new_token()
    assert first != second
    assert first.startswith(PREFIX)
    assert len(first) == len(PREFIX) + 43 + 6
    assert is_well_formed(first)
    assert len(hash_token(first)) == 32


@given(place=st.integers(len(PREFIX), len(PREFIX) + 48), other=st.sampled_from("aZ09_-"))
def test_one_wrong_character_is_noticed(place: int, other: str):
    token = new_token()
    changed = token[:place] + other + token[place + 1 :]
    assert is_well_formed(changed) == (changed == token)


@pytest.mark.parametrize("form", ["", PREFIX, "x" * 60, "{short}", "{whole}0", " {whole}"])
def test_what_is_no_token_is_none(form: str):
    whole = new_token()
    assert not is_well_formed(form.format(whole=whole, short=whole[:-1]))


def test_scopes_are_kept_in_order_and_each_once():
    parsed = parse_token_request(
        name="  Nightly   backup ",
        scopes=["profile:read", "documents:read", "profile:read"],
        expires_in_days=7,
        is_admin=False,
    )
    assert parsed.name == "Nightly backup"
    assert parsed.scopes == ["documents:read", "profile:read"]
    assert parsed.expires_in == timedelta(days=7)


def test_administrators_may_give_the_scope_of_administration():
    assert parse_token_request(name="Ops", scopes=["admin"], expires_in_days=None, is_admin=True).scopes == ["admin"]


@pytest.mark.parametrize(
    ("name", "scopes", "days", "fields"),
    [
        ("", [], 0, {"name", "scopes", "expires_in_days"}),
        ("x" * 81, ["everything"], 3661, {"name", "scopes", "expires_in_days"}),
        ("a\x00b", ["documents:read"], None, {"name"}),
        ("Ops", ["admin"], None, {"scopes"}),
    ],
)
def test_every_wrong_field_is_named(name: str, scopes: list[str], days: int | None, fields: set[str]):
    with pytest.raises(InvalidRequest) as caught:
        parse_token_request(name=name, scopes=scopes, expires_in_days=days, is_admin=False)
    assert {error.field for error in caught.value.errors} == fields
