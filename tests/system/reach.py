"""How clients on this machine find an installation whose name is in no name service, and whose authority none trusts.

Python, Node and Chromium each have a way of their own to be told. What they check stays what they check for people: the
name in the certificate, the authority that signed it.
"""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import ssl
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from tests.system.tools import CLIENTS

_NAMES = "COLLAB_TEST_NAMES"
_AUTHORITY = "NODE_EXTRA_CA_CERTS"
_RESOLVE = socket.getaddrinfo


@contextmanager
def known(name: str, address: str, authority: Path) -> Generator[None]:
    """Until the block ends, ``name`` is at ``address`` for this process and those that it starts, and the certificates
    that ``authority`` (PEM) signed are good."""
    told = {_NAMES: f"{name}={address}", _AUTHORITY: str(authority), "NODE_OPTIONS": f"--require={CLIENTS}/resolve.cjs"}

    def resolve(host: Any, *arguments: Any, **options: Any) -> Any:
        return _RESOLVE(address if host in {name, name.encode()} else host, *arguments, **options)

    with patch.dict(os.environ, told), patch.object(socket, "getaddrinfo", resolve):
        yield


def trust() -> ssl.SSLContext:
    """What HTTPS clients of this process trust: the machine's authorities, and the one that is made known."""
    context = ssl.create_default_context()
    if authority := os.environ.get(_AUTHORITY):
        context.load_verify_locations(authority)
    return context


def chromium_flags() -> Sequence[str]:
    """The same for Chromium, which knows an authority by the hash of its key."""
    if not (names := os.environ.get(_NAMES)):
        return ()
    name, _, address = names.partition("=")
    certificate = x509.load_pem_x509_certificate(Path(os.environ[_AUTHORITY]).read_bytes())
    key = certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    pin = base64.b64encode(hashlib.sha256(key).digest()).decode()
    return (f"--host-resolver-rules=MAP {name} {address}", f"--ignore-certificate-errors-spki-list={pin}")
