"""TLS on both sides: what a service shows to whom it serves, and whom it trusts.

1.2 and 1.3 only. Trusted are the system's authorities and, beside them, those of `COLLAB_CA_FILE`. Files are read when
they are first needed and kept; a renewed certificate of our own is picked up by `Certificate.renew`, new authorities by
a restart.
"""

import ssl
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, urlsplit

__all__ = ["Certificate", "ca_problems", "certificate_problems", "database_tls", "read_ca", "trust", "trusting"]

Use = Literal["http", "postgresql", "redis"]


class Certificate:
    """A server's own certificate (with its chain) and key, as a context that listeners share."""

    def __init__(self, cert_file: str, key_file: str) -> None:
        """Raises `OSError` (of which `ssl.SSLError` is one) when the files cannot be used."""
        self._files = (cert_file, key_file)
        self._seen = self._stamp()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        _load(self.context, *self._files)

    def renew(self) -> bool:
        """Read the files again if they have changed; connections made from then on get the new certificate.

        Raises `OSError` and keeps the old one when they cannot be used.
        """
        stamp = self._stamp()
        if stamp == self._seen:
            return False
        # First into one that nobody uses: a certificate whose key comes a moment later would break every handshake.
        _load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), *self._files)
        _load(self.context, *self._files)
        self._seen = stamp
        return True

    def _stamp(self) -> tuple[tuple[int, int], ...]:
        # Of what symbolic links lead to: Kubernetes replaces a mounted secret by turning a link.
        return tuple((found.st_ino, found.st_mtime_ns) for found in map(Path.stat, map(Path, self._files)))


def trusting(ca_file: str | None) -> ssl.SSLContext:
    """A client's context that checks certificate and host name."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    return context


@lru_cache(maxsize=8)
def trust(ca_file: str | None, _use: Use) -> ssl.SSLContext:
    """The same, made once for each use: reading the system's authorities takes 20 ms and some memory.

    Not one for all uses: HTTP clients set a protocol (ALPN) on theirs, which PostgreSQL then refuses.
    """
    return trusting(ca_file)


def database_tls(url: str, ca_file: str | None) -> ssl.SSLContext | None:
    """What `sslmode` in a PostgreSQL URL asks for, as libpq understands it; `None` leaves it to the client library.

    `verify-full` checks certificate and name, `verify-ca` the certificate alone, and `require` only encrypts.
    """
    mode = parse_qs(urlsplit(url).query).get("sslmode", [""])[-1]
    if mode == "verify-full":
        return trust(ca_file, "postgresql")
    if mode not in {"verify-ca", "require"}:
        return None
    context = trusting(ca_file)
    context.check_hostname = False
    if mode == "require":
        context.verify_mode = ssl.CERT_NONE
    return context


def read_ca(ca_file: str | None) -> bytes | None:
    return None if ca_file is None else Path(ca_file).read_bytes()


def certificate_problems(cert_file: str | None, key_file: str | None) -> Iterator[str]:
    """What is wrong with the two, a line each naming variable and expectation."""
    variables = {"COLLAB_TLS_CERT_FILE": cert_file, "COLLAB_TLS_KEY_FILE": key_file}
    if cert_file is None and key_file is None:
        return
    complete = True
    for variable, path in variables.items():
        if path is None:
            (other,) = variables.keys() - {variable}
            yield f"{variable} is not set: expected the path of a PEM file, since {other} is set"
            complete = False
        elif (reason := _unreadable(path)) is not None:
            yield f"{variable}: cannot read {path}: {reason}"
            complete = False
    if not complete or cert_file is None or key_file is None:
        return
    if not _holds_certificates(cert_file):
        yield "COLLAB_TLS_CERT_FILE is wrong: expected a file with a certificate in PEM, then its chain"
        return
    try:
        _load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), cert_file, key_file)
    except ssl.SSLError as error:
        mismatch = error.reason == "KEY_VALUES_MISMATCH"
        expected = (
            "the key of the certificate in COLLAB_TLS_CERT_FILE" if mismatch else "a private key in PEM, unencrypted"
        )
        yield f"COLLAB_TLS_KEY_FILE is wrong: expected {expected}"


def ca_problems(ca_file: str | None) -> Iterator[str]:
    if ca_file is None:
        return
    if (reason := _unreadable(ca_file)) is not None:
        yield f"COLLAB_CA_FILE: cannot read {ca_file}: {reason}"
    elif not _holds_certificates(ca_file):
        yield "COLLAB_CA_FILE is wrong: expected a file with certificates of authorities in PEM"


def _load(context: ssl.SSLContext, cert_file: str, key_file: str) -> None:
    # With a password at hand OpenSSL does not ask the terminal for that of an encrypted key: it fails.
    context.load_cert_chain(cert_file, key_file, password="")


def _holds_certificates(path: str) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except ssl.SSLError:
        return False
    return True


def _unreadable(path: str) -> str | None:
    try:
        with Path(path).open("rb") as file:
            file.read(1)
    except OSError as error:
        return _reason(error)
    return None


def _reason(error: OSError) -> str:
    return error.strerror or str(error) or type(error).__name__
