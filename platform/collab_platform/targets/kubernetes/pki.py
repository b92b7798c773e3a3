"""The certificates of an installation: which there are (pure), and making them from an authority of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from collab_platform import signing
from collab_platform.blueprint import Blueprint
from collab_platform.environment import Environment
from collab_platform.targets.kubernetes.externals import Externals
from collab_platform.targets.kubernetes.workloads import DATASTORES, Namespace

AUTHORITY_LIFE = timedelta(days=3650)
LEAF_LIFE = timedelta(days=365)
RENEW_BEFORE = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRequest:
    """A server's certificate, kept in Secret ``secret`` (``tls.crt``, ``tls.key``, ``ca.crt``)."""

    component: str
    secret: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair:
    """A certificate and its private key, both PEM."""

    certificate: str
    key: str

    def __repr__(self) -> str:
        return "KeyPair(certificate=..., key=...)"


def certificates(blueprint: Blueprint, environment: Environment) -> tuple[CertificateRequest, ...]:
    """The certificates that the installation's own authority has to sign, in the blueprint's order."""
    namespace = Namespace(blueprint=blueprint, environment=environment, externals=Externals())
    cluster = environment.kubernetes
    found: list[CertificateRequest] = []
    for component in blueprint.components:
        name = component.name
        if component.kind == "gateway":
            if not namespace.serves_tls or cluster.tls_secret:
                continue
        elif not cluster.tls_inside or (name in DATASTORES and not namespace.runs(name)):
            continue
        hosts = [name]
        if name == "collaboration":
            hosts += [f"{name}-{number}" for number in range(namespace.most(component.replicas))]
        if name == "postgresql" and cluster.postgresql == "cloudnative-pg":
            hosts += [f"{name}-{role}" for role in ("rw", "r", "ro")]
        extra = [_public_host(environment)] if component.kind == "gateway" else []
        names = [*(each for host in hosts for each in _service_names(host, cluster.namespace)), "localhost", *extra]
        found.append(CertificateRequest(component=name, secret=f"{name}-tls", names=tuple(dict.fromkeys(names))))
    return tuple(found)


def make_authority(environment: str, now: datetime | None = None) -> KeyPair:
    """A new authority for ten years. It signs servers' certificates, and no further authorities."""
    return _pair(*signing.make_authority(f"collab {environment}", now=now or datetime.now(UTC), life=AUTHORITY_LIFE))


def make_certificate(request: CertificateRequest, authority: KeyPair, now: datetime | None = None) -> KeyPair:
    """A new certificate for a year. Raises ``ValueError`` for an authority that is none."""
    moment = now or datetime.now(UTC)
    issuer = x509.load_pem_x509_certificate(authority.certificate.encode())
    made = signing.make_server_certificate(
        f"collab {request.component}",
        request.names,
        issuer=issuer,
        signer=_private_key(authority.key),
        now=moment,
        life=min(LEAF_LIFE, issuer.not_valid_after_utc - moment),
    )
    return _pair(*made)


def is_certificate(pem: str) -> bool:
    """Whether the text can be read as one."""
    try:
        x509.load_pem_x509_certificate(pem.encode())
    except ValueError:
        return False
    return True


def authority_is_due(authority: KeyPair, now: datetime) -> bool:
    """Whether it is damaged, or would not outlive what it signs."""
    try:
        certificate = x509.load_pem_x509_certificate(authority.certificate.encode())
        return not _belongs(certificate, authority.key) or certificate.not_valid_after_utc < now + LEAF_LIFE
    except ValueError:
        return True


def certificate_is_due(pair: KeyPair, request: CertificateRequest, authority: KeyPair, now: datetime) -> bool:
    """Whether it is damaged, in its last month, of another authority, or lacks a name that is asked for."""
    try:
        certificate = x509.load_pem_x509_certificate(pair.certificate.encode())
        issuer = x509.load_pem_x509_certificate(authority.certificate.encode())
        certificate.verify_directly_issued_by(issuer)
        served = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (InvalidSignature, ValueError, TypeError, x509.ExtensionNotFound):
        return True
    covers = {signing.general_name(name) for name in request.names} <= set(served)
    return not (covers and _belongs(certificate, pair.key)) or certificate.not_valid_after_utc < now + RENEW_BEFORE


def _service_names(host: str, namespace: str) -> tuple[str, ...]:
    return host, f"{host}.{namespace}.svc", f"{host}.{namespace}.svc.cluster.local"


def _public_host(environment: Environment) -> str:
    return urlsplit(environment.site.public_url).hostname or "localhost"


def _pair(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> KeyPair:
    return KeyPair(certificate=certificate.public_bytes(Encoding.PEM).decode(), key=signing.key_pem(key).decode())


def _private_key(pem: str) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("the key is of another kind than ours")  # noqa: TRY004 - of a file, not of a program
    return key


def _belongs(certificate: x509.Certificate, key: str) -> bool:
    try:
        return signing.belongs(certificate, _private_key(key))
    except ValueError:
        return False
