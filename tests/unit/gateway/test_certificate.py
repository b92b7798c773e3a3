"""The development CA and its leaf: good for the names asked, renewed in time, never half written."""

from __future__ import annotations

import ipaddress
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from collab_platform.gateway import Certificate, ensure_certificate

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def verify(files: Certificate, name: x509.DNSName | x509.IPAddress, at: datetime = NOW) -> None:
    """As a client would, by the rules of the web's PKI. Raises ``VerificationError``."""
    store = Store([certificate(files.ca)])
    PolicyBuilder().store(store).time(at).build_server_verifier(name).verify(certificate(files.cert), [])


def test_it_is_good_for_loopback_and_for_the_names_asked(tmp_path: Path):
    files = ensure_certificate(tmp_path, ["Docs.Example.org.", "192.0.2.7", "[2001:db8::1]", ""], now=NOW)

    for name in ("localhost", "docs.example.org"):
        verify(files, x509.DNSName(name))
    for address in ("127.0.0.1", "::1", "192.0.2.7", "2001:db8::1"):
        verify(files, x509.IPAddress(ipaddress.ip_address(address)))
    with pytest.raises(VerificationError):
        verify(files, x509.DNSName("example.org"))


def test_the_leaf_is_short_lived_and_the_ca_can_sign_for_nothing_else(tmp_path: Path):
    files = ensure_certificate(tmp_path, ["docs.example.org"], now=NOW)
    leaf, ca = certificate(files.cert), certificate(files.ca)

    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc <= timedelta(days=397)
    assert leaf.not_valid_before_utc < NOW
    constraints = ca.extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    assert x509.DNSName("docs.example.org") in (constraints.value.permitted_subtrees or [])
    assert ca.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0


def test_keys_are_for_their_owner_alone(tmp_path: Path):
    folder = tmp_path / "tls"
    files = ensure_certificate(folder, [], now=NOW)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(files.key.stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "ca.key").stat().st_mode) == 0o600
    assert sorted(path.name for path in folder.iterdir()) == ["ca.key", "ca.pem", "server.key", "server.pem"]


def test_nothing_changes_while_it_is_good(tmp_path: Path):
    before = contents(ensure_certificate(tmp_path, ["a.test"], now=NOW))

    assert contents(ensure_certificate(tmp_path, ["a.test"], now=NOW + timedelta(days=360))) == before


def test_the_leaf_is_renewed_when_less_than_30_days_are_left_and_the_ca_stays(tmp_path: Path):
    first = contents(ensure_certificate(tmp_path, [], now=NOW))
    later = NOW + timedelta(days=370)
    files = ensure_certificate(tmp_path, [], now=later)

    assert contents(files)[0] != first[0]
    assert contents(files)[2] == first[2]
    verify(files, x509.DNSName("localhost"), later)


def test_a_new_name_needs_a_new_ca_and_fewer_names_only_a_new_leaf(tmp_path: Path):
    first = contents(ensure_certificate(tmp_path, ["a.test"], now=NOW))
    files = ensure_certificate(tmp_path, ["a.test", "b.test"], now=NOW)
    wider = contents(files)
    verify(files, x509.DNSName("b.test"))
    narrower = contents(ensure_certificate(tmp_path, ["b.test"], now=NOW))

    assert wider[2] != first[2]
    assert (narrower[0] != wider[0], narrower[2]) == (True, wider[2])


def test_the_ca_is_replaced_before_a_leaf_would_outlive_it(tmp_path: Path):
    first = contents(ensure_certificate(tmp_path, [], now=NOW))
    late = NOW + timedelta(days=3650 - 400)
    files = ensure_certificate(tmp_path, [], now=late)

    assert contents(files)[2] != first[2]
    verify(files, x509.DNSName("localhost"), late + timedelta(days=390))


@pytest.mark.parametrize("name", ["server.key", "server.pem", "ca.pem", "ca.key"])
@pytest.mark.parametrize("damage", ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", None])
def test_a_missing_damaged_or_foreign_file_is_made_anew(tmp_path: Path, name: str, damage: str | None):
    ensure_certificate(tmp_path / "here", [], now=NOW)
    other = ensure_certificate(tmp_path / "other", [], now=NOW)
    if damage is None:
        (tmp_path / "here" / name).write_bytes((other.ca.parent / name).read_bytes())
    else:
        (tmp_path / "here" / name).write_text(damage)

    verify(ensure_certificate(tmp_path / "here", [], now=NOW), x509.DNSName("localhost"))


def contents(files: Certificate) -> tuple[bytes, bytes, bytes]:
    return files.cert.read_bytes(), files.key.read_bytes(), files.ca.read_bytes()
