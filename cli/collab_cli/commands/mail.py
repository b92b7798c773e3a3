"""``collab mail``: whether the environment can send mail, and what lies here where there is no mail server."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

import msgspec
import typer

from collab_cli.answers import refusal
from collab_cli.catalogue import CATALOGUE
from collab_cli.documents import (
    Mail,
    MailListDocument,
    MailShowDocument,
    MailTestDocument,
    MailText,
    SentMail,
)
from collab_cli.group import Command
from collab_cli.options import group_app, with_session
from collab_cli.session import Session
from collab_platform.errors import UsageError

_MOST = 20

app = group_app(CATALOGUE["mail"].summary)

LIST_EXAMPLES = """\
collab mail list
collab mail list -n 100 -o json"""


@app.command("list", cls=Command, epilog=LIST_EXAMPLES)
@with_session
def list_(
    session: Session,
    most: Annotated[
        int, typer.Option("--most", "-n", metavar="N", min=1, max=1000, help="At most so many of the newest.")
    ] = _MOST,
) -> None:
    """List the mails that lie on this machine, newest first.

    Without a mail server (mail.smtp_host) an environment on this machine puts its mails into a folder, the newest 1000.
    """
    letters = tuple(islice(session.target.letters(), most))
    if session.output.json:
        mails = tuple(Mail(name=each.name, sent=each.sent, to=each.to, subject=each.subject) for each in letters)
        session.output.document(MailListDocument(environment=session.environment, mails=mails))
        return
    if not letters:
        session.output.note("No mail has been sent yet.")
        return
    from collab_cli.views import letters_table  # noqa: PLC0415 - draws with Rich

    session.output.show(letters_table(letters))


SHOW_EXAMPLES = """\
collab mail show                 the newest one
collab mail show --to ada@example.org
collab mail show 20260131T080000.123456Z-0a1b2c3d"""


@app.command("show", cls=Command, epilog=SHOW_EXAMPLES)
@with_session
def show(
    session: Session,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME", help="As `collab mail list` names it. [default: the newest]", show_default=False
        ),
    ] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="EMAIL", help="The newest one to that address.")] = None,
) -> None:
    """Show a mail that lies on this machine, with its link.

    This is where the mail of somebody who forgot their password is when there is no mail server.
    """
    wanted = (
        each
        for each in session.target.letters()
        if name in {None, each.name} and (to is None or each.to.casefold() == to.casefold())
    )
    letter = next(wanted, None)
    if letter is None:
        raise UsageError(
            f"no mail {name}" if name else f"no mail to {to}" if to else "no mail has been sent yet",
            remedy="`collab mail list` shows those that there are.",
        )
    if session.output.json:
        mail = MailText(name=letter.name, sent=letter.sent, to=letter.to, subject=letter.subject, text=letter.text)
        session.output.document(MailShowDocument(environment=session.environment, mail=mail))
        return
    sent = f"\nDate: {letter.sent.astimezone():%Y-%m-%d %H:%M:%S}" if letter.sent else ""
    session.output.text(f"To: {letter.to}\nSubject: {letter.subject}{sent}\n\n{letter.text.rstrip()}")


EXAMPLES = """\
collab mail test you@example.org"""


@app.command("test", cls=Command, epilog=EXAMPLES)
@with_session
def test(
    session: Session,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="Who gets the mail.", show_default=False)],
) -> None:
    """Send a test mail, and say what came of it."""
    result = session.target.run("auth", ["collab_auth.admin", "send-mail", "--to", email])
    if result.exit_code != 0:
        raise refusal(f"no mail to {email}", "auth", result)
    sent = msgspec.json.decode(result.stdout, type=SentMail)
    if session.output.json:
        session.output.document(MailTestDocument(environment=session.environment, mail=sent))
        return
    where = "is with the mail server" if sent.by == "smtp" else "lies in the mail folder"
    session.output.text(f"The mail to {sent.to} {where}.")
