"""``collab mail``: whether the environment can send mail."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from collab_cli.answers import refusal
from collab_cli.catalogue import CATALOGUE
from collab_cli.documents import MailTestDocument, SentMail
from collab_cli.group import Command
from collab_cli.options import group_app, with_session
from collab_cli.session import Session

app = group_app(CATALOGUE["mail"].summary)

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
