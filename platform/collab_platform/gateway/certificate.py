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
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from collab_platform.signing import belongs, general_name, key_pem, make_authority, make_server_certificate

CA_LIFE = timedelta(days=3650)
LEAF_LIFE = timedelta(days=396)  # browsers refuse more than 398
RENEW_BEFORE = timedelta(days=30)

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
    permitted = x509.NameConstraints([_constraint(entry) for entry in names], excluded_subtrees=None)
    return _Pair(*make_authority("collab development CA", now=now, life=CA_LIFE, constraints=permitted))


def _make_leaf(names: Sequence[str], ca: _Pair, now: datetime) -> _Pair:
    made = make_server_certificate(
        "collab gateway", names, issuer=ca.certificate, signer=ca.key, now=now, life=LEAF_LIFE
    )
    return _Pair(*made)


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
    return set(served) == {general_name(name) for name in names} and issued_by == authority


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
    return _Pair(parsed, private) if belongs(parsed, private) else None


def _write_pair(pair: _Pair, certificate: Path, key: Path) -> None:
    _replace(key, key_pem(pair.key), mode=0o600)
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
