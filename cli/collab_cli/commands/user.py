"""``collab user``: the people who may sign in."""

from __future__ import annotations

import sys
from getpass import getpass
from typing import Annotated

import msgspec
import typer

from collab_cli.answers import refusal
from collab_cli.catalogue import CATALOGUE
from collab_cli.documents import (
    Account,
    CreatedUser,
    ResetFactors,
    UserCreateDocument,
    UserGrantAdminDocument,
    UserResetFactorsDocument,
)
from collab_cli.group import Command
from collab_cli.options import group_app, with_session
from collab_cli.session import Session
from collab_platform.errors import UsageError

app = group_app(CATALOGUE["user"].summary)

EXAMPLES = """\
collab user create ada@example.org --name "Ada Lovelace"
collab user create ada@example.org --name Ada --password-stdin < secret.txt
collab user create root@example.org --name Root --admin"""


@app.command("create", cls=Command, epilog=EXAMPLES)
@with_session
def create(
    session: Session,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="What they sign in with.", show_default=False)],
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="What others see.", show_default=False)],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from stdin instead of asking for it.")
    ] = False,
    admin: Annotated[bool, typer.Option("--admin", help="Make them an administrator.")] = False,
) -> None:
    """Create an account.

    The password is asked for, or read from stdin: never given on the command line, where others could see it.
    """
    target = session.target
    password = _from_stdin() if password_stdin else _ask()
    command = ["collab_auth.admin", "create-user", "--email", email, "--name", name, *(["--admin"] if admin else [])]
    result = target.run("auth", command, stdin=password)
    if result.exit_code != 0:
        raise refusal(f"no account for {email}", "auth", result)
    user = msgspec.json.decode(result.stdout, type=CreatedUser)
    if session.output.json:
        session.output.document(UserCreateDocument(environment=session.environment, user=user))
        return
    session.output.text(f"{email} may sign in now{', as an administrator' if admin else ''}.")
    session.output.note(f"`collab open{session.environment_flag}` opens the editor.")


GRANT_EXAMPLES = """\
collab user grant-admin ada@example.org
collab user grant-admin ada@example.org -o json"""


@app.command("grant-admin", cls=Command, epilog=GRANT_EXAMPLES)
@with_session
def grant_admin(
    session: Session,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="What they sign in with.", show_default=False)],
) -> None:
    """Make somebody an administrator.

    Enables the account too, should it be disabled. They have to sign in again, or wait some minutes, to act as one.
    """
    result = session.target.run("auth", ["collab_auth.admin", "grant-admin", "--email", email])
    if result.exit_code != 0:
        raise refusal(f"{email} is no administrator", "auth", result)
    user = msgspec.json.decode(result.stdout, type=Account)
    if session.output.json:
        session.output.document(UserGrantAdminDocument(environment=session.environment, user=user))
        return
    session.output.text(f"{user.email} is an administrator now.")


RESET_EXAMPLES = """\
collab user reset-second-factors ada@example.org"""


@app.command("reset-second-factors", cls=Command, epilog=RESET_EXAMPLES)
@with_session
def reset_second_factors(
    session: Session,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="What they sign in with.", show_default=False)],
) -> None:
    """Take away the one-time codes and passkeys that somebody has lost.

    Their password alone signs them in from then on: make sure first that it is they who ask.
    """
    result = session.target.run("auth", ["collab_auth.admin", "reset-second-factors", "--email", email])
    if result.exit_code != 0:
        raise refusal(f"nothing was taken from {email}", "auth", result)
    user = msgspec.json.decode(result.stdout, type=ResetFactors)
    if session.output.json:
        session.output.document(UserResetFactorsDocument(environment=session.environment, user=user))
        return
    session.output.text(f"{user.email} signs in with the password alone now.")


def _from_stdin() -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise UsageError("--password-stdin: stdin is empty", remedy="for example `… --password-stdin < password.txt`")
    return password


def _ask() -> str:
    if not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask for the password on", remedy="give it with --password-stdin")
    try:
        password = getpass("Password: ", stream=sys.stderr)
        again = getpass("Once more: ", stream=sys.stderr)
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        raise
    if password != again:
        raise UsageError("the two passwords differ: no account was created")
    return password
