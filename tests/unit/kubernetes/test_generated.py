"""Secrets and certificates that are made once, kept, and made anew in time."""

from __future__ import annotations

import ssl
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from collab_platform.blueprint import derive
from collab_platform.environment import Environment
from collab_platform.errors import CollabError
from collab_platform.targets.kubernetes.generated import (
    Generated,
    ensure_generated,
    is_due,
    read_generated,
    require_managed,
    revisions,
)
from tests.unit.kubernetes.installations import NAME, environment

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def made(directory: Path, wanted: Environment | None = None, *, after: timedelta = timedelta()) -> Generated:
    chosen = wanted or environment()
    return ensure_generated(directory, derive(NAME, chosen), chosen, now=NOW + after)


def due(directory: Path, wanted: Environment | None = None, *, after: timedelta = timedelta()) -> bool:
    chosen = wanted or environment()
    return is_due(directory, derive(NAME, chosen), chosen, now=NOW + after)


def test_a_second_run_changes_nothing(tmp_path: Path):
    assert due(tmp_path)
    first = made(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert not due(tmp_path)
    assert made(tmp_path) == first
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_nobody_else_reads_them(tmp_path: Path):
    made(tmp_path / "kubernetes")
    for path in (tmp_path / "kubernetes").rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o644 if path.suffix == ".crt" else 0o600), path


def test_certificates_are_valid_for_their_names(tmp_path: Path):
    found = made(tmp_path)
    store = Store(x509.load_pem_x509_certificates(found.authorities.encode()))
    verifier = PolicyBuilder().store(store).time(NOW)
    for component, pair in found.certificates.items():
        leaf = x509.load_pem_x509_certificate(pair.certificate.encode())
        verifier.build_server_verifier(x509.DNSName(f"{component}.collab.svc")).verify(leaf, [])
        assert timedelta(days=364) < leaf.not_valid_after_utc - NOW <= timedelta(days=365)
    auth = x509.load_pem_x509_certificate(found.certificates["auth"].certificate.encode())
    user = verifier.build_server_verifier(x509.DNSName("user.collab.svc"))
    with pytest.raises(VerificationError):
        user.verify(auth, [])
    ssl.create_default_context(cadata=found.authorities)


def test_a_certificate_is_renewed_in_its_last_month(tmp_path: Path):
    first = made(tmp_path)
    assert made(tmp_path, after=timedelta(days=334)) == first
    assert due(tmp_path, after=timedelta(days=336))
    renewed = made(tmp_path, after=timedelta(days=336))
    assert renewed.authorities == first.authorities
    assert renewed.secrets == first.secrets
    assert all(renewed.certificates[name] != pair for name, pair in first.certificates.items())


def test_a_new_authority_is_trusted_beside_the_old_one(tmp_path: Path):
    first = made(tmp_path)
    second = made(tmp_path, after=timedelta(days=3300))
    authorities = x509.load_pem_x509_certificates(second.authorities.encode())
    assert len(authorities) == 2
    assert x509.load_pem_x509_certificate(first.authorities.encode()) in authorities


def test_another_name_makes_a_new_certificate_and_leaves_the_others(tmp_path: Path):
    first = made(tmp_path)
    second = made(tmp_path, environment("autoscaling"))
    changed = {name for name, pair in second.certificates.items() if first.certificates[name] != pair}
    assert changed == {"collaboration"}


def test_a_damaged_authority_is_replaced_and_not_trusted(tmp_path: Path):
    made(tmp_path)
    (tmp_path / "pki" / "authority.crt").write_text("damaged")
    assert due(tmp_path)
    second = made(tmp_path)
    assert len(x509.load_pem_x509_certificates(second.authorities.encode())) == 1
    assert "damaged" not in second.authorities


@pytest.mark.parametrize("name", ["pki/auth.key", "pki/auth.crt"])
@pytest.mark.parametrize("content", ["", "damaged", None])
def test_what_is_damaged_or_missing_is_made_anew(tmp_path: Path, name: str, content: str | None):
    first = made(tmp_path)
    (tmp_path / name).unlink() if content is None else (tmp_path / name).write_text(content)
    assert due(tmp_path)
    second = made(tmp_path)
    assert second.certificates["auth"] != first.certificates["auth"]
    assert second.certificates["user"] == first.certificates["user"]


def test_a_key_of_another_certificate_is_noticed(tmp_path: Path):
    made(tmp_path)
    (tmp_path / "pki" / "auth.key").write_text((tmp_path / "pki" / "user.key").read_text())
    assert due(tmp_path)


def test_reading_alone_makes_nothing(tmp_path: Path):
    wanted = environment()
    with pytest.raises(CollabError, match="not all there"):
        read_generated(tmp_path, derive(NAME, wanted), wanted)
    assert not list(tmp_path.iterdir())


def test_a_managed_services_secret_is_asked_for_and_taken(tmp_path: Path):
    wanted = environment("AWS")
    found = made(tmp_path, wanted)
    with pytest.raises(CollabError, match="postgresql-superuser, redis") as caught:
        require_managed(tmp_path, found, wanted)
    assert str(tmp_path / "secrets" / "postgresql-superuser") in caught.value.remedy
    for name in ("postgresql-superuser", "redis"):
        (tmp_path / "secrets" / name).write_text("of amazon\n")
    found = made(tmp_path, wanted)
    require_managed(tmp_path, found, wanted)
    assert found.secrets["redis"] == "of amazon"


def test_values_are_not_in_what_is_shown(tmp_path: Path):
    found = made(tmp_path)
    assert not any(value in repr(found) for value in found.secrets.values())
    assert "PRIVATE KEY" not in repr(found)


def test_revisions_change_with_what_pods_read(tmp_path: Path):
    wanted = environment()
    blueprint = derive(NAME, wanted)
    first = revisions(made(tmp_path), blueprint, wanted)
    assert revisions(made(tmp_path), blueprint, wanted) == first
    (tmp_path / "pki" / "auth.crt").unlink()
    (tmp_path / "secrets" / "postgresql-user").unlink()
    second = revisions(made(tmp_path), blueprint, wanted)
    # The role's password is also the business of whoever makes the role.
    assert {name for name in first if first[name] != second[name]} == {"auth", "user", "migrate"}
    assert set(first) == {
        "postgresql", "valkey", "seaweedfs", "auth", "user", "document", "collaboration", "gateway", "migrate",
    }  # fmt: skip


def test_revisions_change_with_what_the_operator_gives_and_tell_nothing_of_it(tmp_path: Path):
    wanted = environment("mail and providers")
    blueprint = derive(NAME, wanted)

    def words(directory: Path, password: str) -> dict[str, str]:
        found = made(directory, wanted)
        given = {"smtp-password": password, "oidc-providers": "[]"}
        return revisions(replace(found, secrets={**found.secrets, **given}), blueprint, wanted)

    first, second = words(tmp_path / "one", "first"), words(tmp_path / "one", "second")
    assert {name for name in first if first[name] != second[name]} == {"auth"}
    assert words(tmp_path / "one", "first") == first
    # Whoever knows the password and the word still cannot tell the one from the other.
    assert words(tmp_path / "two", "first")["auth"] != first["auth"]


def test_revisions_tell_nothing_of_what_a_person_chose(tmp_path: Path):
    wanted = environment("AWS")
    blueprint = derive(NAME, wanted)
    before = revisions(made(tmp_path, wanted), blueprint, wanted)
    (tmp_path / "secrets" / "redis").write_text("secret")
    assert revisions(made(tmp_path, wanted), blueprint, wanted) == before
