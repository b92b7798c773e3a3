"""Secrets that the operator gives: a mail server's password, and our clients' secrets at providers.

They come as files that the environment names, so that none is in it, in a variable or in an argument; or, on a cluster
with external secrets, from the store.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from collab_platform.blueprint import PROVIDERS, SMTP_PASSWORD
from collab_platform.environment import Environment
from collab_platform.environment.rules import secrets_are_external
from collab_platform.errors import EnvironmentInvalidError

MAX_BYTES = 4096


def given_files(environment: Environment, root: Path) -> dict[str, Path]:
    """The files by the settings that name them; none where a store has the secrets."""
    if secrets_are_external(environment):
        return {}
    named = {f"auth.oidc ({each.id}): client_secret_file": each.client_secret_file for each in environment.auth.oidc}
    if environment.mail.smtp_user:
        named = {"mail.smtp_password_file": environment.mail.smtp_password_file, **named}
    return {key: root / Path(name).expanduser() for key, name in named.items() if name}


def given_secrets(environment: Environment, root: Path) -> dict[str, str]:
    """What the files hold, by the blueprint's names. Raises :class:`EnvironmentInvalidError`, which shows none."""
    texts = {key: _read(key, path) for key, path in given_files(environment, root).items()}
    found: dict[str, str] = {}
    if "mail.smtp_password_file" in texts:
        found[SMTP_PASSWORD] = texts.pop("mail.smtp_password_file")
    if texts:
        secrets = dict(zip((each.id for each in environment.auth.oidc), texts.values(), strict=True))
        found[PROVIDERS] = providers_file(environment, lambda provider: json.dumps(secrets[provider]))
    return found


def providers_file(environment: Environment, secret: Callable[[str], str]) -> str:
    """What the service auth reads; ``secret`` is the JSON, or what will be, of a provider's client secret."""
    entries = [
        _json(
            {
                "id": json.dumps(each.id),
                "name": _text(each.name),
                "issuer": _text(each.issuer),
                "client_id": _text(each.client_id),
                "client_secret": secret(each.id),
                "scopes": _text(each.scopes),
            }
        )
        for each in environment.auth.oidc
    ]
    return f"[{', '.join(entries)}]"


def read_certificates(root: Path, key: str, name: str) -> str:
    """The PEM file ``name`` that the setting ``key`` names. Raises :class:`EnvironmentInvalidError`."""
    path = root / Path(name).expanduser()
    try:
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not PEM"
        raise EnvironmentInvalidError(f"{key}: cannot read {path}: {reason}", remedy="Correct it.") from None
    if "-----BEGIN CERTIFICATE-----" not in text:
        raise EnvironmentInvalidError(f"{key}: {path} holds no certificate", remedy="It takes a PEM file.")
    return text.strip() + "\n"


def _json(values: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{json.dumps(key)}: {value}" for key, value in values.items()) + "}"


def _text(value: str) -> str:
    """As JSON without a brace, in which the template of a store would see a word of its own."""
    return json.dumps(value).replace("{", "\\u007b").replace("}", "\\u007d")


def _read(key: str, path: Path) -> str:
    def refused(why: str, remedy: str) -> EnvironmentInvalidError:
        return EnvironmentInvalidError(f"{key}: {path} {why}", remedy=remedy)

    one_line = "Write the secret into it, on one line: `umask 077; cat > FILE`, the secret, Enter, Ctrl-D."
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        text = content.decode().rstrip("\r\n")
    except OSError as error:
        raise refused(f"cannot be read: {error.strerror}", one_line) from None
    except UnicodeDecodeError:
        raise refused("is not UTF-8 text", one_line) from None
    if len(content) > MAX_BYTES:
        raise refused(f"is larger than {MAX_BYTES} bytes", one_line)
    if not text or any(ord(character) < 32 for character in text):
        raise refused("is empty" if not text else "holds more than one line", one_line)
    return text
