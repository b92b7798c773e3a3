"""What is believed of a provider's answer, and where people are sent afterwards, by the rules alone."""

import base64
import hashlib
import json
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab_auth.oidc.problems import OidcRefused
from collab_auth.oidc.providers import parse_providers
from collab_auth.oidc.rules import (
    FLOW_TTL_S,
    CallbackQuery,
    authorization_url,
    check_callback,
    decode_flow,
    encode_flow,
    new_flow,
    parse_identity,
    parse_return_to,
    parse_subject,
)
from collab_kit.errors import InvalidRequest
from collab_kit.settings import Secret, SettingsError

ENTRY = {"id": "corp", "name": "Corp", "issuer": "https://id.example.org", "client_id": "c", "client_secret": "hush"}


@pytest.mark.parametrize("path", ["/", "/documents", "/documents/1?x=/a&y=//b#part", "/a:b", "/@evil.example"])
def test_a_path_of_ours_is_kept(path: str):
    assert parse_return_to(path) == path


def test_without_a_path_it_is_the_start():
    assert parse_return_to(None) == "/"


@given(st.text(max_size=40) | st.text(alphabet="/\\:@.?#evil \t\r\n\x00", max_size=12))
def test_whatever_is_kept_stays_on_this_site(path: str):
    try:
        kept = parse_return_to(path)
    except InvalidRequest:
        return
    # As browsers read it, which drop tabs and line breaks, and take a backslash for a slash.
    read = "".join(each for each in kept if each not in "\t\r\n").replace("\\", "/")
    assert urlsplit(urljoin("https://ours.example/sign-in", read)).netloc == "ours.example"


def test_an_attempt_survives_its_cookie_and_nothing_else_is_taken_for_one():
    flow = new_flow("corp", "/documents", now_s=1000)
    assert decode_flow(encode_flow(flow)) == flow
    assert len({flow.state, flow.nonce, flow.verifier}) == 3
    assert 43 <= len(flow.verifier) <= 128  # RFC 7636, 4.1
    for other in (b"", b"[]", b'["flow-0","corp"]', b"{}"):
        with pytest.raises(OidcRefused):
            decode_flow(other)


@pytest.mark.parametrize("endpoint", ["https://id.example.org/auth", "https://id.example.org/auth?tenant=a"])
def test_the_provider_is_asked_with_a_challenge_and_never_told_the_verifier(endpoint: str):
    flow = new_flow("corp", "/", now_s=1000)
    url = authorization_url(endpoint, flow, client_id="c", redirect_uri="https://ours/cb", scopes="openid email")
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    digest = hashlib.sha256(flow.verifier.encode()).digest()
    assert query["code_challenge"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert query["code_challenge_method"] == "S256"
    assert (query["state"], query["nonce"]) == (flow.state, flow.nonce)
    assert flow.verifier not in url
    assert query.get("tenant") == ("a" if "tenant" in endpoint else None)


def test_an_answer_is_judged_by_provider_state_age_and_error():
    flow = new_flow("corp", "/", now_s=1000)
    good = CallbackQuery(code="x", state=flow.state)
    assert check_callback(good, flow, provider="corp", now_s=1000 + FLOW_TTL_S) == "x"
    wrong = [
        ("other", good, 1000, "oidc-failed"),
        ("corp", CallbackQuery(code="x", state="é"), 1000, "oidc-failed"),
        ("corp", CallbackQuery(code="x"), 1000, "oidc-failed"),
        ("corp", CallbackQuery(state=flow.state), 1000, "oidc-failed"),
        ("corp", good, 1001 + FLOW_TTL_S, "oidc-expired"),
        ("corp", CallbackQuery(state=flow.state, error="access_denied"), 1000, "oidc-cancelled"),
        ("corp", CallbackQuery(state=flow.state, error="server_error", code="x"), 1000, "oidc-failed"),
    ]
    for provider, query, now_s, code in wrong:
        with pytest.raises(OidcRefused) as caught:
            check_callback(query, flow, provider=provider, now_s=now_s)
        assert caught.value.code == code


def test_an_error_of_the_provider_cannot_forge_a_line_of_the_log():
    flow = new_flow("corp", "/", now_s=1000)
    with pytest.raises(OidcRefused) as caught:
        check_callback(CallbackQuery(state=flow.state, error="a\nb\r" + "x" * 500), flow, provider="corp", now_s=1000)
    assert caught.value.reason.isprintable()
    assert len(caught.value.reason) < 150


@pytest.mark.parametrize(
    ("claims", "userinfo", "email", "verified"),
    [
        ({"email": "a@b", "email_verified": True}, {}, "a@b", True),
        ({"email": "a@b", "email_verified": "true"}, {}, "a@b", True),
        ({"email": "a@b", "email_verified": "yes"}, {}, "a@b", False),
        ({"email": "a@b"}, {}, "a@b", False),
        ({}, {"sub": "s", "email": "a@b", "email_verified": True}, "a@b", True),
        # A verified word of one source does not count for the address of another.
        ({"email": "evil@b"}, {"sub": "s", "email": "a@b", "email_verified": True}, "evil@b", False),
        ({"email_verified": True}, {"sub": "s", "email": "a@b"}, "a@b", False),
        ({"email": 5, "email_verified": True}, {}, None, False),
        ({"email_verified": True}, {}, None, False),
    ],
)
def test_an_address_is_verified_only_where_it_is_told(
    claims: dict[str, Any], userinfo: dict[str, Any], email: str | None, verified: bool
):
    identity = parse_identity({"sub": "s"} | claims, userinfo)
    assert (identity.email, identity.email_verified) == (email, verified)


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": " Ada  Lovelace "}, "Ada Lovelace"),
        ({"name": "", "preferred_username": "ada"}, "ada"),
        ({"name": "A\u0000da\n"}, "A da"),
        ({"name": "x" * 200}, "x" * 80),
        ({"name": 5}, None),
        ({}, None),
    ],
)
def test_a_name_is_made_fit_to_be_shown(claims: dict[str, Any], name: str | None):
    assert parse_identity({"sub": "s"} | claims, {}).name == name


@pytest.mark.parametrize("subject", [None, 5, "", "x" * 256, "a\x00", ["s"]])
def test_a_subject_is_a_text_of_bounded_length(subject: object):
    with pytest.raises(OidcRefused):
        parse_subject({"sub": subject})


def test_the_user_info_of_another_subject_is_not_believed():
    with pytest.raises(OidcRefused):
        parse_identity({"sub": "s"}, {"sub": "t", "email": "a@b", "email_verified": True})


def test_providers_keep_the_order_of_the_file_and_show_no_secret():
    providers = parse_providers(Secret(json.dumps([ENTRY | {"id": "b"}, ENTRY | {"id": "a", "scopes": "openid"}])))
    assert list(providers) == ["b", "a"]
    assert providers["b"].scopes == "openid email profile"
    assert providers["b"].client_secret.reveal() == "hush"
    assert "hush" not in repr(providers)
    assert parse_providers(None) == {}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "[1]",
        json.dumps([ENTRY, ENTRY]),
        json.dumps([ENTRY | {"id": "No"}]),
        json.dumps([ENTRY | {"issuer": "https://user:hush@id.example.org"}]),
        json.dumps([ENTRY | {"scopes": "email"}]),
        json.dumps([ENTRY | {"secret": "hush"}]),
        json.dumps([ENTRY | {"id": f"p{number}"} for number in range(21)]),
        json.dumps([ENTRY])[:-1],
    ],
)
def test_a_wrong_list_is_told_without_what_is_in_it(content: str):
    with pytest.raises(SettingsError) as caught:
        parse_providers(Secret(content))
    assert "COLLAB_OIDC_PROVIDERS_FILE" in str(caught.value)
    assert "hush" not in str(caught.value)
