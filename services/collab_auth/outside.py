"""`python -m collab_auth.outside mail|providers`: whether those outside whom the service needs would serve it now.

`mail` goes as far as a mail would, up to signing in to the server, and sends none; `providers` asks each for its
description. One JSON object `{answers: [{name, ok, said}]}` goes to standard output: empty where nothing is set up.
Exit codes: 0 asked, 2 wrong usage, 78 wrongly configured.
"""

import asyncio
import ssl
import sys
from collections.abc import Iterator, Sequence

import aiosmtplib
import msgspec
from msgspec import Struct

from collab_auth.oidc.client import ProviderClient
from collab_auth.oidc.problems import OidcRefused
from collab_auth.oidc.providers import Provider, parse_providers
from collab_auth.settings import AuthSettings
from collab_kit.logging import configure_logging
from collab_kit.settings import SettingsError, exit_with, load_settings
from collab_kit.tls import trusting

__all__ = ["Answer", "Answers", "main"]

DEADLINE_S = 10.0
"""For one of them, from looking it up to its last word."""


class Answer(Struct, frozen=True, kw_only=True):
    """`said`: what it is good for, or what is wrong; never a secret, nor what a server says."""

    name: str
    ok: bool
    said: str


class Answers(Struct, frozen=True, kw_only=True):
    answers: tuple[Answer, ...]


async def ask_mail(settings: AuthSettings) -> Answers:
    if settings.smtp_host is None:
        return Answers(answers=())
    try:
        async with asyncio.timeout(DEADLINE_S):
            said = await _greet(settings)
    except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as error:
        return _answered(_server(settings), ok=False, said=_reason(error, settings))
    return _answered(_server(settings), ok=True, said=said)


async def ask_providers(settings: AuthSettings) -> Answers:
    providers = parse_providers(settings.oidc_providers).values()
    return Answers(answers=tuple(await asyncio.gather(*(_ask_provider(each, settings) for each in providers))))


async def _greet(settings: AuthSettings) -> str:
    client = aiosmtplib.SMTP(
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        use_tls=settings.smtp_security == "tls",
        start_tls=settings.smtp_security == "starttls",
        tls_context=None if settings.smtp_security == "none" else trusting(settings.ca_file),
        timeout=DEADLINE_S,
    )
    async with client:
        if settings.smtp_user is None or settings.smtp_password is None:
            return "takes mail" if settings.smtp_security == "none" else "takes mail, over TLS"
        await client.login(settings.smtp_user, settings.smtp_password.reveal())
        return f"takes mail, over TLS, from {settings.smtp_user}"


def _reason(error: Exception, settings: AuthSettings) -> str:
    """In words of ours: what a server says may repeat what it was told."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted: {cause.verify_message}"
        if isinstance(cause, ssl.SSLError):
            return "does not speak TLS on that port"
    match error:
        case aiosmtplib.SMTPAuthenticationError():
            said = f"does not let {settings.smtp_user} in ({error.code}): the user or the password is wrong"
        case TimeoutError():
            said = f"no answer within {DEADLINE_S:g} s"
        case aiosmtplib.SMTPResponseException():
            said = f"turns us away ({error.code})"
        case aiosmtplib.SMTPException() if "STARTTLS extension" in str(error):
            said = "offers no STARTTLS"
        case aiosmtplib.SMTPException() if "auth" in str(error).lower():
            said = "offers no way to sign in that we know"
        case _:
            known = (each.strerror for each in _causes(error) if isinstance(each, OSError) and each.strerror)
            said = f"cannot be reached: {next(known, type(error).__name__)}"
    return said


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


async def _ask_provider(provider: Provider, settings: AuthSettings) -> Answer:
    try:
        async with asyncio.timeout(DEADLINE_S):
            await ProviderClient(provider, ca_file=settings.ca_file).metadata()
    except OidcRefused as refused:
        return Answer(name=provider.id, ok=False, said=f"{provider.issuer}: {refused.reason}")
    except TimeoutError:
        return Answer(name=provider.id, ok=False, said=f"{provider.issuer}: no answer within {DEADLINE_S:g} s")
    return Answer(name=provider.id, ok=True, said=provider.issuer)


def _server(settings: AuthSettings) -> str:
    return f"{settings.smtp_host}:{settings.smtp_port}"


def _answered(name: str, *, ok: bool, said: str) -> Answers:
    return Answers(answers=(Answer(name=name, ok=ok, said=said),))


def main(arguments: Sequence[str] | None = None) -> int:
    words = sys.argv[1:] if arguments is None else list(arguments)
    if words not in (["mail"], ["providers"]):
        sys.stderr.write("usage: python -m collab_auth.outside mail|providers\n")
        return 2
    try:
        settings = load_settings(AuthSettings)
        configure_logging(service="auth", instance="outside", level="error", stream=sys.stderr)
        answers = asyncio.run(ask_mail(settings) if words == ["mail"] else ask_providers(settings))
    except SettingsError as error:
        exit_with(error)
    sys.stdout.write(msgspec.json.encode(answers).decode() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
