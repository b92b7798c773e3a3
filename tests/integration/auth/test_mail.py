"""Mail goes through an outbox: an SMTP server that is away loses nothing; a system without mail says so."""

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from email import message_from_string, policy

import pytest

from tests.datastores import wait_until
from tests.people import PASSWORD, People
from tests.ports import free_port
from tests.problems import assert_problem
from tests.services import Stage


class SmtpServer:
    """As much of RFC 5321 as a client needs that sends one mail after another."""

    def __init__(self, port: int, *, refuses: str = "") -> None:
        self.mails: list[str] = []
        self.refused = 0
        self._refuses = refuses
        self.may_take = threading.Event()
        """Until it is set, who has said a mail waits for the answer."""
        self.may_take.set()
        self._socket = socket.create_server(("127.0.0.1", port))

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as stream:
                self._converse(stream)

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _converse(self, stream: object) -> None:
        from typing import IO, cast

        lines = cast("IO[bytes]", stream)

        def say(line: str) -> None:
            lines.write(line.encode() + b"\r\n")
            lines.flush()

        say("220 test")
        while line := lines.readline():
            command = line.decode().strip()
            word = command.upper()
            if word.startswith("RCPT") and self._refuses and self._refuses in command:
                self.refused += 1
                say("550 no such mailbox")
            elif word.startswith("DATA"):
                say("354 go on")
                content: list[str] = []
                while (part := lines.readline().decode()) != ".\r\n":
                    content.append(part)
                self.mails.append("".join(content))
                self.may_take.wait(60)
                say("250 taken")
            elif word.startswith("QUIT"):
                say("221 bye")
                return
            else:
                say("250 ok")


@contextmanager
def smtp_server(port: int, *, refuses: str = "") -> Generator[SmtpServer]:
    server = SmtpServer(port, refuses=refuses)
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield server
    finally:
        server.close()
        thread.join(10)


def by_smtp(port: int) -> dict[str, str]:
    return {
        "COLLAB_SMTP_HOST": "127.0.0.1",
        "COLLAB_SMTP_PORT": str(port),
        "COLLAB_SMTP_SECURITY": "none",
        "COLLAB_MAIL_FROM": "collab@example.org",
    }


def test_a_mail_server_that_is_away_loses_nothing(bare_stage: Stage):
    stage, port = bare_stage, free_port()
    stage.start_all({"auth": by_smtp(port)})
    with People(stage) as people:
        ada = people.register("Ada")
        wait_until(lambda: stage.database.psql("select last_error is not null from auth.mail") == "t", "a failure")
        with smtp_server(port) as server:
            stage.database.psql("update auth.mail set next_attempt_at = now()")
            wait_until(lambda: len(server.mails) == 1, "the mail's arrival")
            wait_until(lambda: stage.database.psql("select count(*) from auth.mail") == "0", "the outbox being empty")
        mail = message_from_string(server.mails[0], policy=policy.default)
        assert (mail["To"], mail["From"]) == (ada.email, "collab <collab@example.org>")


def test_a_mail_that_is_asked_for_while_one_like_it_is_on_its_way_is_sent_too(bare_stage: Stage):
    stage, port = bare_stage, free_port()
    with smtp_server(port) as server, People(stage) as people:
        stage.start_all({"auth": by_smtp(port)})
        server.may_take.clear()
        ada = people.register("Ada")
        wait_until(lambda: len(server.mails) == 1, "the first mail")
        assert ada.call("POST", "auth", "/api/auth/email/verify/send").status_code == 202
        server.may_take.set()
        stage.database.psql("update auth.mail set next_attempt_at = now()")
        wait_until(lambda: len(server.mails) == 2, "the second mail")
        wait_until(lambda: stage.database.psql("select count(*) from auth.mail") == "0", "the outbox being empty")


def test_a_recipient_that_is_refused_is_not_tried_again(bare_stage: Stage):
    stage, port = bare_stage, free_port()
    with smtp_server(port, refuses="example.org") as server:
        stage.start_all({"auth": by_smtp(port)})
        with People(stage) as people:
            people.register("Ada")
            wait_until(lambda: stage.database.psql("select count(*) from auth.mail") == "0", "the outbox being empty")
    assert (server.refused, server.mails) == (1, [])


def test_an_address_that_would_be_two_gets_no_mail(bare_stage: Stage):
    stage = bare_stage
    stage.start_all({"auth": {"COLLAB_MAIL_FOLDER": str(stage.directory / "mail")}})
    with People(stage) as people:
        body = {"email": "eve,ada@example.org", "password": PASSWORD, "name": "Eve"}
        assert people.client().post(f"{stage.url('auth')}/api/auth/register", json=body).status_code == 201
    wait_until(lambda: stage.database.psql("select count(*) from auth.mail") == "0", "the outbox being empty")
    assert not list((stage.directory / "mail").glob("*.eml"))


def test_without_mail_registration_goes_on_and_the_rest_says_so(stage_without_mail: Stage):
    stage = stage_without_mail
    with People(stage) as people:
        ada = people.register("Ada")
        assert_problem(
            ada.call("POST", "auth", "/api/auth/password/forgot", {"email": ada.email}), 503, "mail-not-configured"
        )
        assert_problem(ada.call("POST", "auth", "/api/auth/email/verify/send"), 503, "mail-not-configured")
        body = {"email": "new@example.org", "password": PASSWORD}
        assert_problem(ada.call("POST", "auth", "/api/auth/account/email", body), 503, "mail-not-configured")
    assert stage.database.psql("select count(*) from auth.mail") == "0"


@pytest.fixture
def stage_without_mail(bare_stage: Stage) -> Stage:
    bare_stage.start_all({"auth": {}})
    return bare_stage


def test_an_operator_sends_a_test_mail(bare_stage: Stage):
    stage = bare_stage
    stage.migrate("auth")
    unset = stage.run_module("collab_auth.admin", "send-mail", "--to", "a@example.org", service="auth")
    assert unset.returncode == 1
    assert "sends no mail" in unset.stderr
    folder = stage.directory / "mail"
    sent = stage.run_module(
        "collab_auth.admin", "send-mail", "--to", "a@example.org", service="auth", COLLAB_MAIL_FOLDER=str(folder)
    )
    assert sent.returncode == 0, sent.stderr
    assert len(list(folder.glob("*.eml"))) == 1
    assert folder.stat().st_mode & 0o077 == 0
    away = stage.run_module(
        "collab_auth.admin", "send-mail", "--to", "a@example.org", service="auth", **by_smtp(free_port())
    )
    assert away.returncode == 1
    assert away.stderr.startswith("The mail was not sent")
