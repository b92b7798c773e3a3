"""`python -m collab_auth.admin create-user --email E --name N`: make an account; the password comes on standard input.

Takes the same way as registration over HTTP, outbox included. The result is one JSON object on standard output, errors
are lines on standard error. Exit codes: 0 made, 1 the e-mail is taken or a field is wrong, 2 wrong usage or a store is
away, 78 wrongly configured.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from uuid import UUID

import msgspec
from msgspec import Struct

from collab_auth.app import user_peer
from collab_auth.attempts import Attempts
from collab_auth.outbox import Outbox
from collab_auth.passwords import Passwords
from collab_auth.rules import MAX_PASSWORD_CHARS
from collab_auth.schemas import Registration
from collab_auth.service import Accounts
from collab_auth.settings import AuthSettings
from collab_kit.database import Database
from collab_kit.errors import Conflict, InvalidRequest, Problem
from collab_kit.events import open_redis
from collab_kit.logging import configure_logging
from collab_kit.settings import SettingsError, exit_with, load_settings
from collab_kit.tokens import ACCESS_AUDIENCE, ACCESS_ISSUER, Signer

__all__ = ["CreatedUser", "main"]


class CreatedUser(Struct, frozen=True, kw_only=True):
    """`profile_delivered` is false while the user service is away: the auth service delivers it later."""

    id: UUID
    email: str
    profile_delivered: bool


async def create_user(settings: AuthSettings, registration: Registration) -> CreatedUser:
    database = Database(settings)
    passwords = Passwords(settings)
    async with database, passwords, user_peer(settings) as users, open_redis(settings) as redis:
        accounts = Accounts(
            database=database,
            passwords=passwords,
            attempts=Attempts(redis, settings),
            signer=Signer(settings.signing_key, issuer=ACCESS_ISSUER, audience=ACCESS_AUDIENCE),
            settings=settings,
        )
        account = await accounts.create(registration)
        delivered = await Outbox(database, users).deliver_now(account.id)
    return CreatedUser(id=account.id, email=account.email, profile_delivered=delivered)


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    # One character more than is allowed is enough to be told so.
    password = sys.stdin.readline(MAX_PASSWORD_CHARS + 2).rstrip("\r\n")
    try:
        settings = load_settings(AuthSettings)
        configure_logging(service="auth", instance="admin", level="error", stream=sys.stderr)
        registration = Registration(email=options.email, password=password, name=options.name)
        created = asyncio.run(create_user(settings, registration))
    except SettingsError as error:
        exit_with(error)
    except (Conflict, InvalidRequest) as error:
        _complain(error)
        return 1
    except Problem as error:
        _complain(error)
        return 2
    sys.stdout.write(msgspec.json.encode(created).decode() + "\n")
    return 0


def _complain(error: Problem) -> None:
    lines = [f"{entry.field}: {entry.message}" for entry in error.errors] or [f"{error.title}: {error.detail}"]
    sys.stderr.writelines(f"{line}\n" for line in lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m collab_auth.admin")
    commands = parser.add_subparsers(dest="command", required=True)
    create = commands.add_parser("create-user", help="make an account; the password is read from standard input")
    create.add_argument("--email", required=True)
    create.add_argument("--name", required=True)
    return parser


if __name__ == "__main__":
    sys.exit(main())
