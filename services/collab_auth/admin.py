"""`python -m collab_auth.admin …`: accounts, administrators and signing keys, for an operator.

    create-user --email E --name N [--admin]   make an account; the password comes on standard input
    grant-admin --email E                      make somebody an administrator
    reset-second-factors --email E             take away codes and passkeys that somebody has lost
    rotate-keys [--overlap-s S] [--revoke]     sign access tokens with another key
    send-mail --to E                           send a mail, to see whether mail is set up

Each takes the same way as over HTTP, outbox included. The result is one JSON object on standard output, errors are
lines on standard error. Exit codes: 0 done, 1 it cannot be done (the e-mail is taken or unknown, a field is wrong, the
mail is refused), 2 wrong usage or a store is away, 78 wrongly configured.
"""

import argparse
import asyncio
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from collab_auth.administration.service import Administration
from collab_auth.administration.store import AccountState, AccountStore
from collab_auth.app import user_peer
from collab_auth.attempts import Attempts
from collab_auth.audit.store import Audit
from collab_auth.factors.reset import ResetFactors, reset_factors
from collab_auth.keys.service import RotatedKey, SigningKeys
from collab_auth.outbox import Outbox
from collab_auth.passwords import Passwords
from collab_auth.rules import MAX_PASSWORD_CHARS
from collab_auth.schemas import Registration
from collab_auth.second_factor import NoSecondFactors
from collab_auth.service import Accounts
from collab_auth.sessions.liveness import Liveness
from collab_auth.sessions.service import Sessions
from collab_auth.sessions.store import SessionStore
from collab_auth.settings import AuthSettings
from collab_kit.database import Database
from collab_kit.errors import Conflict, InvalidRequest, NotFound, Problem
from collab_kit.events import Publisher, open_redis
from collab_kit.logging import configure_logging
from collab_kit.mail import Mail, MailFailed, MailNotConfigured, open_mailer
from collab_kit.settings import SettingsError, exit_with, load_settings
from collab_kit.tokens import MAX_AGE_S

__all__ = ["CreatedUser", "SentMail", "main"]

DEFAULT_OVERLAP_S = int(MAX_AGE_S)
"""As long as verifiers keep a key set: each has seen the new key before it signs anything."""
MAX_OVERLAP_S = 7 * 86_400


class CreatedUser(Struct, frozen=True, kw_only=True):
    """`profile_delivered` is false while the user service is away: the auth service delivers it later."""

    id: UUID
    email: str
    profile_delivered: bool
    is_admin: bool = False


class SentMail(Struct, frozen=True, kw_only=True):
    to: str
    by: str
    """`smtp`, or `folder`."""


class _Parts(Struct, frozen=True, kw_only=True):
    accounts: Accounts
    administration: Administration
    outbox: Outbox
    signing_keys: SigningKeys


@asynccontextmanager
async def _parts(settings: AuthSettings) -> AsyncGenerator[_Parts]:
    database = Database(settings)
    passwords = Passwords(settings)
    audit = Audit(database)
    signing_keys = SigningKeys(database=database, audit=audit, settings=settings)
    async with database, passwords, user_peer(settings) as users, open_redis(settings) as redis:
        store = SessionStore(database)
        sessions = Sessions(database=database, store=store, liveness=Liveness(store), audit=audit)
        yield _Parts(
            accounts=Accounts(
                database=database,
                passwords=passwords,
                attempts=Attempts(redis, settings),
                signer=signing_keys,
                second_factors=NoSecondFactors(),
                audit=audit,
                settings=settings,
            ),
            administration=Administration(
                database=database,
                store=AccountStore(database),
                sessions=sessions,
                audit=audit,
                publisher=Publisher(redis),
            ),
            outbox=Outbox(database, users),
            signing_keys=signing_keys,
        )


async def create_user(settings: AuthSettings, registration: Registration, *, is_admin: bool) -> CreatedUser:
    async with _parts(settings) as parts:
        account = await parts.accounts.create(registration, is_admin=is_admin)
        delivered = await parts.outbox.deliver_now(account.id)
    return CreatedUser(id=account.id, email=account.email, profile_delivered=delivered, is_admin=account.is_admin)


async def grant_admin(settings: AuthSettings, email: str) -> AccountState:
    async with _parts(settings) as parts:
        account = await parts.administration.grant_admin(email)
        await parts.outbox.deliver_now(account.id)
    return account


async def reset_second_factors(settings: AuthSettings, email: str) -> ResetFactors:
    async with Database(settings) as database:
        return await reset_factors(database, Audit(database), email)


async def rotate_keys(settings: AuthSettings, *, overlap_s: int, revoke: bool) -> RotatedKey:
    async with _parts(settings) as parts:
        return await parts.signing_keys.rotate(overlap_s=overlap_s, revoke=revoke)


async def send_mail(settings: AuthSettings, to: str) -> SentMail:
    mailer = open_mailer(settings)
    if mailer is None:
        raise MailNotConfigured
    text = (f"This is a test mail of collab at {settings.public_url}.", "Whoever reads it gets the others too.")
    await mailer.send(Mail(recipient=to, subject="Test mail", paragraphs=text))
    return SentMail(to=to, by="smtp" if settings.smtp_host is not None else "folder")


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        done = asyncio.run(_run(options))
    except SettingsError as error:
        exit_with(error)
    except (Conflict, InvalidRequest, NotFound, MailNotConfigured) as error:
        _complain(error)
        return 1
    except MailFailed as error:
        sys.stderr.write(f"The mail was not sent: {error}\n")
        return 1
    except Problem as error:
        _complain(error)
        return 2
    sys.stdout.write(msgspec.json.encode(done).decode() + "\n")
    return 0


async def _run(options: argparse.Namespace) -> Struct:
    # One character more than is allowed is enough to be told so.
    password = sys.stdin.readline(MAX_PASSWORD_CHARS + 2).rstrip("\r\n") if options.command == "create-user" else ""
    settings = load_settings(AuthSettings)
    configure_logging(service="auth", instance="admin", level="error", stream=sys.stderr)
    match options.command:
        case "create-user":
            registration = Registration(email=options.email, password=password, name=options.name)
            return await create_user(settings, registration, is_admin=options.admin)
        case "grant-admin":
            return await grant_admin(settings, options.email)
        case "reset-second-factors":
            return await reset_second_factors(settings, options.email)
        case "rotate-keys":
            return await rotate_keys(settings, overlap_s=options.overlap_s, revoke=options.revoke)
        case _:
            return await send_mail(settings, options.to)


def _complain(error: Problem) -> None:
    lines = [f"{entry.field}: {entry.message}" for entry in error.errors] or [f"{error.title}: {error.detail}"]
    sys.stderr.writelines(f"{line}\n" for line in lines)


def _seconds(text: str) -> int:
    seconds = int(text)
    if not 0 <= seconds <= MAX_OVERLAP_S:
        raise ValueError
    return seconds


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m collab_auth.admin")
    commands: Any = parser.add_subparsers(dest="command", required=True)
    create = commands.add_parser("create-user", help="make an account; the password is read from standard input")
    create.add_argument("--email", required=True)
    create.add_argument("--name", required=True)
    create.add_argument("--admin", action="store_true", help="an administrator")
    grant = commands.add_parser("grant-admin", help="make somebody an administrator")
    grant.add_argument("--email", required=True)
    reset = commands.add_parser("reset-second-factors", help="take away codes and passkeys that somebody has lost")
    reset.add_argument("--email", required=True)
    rotate = commands.add_parser("rotate-keys", help="sign access tokens with another key")
    rotate.add_argument("--overlap-s", type=_seconds, default=DEFAULT_OVERLAP_S, help="seconds until the new key signs")
    rotate.add_argument("--revoke", action="store_true", help="at once, and believe the keys before no longer")
    mail = commands.add_parser("send-mail", help="send a mail, to see whether mail is set up")
    mail.add_argument("--to", required=True)
    return parser


if __name__ == "__main__":
    sys.exit(main())
