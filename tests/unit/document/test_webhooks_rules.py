"""Where webhooks may lead, and how long is waited between attempts."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab_document.webhooks.rules import MAX_ATTEMPTS, excerpt, is_public, parse_events, parse_url, retry_delay_s
from collab_kit.errors import InvalidRequest


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946"])
def test_public_addresses(address: str):
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",  # noqa: S104
        "169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::1", "2002:a00:1::1",
        "2001:0:7f00:1::80ff:fffe",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(address: str):
    assert not is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org",
        "https://example.org:8443/a?b=c",
        "https://93.184.216.34/",
        "https://xn--bcher-kva.example/",
    ],
)
def test_addresses_that_are_taken(url: str):
    assert parse_url(url, allow_http=False, allow_private=False) == url


@pytest.mark.parametrize(
    "url",
    [
        "", "example.org", "http://example.org/", "ftp://example.org/", "https://", "https:///path",
        "javascript:alert(1)",
        "https://user@example.org/", "https://user:word@example.org/", "https://example.org/#part", "https://[::1",
        "https://example.org:99999/", "https://exa mple.org/", "https://example.org/\n", "https://bücher.example/",
        "https://localhost/", "https://a.localhost/", "https://printer.local/", "https://db.internal/",
        "https://127.0.0.1/", "https://[::1]/", "https://10.0.0.1/", "https://169.254.169.254/latest/meta-data",
        "https://example.org/" + "x" * 2000,
    ],
)  # fmt: skip
def test_addresses_that_are_refused(url: str):
    with pytest.raises(InvalidRequest) as refused:
        parse_url(url, allow_http=False, allow_private=False)
    assert [error.field for error in refused.value.errors] == ["url"]


@given(st.text(max_size=60), st.booleans(), st.booleans())
def test_whatever_comes_is_taken_or_refused(tail: str, allow_http: bool, allow_private: bool):
    with contextlib.suppress(InvalidRequest):
        parse_url(f"https://{tail}", allow_http=allow_http, allow_private=allow_private)


def test_for_development_more_is_allowed():
    assert parse_url("http://127.0.0.1:8080/", allow_http=True, allow_private=True)


def test_events_count_once_each():
    assert parse_events(["member.changed", "comment.created", "member.changed"]) == [
        "comment.created",
        "member.changed",
    ]
    with pytest.raises(InvalidRequest):
        parse_events([])


def test_attempts_take_about_a_day():
    delays = [retry_delay_s(attempt, 0.5) for attempt in range(1, MAX_ATTEMPTS)]
    known = [delay for delay in delays if delay is not None]
    assert len(known) == MAX_ATTEMPTS - 1
    assert known == sorted(known)
    assert 23 * 3600 < sum(known) < 25 * 3600
    assert retry_delay_s(MAX_ATTEMPTS, 0.5) is None


@given(st.integers(1, MAX_ATTEMPTS - 1), st.floats(0, 1))
def test_retries_are_spread(attempts: int, chance: float):
    middle, delay = retry_delay_s(attempts, 0.5), retry_delay_s(attempts, chance)
    assert middle is not None
    assert delay is not None
    assert 0.89 * middle < delay < 1.11 * middle


@given(st.binary(max_size=3000))
def test_an_excerpt_can_be_stored(body: bytes):
    text = excerpt(body)
    assert len(text) <= 500
    assert "\x00" not in text
    text.encode()
