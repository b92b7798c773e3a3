"""TLS for environments without a public name: a development CA of the environment's own, and a leaf signed by it."""

from __future__ import annotations

import ipaddress
import os
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA_LIFE = timedelta(days=3650)
LEAF_LIFE = timedelta(days=396)  # browsers refuse more than 398
RENEW_BEFORE = timedelta(days=30)
_CLOCK_SKEW = timedelta(hours=1)

ALWAYS = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Certificate:
    """PEM files: the server's certificate, its key (mode 0600), and the CA that whoever connects has to trust."""

    cert: Path
    key: Path
    ca: Path


@dataclass(frozen=True, slots=True)
class _Pair:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def ensure_certificate(directory: Path, names: Iterable[str], *, now: datetime | None = None) -> Certificate:
    """A certificate in ``directory`` for ``names`` and the loopback names, made or renewed only when needed.

    ``names`` are DNS names and IP addresses. The leaf is renewed when less than 30 days are left or its names changed.
    The CA may vouch for these names alone (name constraints), so that trusting it opens nothing else; it is replaced
    when it would not cover a new name or not outlive a leaf. Every file is replaced atomically.
    """
    moment = now or datetime.now(UTC)
    wanted = sorted({*ALWAYS, *(name.strip("[]").lower().rstrip(".") for name in names if name)})
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = Certificate(cert=directory / "server.pem", key=directory / "server.key", ca=directory / "ca.pem")
    ca_key = directory / "ca.key"

    ca = _read(files.ca, ca_key)
    if ca is None or not _covers(ca.certificate, wanted) or _expires(ca) < moment + LEAF_LIFE + RENEW_BEFORE:
        ca = _make_ca(wanted, moment)
        _write_pair(ca, files.ca, ca_key)
    leaf = _read(files.cert, files.key)
    if leaf is None or not _serves(leaf.certificate, wanted, ca) or _expires(leaf) < moment + RENEW_BEFORE:
        _write_pair(_make_leaf(wanted, ca, moment), files.cert, files.key)
    return files


def _make_ca(names: Sequence[str], now: datetime) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, f"collab development CA {x509.random_serial_number():x}"[:40])]
    )
    permitted = [_constraint(entry) for entry in names]
    certificate = (
        _builder(name, name, key.public_key(), now, CA_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return _Pair(certificate, key)


def _make_leaf(names: Sequence[str], ca: _Pair, now: datetime) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "collab gateway")])
    certificate = (
        _builder(subject, ca.certificate.subject, key.public_key(), now, LEAF_LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca.key.public_key()), critical=False)
        .sign(ca.key, hashes.SHA256())
    )
    return _Pair(certificate, key)


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _constraint(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_network(name))
    except ValueError:
        return x509.DNSName(name)


def _covers(ca: x509.Certificate, names: Sequence[str]) -> bool:
    permitted = ca.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    return {_constraint(name) for name in names} <= set(permitted)


def _serves(leaf: x509.Certificate, names: Sequence[str], ca: _Pair) -> bool:
    served = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca.key.public_key())
    issued_by = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    return set(served) == {_general_name(name) for name in names} and issued_by == authority


def _expires(pair: _Pair) -> datetime:
    return pair.certificate.not_valid_after_utc


def _read(certificate: Path, key: Path) -> _Pair | None:
    """The pair in two files; None if one is missing, damaged, or does not belong to the other."""
    try:
        parsed = x509.load_pem_x509_certificate(certificate.read_bytes())
        private = load_pem_private_key(key.read_bytes(), password=None)
    except (OSError, ValueError):
        return None
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        return None
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    matches = private.public_key().public_bytes(*form) == parsed.public_key().public_bytes(*form)
    return _Pair(parsed, private) if matches else None


def _write_pair(pair: _Pair, certificate: Path, key: Path) -> None:
    pem = pair.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _replace(key, pem, mode=0o600)
    _replace(certificate, pair.certificate.public_bytes(Encoding.PEM), mode=0o644)


def _replace(path: Path, content: bytes, *, mode: int) -> None:
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mode 0600 from the start
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
