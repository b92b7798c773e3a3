"""Certificates of our own and authorities of others: told apart from what is none, and renewed in place."""

import asyncio
import socket
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from collab_collaboration.settings import CollaborationSettings
from collab_kit.serve import listen
from collab_kit.settings import ServiceSettings, SettingsError, load_settings
from collab_kit.tls import Certificate, database_tls
from tests.cluster.node.pki import Authority, Pair


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "ca")


@pytest.fixture
def own(authority: Authority) -> Pair:
    return authority.issue("own", user="own", hosts=["localhost"])


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    return {
        "COLLAB_INSTANCE": "auth-1",
        "COLLAB_PORT": "8101",
        "COLLAB_PUBLIC_URL": "http://127.0.0.1:8080",
        "COLLAB_DATABASE_URL": "postgresql://collab_auth@127.0.0.1:5432/collab",
        "COLLAB_DATABASE_PASSWORD_FILE": str(secret),
        "COLLAB_REDIS_URL": "redis://127.0.0.1:6379/0",
        "COLLAB_REDIS_PASSWORD_FILE": str(secret),
        "COLLAB_INTERNAL_TOKEN_FILE": str(secret),
    }


def problems(environment: dict[str, str], **variables: object) -> list[str]:
    given = environment | {name: str(value) for name, value in variables.items()}
    with pytest.raises(SettingsError) as raised:
        load_settings(ServiceSettings, given)
    return list(raised.value.problems)


def test_certificate_key_and_authorities_are_taken(environment: dict[str, str], own: Pair, tmp_path: Path):
    files = {
        "COLLAB_TLS_CERT_FILE": str(own.certificate),
        "COLLAB_TLS_KEY_FILE": str(own.key),
        "COLLAB_CA_FILE": str(tmp_path / "ca.crt"),
    }
    settings = load_settings(ServiceSettings, environment | files)
    assert (settings.tls_cert_file, settings.tls_key_file, settings.ca_file) == tuple(files.values())
    assert load_settings(ServiceSettings, environment).ca_file is None


def test_half_of_a_pair_is_a_mistake(environment: dict[str, str], own: Pair):
    assert problems(environment, COLLAB_TLS_CERT_FILE=own.certificate) == [
        "COLLAB_TLS_KEY_FILE is not set: expected the path of a PEM file, since COLLAB_TLS_CERT_FILE is set"
    ]
    (problem,) = problems(environment, COLLAB_TLS_KEY_FILE=own.key)
    assert problem.startswith("COLLAB_TLS_CERT_FILE is not set")


def test_files_that_cannot_be_read_are_each_named(environment: dict[str, str], tmp_path: Path):
    gone = tmp_path / "gone"
    found = problems(environment, COLLAB_TLS_CERT_FILE=gone, COLLAB_TLS_KEY_FILE=tmp_path, COLLAB_CA_FILE=gone)
    assert found == [
        f"COLLAB_TLS_CERT_FILE: cannot read {gone}: No such file or directory",
        f"COLLAB_TLS_KEY_FILE: cannot read {tmp_path}: Is a directory",
        f"COLLAB_CA_FILE: cannot read {gone}: No such file or directory",
    ]


def test_what_is_no_certificate_no_key_or_another_key_is_told_apart(
    environment: dict[str, str], authority: Authority, own: Pair, tmp_path: Path
):
    text = tmp_path / "text"
    text.write_text("-----BEGIN NONSENSE-----\n")
    other = authority.issue("other", user="other").key
    locked = tmp_path / "locked"
    key = load_pem_private_key(own.key.read_bytes(), None)
    locked.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"word")))

    def told(certificate: Path, key: Path) -> str:
        (problem,) = problems(environment, COLLAB_TLS_CERT_FILE=certificate, COLLAB_TLS_KEY_FILE=key)
        return problem

    assert told(text, own.key).startswith("COLLAB_TLS_CERT_FILE is wrong: expected a file with a certificate in PEM")
    assert told(own.certificate, other) == (
        "COLLAB_TLS_KEY_FILE is wrong: expected the key of the certificate in COLLAB_TLS_CERT_FILE"
    )
    for key_file in (text, locked):
        assert told(own.certificate, key_file).startswith("COLLAB_TLS_KEY_FILE is wrong: expected a private key in PEM")
    (problem,) = problems(environment, COLLAB_CA_FILE=text)
    assert problem.startswith("COLLAB_CA_FILE is wrong: expected a file with certificates of authorities")
    (problem,) = problems(environment, COLLAB_CA_FILE="ca.crt")
    assert problem.startswith("COLLAB_CA_FILE is wrong: expected the absolute path of a PEM file")


def test_keys_of_the_object_store_come_in_pairs_or_not_at_all(environment: dict[str, str], tmp_path: Path):
    store = environment | {
        "COLLAB_WEBSOCKET_PORT": "0",
        "COLLAB_DOCUMENT_URL": "http://127.0.0.1:1",
        "COLLAB_S3_ENDPOINT": "https://s3.example.org",
        "COLLAB_S3_BUCKET": "collab",
        "COLLAB_S3_REGION": "us-east-1",
    }
    assert load_settings(CollaborationSettings, store).s3_access_key is None
    for half, missing in (
        ({"COLLAB_S3_ACCESS_KEY": "collab"}, "COLLAB_S3_SECRET_KEY_FILE is not set"),
        ({"COLLAB_S3_SECRET_KEY_FILE": str(tmp_path / "secret")}, "COLLAB_S3_ACCESS_KEY is not set"),
    ):
        with pytest.raises(SettingsError, match=missing):
            load_settings(CollaborationSettings, store | half)


def test_a_url_without_a_word_about_tls_is_left_to_the_client_library(authority: Authority):
    def context(query: str) -> ssl.SSLContext | None:
        return database_tls(f"postgresql://role@db/collab{query}", str(authority.pair.certificate))

    assert [context(query) for query in ("", "?sslmode=disable", "?sslmode=prefer")] == [None] * 3
    full, certificate, encrypted = (context(f"?sslmode={mode}") for mode in ("verify-full", "verify-ca", "require"))
    assert full is not None
    assert certificate is not None
    assert encrypted is not None
    assert (full.check_hostname, full.verify_mode) == (True, ssl.CERT_REQUIRED)
    assert (certificate.check_hostname, certificate.verify_mode) == (False, ssl.CERT_REQUIRED)
    assert encrypted.verify_mode == ssl.CERT_NONE
    assert full.minimum_version == ssl.TLSVersion.TLSv1_2
    # The authority comes beside those of the system.
    assert len(full.get_ca_certs()) == len(ssl.create_default_context().get_ca_certs()) + 1


def client_context(*versions: ssl.TLSVersion) -> ssl.SSLContext:
    """Of a client that takes any certificate, and speaks these versions: the lowest and the highest."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if versions:
        context.minimum_version, context.maximum_version = versions
    return context


async def served_by(tls: Certificate, client: ssl.SSLContext | None = None) -> int:
    """The serial number of the certificate that a client gets to see."""

    async def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls.context)
    async with server:
        where = server.sockets[0].getsockname()[:2]
        _, writer = await asyncio.open_connection(*where, ssl=client or client_context())
        der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.close()
        await writer.wait_closed()
    return x509.load_der_x509_certificate(der).serial_number


def serial(pair: Pair) -> int:
    return x509.load_pem_x509_certificate(pair.certificate.read_bytes()).serial_number


async def test_a_renewed_certificate_is_picked_up_and_half_of_one_is_not(authority: Authority, own: Pair):
    first = serial(own)
    tls = Certificate(str(own.certificate), str(own.key))
    assert not tls.renew()
    assert await served_by(tls) == first

    renewed = authority.issue("renewed", user="own", hosts=["localhost"])
    renewed.certificate.replace(own.certificate)
    with pytest.raises(ssl.SSLError):
        tls.renew()
    assert await served_by(tls) == first
    renewed.key.replace(own.key)
    assert tls.renew()
    assert await served_by(tls) == serial(own) != first


async def test_old_tls_is_refused(own: Pair):
    with pytest.warns(DeprecationWarning, match="TLSVersion"):
        old = client_context(ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)
    tls = Certificate(str(own.certificate), str(own.key))
    with pytest.raises(ssl.SSLError):
        await served_by(tls, old)


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])  # noqa: S104 - what is tested
def test_every_address_means_those_of_ipv4_too(host: str):
    if host == "::" and not socket.has_dualstack_ipv6():
        pytest.skip("no IPv6 here")
    with listen(host, 0, backlog=1) as listener:
        socket.create_connection(("127.0.0.1", listener.getsockname()[1]), timeout=2).close()
