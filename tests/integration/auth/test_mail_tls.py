"""Mail to servers that speak TLS and ask who one is; the password goes to nobody else, and into no log."""

import json
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from collab_kit.mail import Mail, MailFailed, MailSettings, SmtpMailer
from collab_kit.settings import Secret
from collab_platform.gateway.certificate import Certificate, ensure_certificate
from tests.cluster.node.pki import Authority
from tests.datastores import wait_until
from tests.mail_server import MailServer, Security, mail_server
from tests.people import People
from tests.ports import free_port
from tests.services import Stage

USER, PASSWORD = "collab", "a word of nobody's"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return ensure_certificate(tmp_path_factory.mktemp("authority"), ())


def mailer(port: int, security: Security, ca: Path | None, password: str = PASSWORD) -> SmtpMailer:
    settings = MailSettings(
        instance="test-1",
        port=0,
        public_url="https://docs.example.org",
        database_url="postgresql://a@127.0.0.1/a",
        database_password=Secret("x"),
        redis_url="redis://127.0.0.1",
        redis_password=Secret("x"),
        internal_token=Secret("x"),
        ca_file=None if ca is None else str(ca),
        smtp_host="localhost",
        smtp_port=port,
        smtp_security=security,
        smtp_user=USER,
        smtp_password=Secret(password),
    )
    return SmtpMailer(settings)


def new_mail() -> Mail:
    return Mail(recipient="ada@example.org", subject="Hello", paragraphs=("Good morning.",))


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_server_that_is_trusted_is_told_who_we_are(certificate: Certificate, security: Security):
    with mail_server(security, certificate=certificate, users={USER: PASSWORD}) as server:
        await mailer(server.port, security, certificate.ca).send(new_mail())
        with pytest.raises(MailFailed) as wrong:
            await mailer(server.port, security, certificate.ca, "another").send(new_mail())
    assert [mail["Subject"] for mail in server.mails] == ["Hello"]
    assert set(server.signed_in) == {(USER, PASSWORD), (USER, "another")}
    assert not wrong.value.is_final
    assert "another" not in str(wrong.value)


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("wrong", ["authority", "name"])
async def test_a_server_that_could_be_anybody_is_told_nothing(
    certificate: Certificate, tmp_path: Path, security: Security, wrong: str
):
    if wrong == "authority":
        shown, trusted = certificate, ensure_certificate(tmp_path / "other", ()).ca
    else:
        authority = Authority(tmp_path, "authority")
        pair = authority.issue("server", user="server", hosts=("mail.example.org",))
        trusted = authority.pair.certificate
        shown = Certificate(cert=pair.certificate, key=pair.key, ca=trusted)
    with (
        mail_server(security, certificate=shown, users={USER: PASSWORD}) as server,
        pytest.raises(MailFailed) as refused,
    ):
        await mailer(server.port, security, trusted).send(new_mail())
    assert not refused.value.is_final
    assert (server.signed_in, server.mails) == ([], [])


@contextmanager
def stripped(answer: str | None) -> Generator[tuple[int, list[str]]]:
    """As what lies between two servers would have it: TLS is not offered, or refused, or promised and not there."""
    heard: list[str] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def converse() -> None:
        connection, _ = listener.accept()
        # Whoever is not content hangs up.
        with suppress(OSError), connection, connection.makefile("rwb") as lines:

            def say(*said: str) -> None:
                lines.write("".join(f"{line}\r\n" for line in said).encode())
                lines.flush()

            say("220 mail.example.org")
            while line := lines.readline():
                heard.append(line.decode("latin-1").strip())
                word = heard[-1].upper()
                if word.startswith("EHLO"):
                    say("250-mail.example.org", *(["250-STARTTLS"] if answer else []), "250 AUTH PLAIN LOGIN")
                elif word == "STARTTLS" and answer:
                    say(answer)
                elif word == "QUIT":
                    say("221 bye")
                    return
                else:
                    say("250 ok")

    thread = threading.Thread(target=converse)
    thread.start()
    try:
        yield listener.getsockname()[1], heard
    finally:
        thread.join(10)
        listener.close()


@pytest.mark.parametrize("answer", [None, "454 TLS not available", "220 go ahead"])
async def test_without_tls_nothing_is_said_in_the_clear(certificate: Certificate, answer: str | None):
    with stripped(answer) as (port, heard), pytest.raises(MailFailed) as refused:
        await mailer(port, "starttls", certificate.ca).send(new_mail())
    assert not refused.value.is_final
    words = {line.split(" ")[0].upper() for line in heard if line.isascii() and line.isprintable()}
    assert words & {"AUTH", "MAIL", "RCPT", "DATA"} == set()
    assert not [line for line in heard if "ada@example.org" in line or PASSWORD in line]


def by_server(stage: Stage, port: int, certificate: Certificate, password: str = PASSWORD) -> dict[str, str]:
    return {
        "COLLAB_SMTP_HOST": "localhost",
        "COLLAB_SMTP_PORT": str(port),
        "COLLAB_SMTP_USER": USER,
        "COLLAB_SMTP_PASSWORD_FILE": str(stage.write_secret("smtp-password", password)),
        "COLLAB_CA_FILE": str(certificate.ca),
        "COLLAB_LOG_LEVEL": "debug",
    }


def due(stage: Stage) -> None:
    """What waits is tried again now."""
    stage.database.psql("update auth.mail set next_attempt_at = now()")


def waits(stage: Stage) -> int:
    return int(stage.database.psql("select count(*) from auth.mail"))


def failed(stage: Stage) -> bool:
    return stage.database.psql("select bool_and(last_error is not null) from auth.mail") == "t"


def assert_said_nothing(stage: Stage, *secrets: str) -> None:
    logs = "".join(replica.log_path.read_text() for replica in stage.processes)
    kept = stage.database.psql("select string_agg(row(mail.*)::text, ' ') from auth.mail")
    for secret in secrets:
        assert secret not in logs
        assert json.dumps(secret)[1:-1] not in logs
        assert secret not in kept


def arrived(server: MailServer, recipient: str) -> int:
    return len(server.to(recipient))


def test_a_password_that_is_refused_loses_no_mail(bare_stage: Stage, certificate: Certificate):
    stage = bare_stage
    with mail_server("starttls", certificate=certificate, users={USER: "changed since"}) as server:
        stage.start_all({"auth": by_server(stage, server.port, certificate)})
        with People(stage) as people:
            ada = people.register("Ada")
        wait_until(lambda: bool(server.signed_in) and failed(stage), "the server's refusal")
        assert (waits(stage), server.mails) == (1, [])
        # Their administrator sets it back; nobody here has to do anything.
        server.users[USER] = PASSWORD
        due(stage)
        wait_until(lambda: waits(stage) == 0, "the outbox being empty")
        assert arrived(server, ada.email) == 1
    assert_said_nothing(stage, PASSWORD, ada.email)


def test_a_server_that_comes_back_gets_each_mail_once(bare_stage: Stage, certificate: Certificate):
    stage, port = bare_stage, free_port()
    stage.start_all({"auth": by_server(stage, port, certificate)})
    with People(stage) as people:
        ada, grace = people.register("Ada"), people.register("Grace")
    wait_until(lambda: failed(stage), "the failures")
    with mail_server("starttls", certificate=certificate, users={USER: PASSWORD}, port=port) as server:
        due(stage)
        wait_until(lambda: waits(stage) == 0, "the outbox being empty")
        assert (arrived(server, ada.email), arrived(server, grace.email), len(server.mails)) == (1, 1, 2)
    assert_said_nothing(stage, PASSWORD, ada.email)
