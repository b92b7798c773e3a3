"""Settings of a service: read once from `COLLAB_*` variables and `COLLAB_*_FILE` secrets, before anything starts.

`docs/interfaces.md` has the table of variables. A field `database_url` is read from `COLLAB_DATABASE_URL`; a field
whose type is `Secret` from the file that `COLLAB_DATABASE_PASSWORD_FILE` names.
"""

import hmac
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, NoReturn, Self, TypeVar, get_args, get_type_hints

import msgspec
from msgspec import NODEFAULT, Meta, Struct, structs

from collab_kit import tls

__all__ = [
    "EXIT_CONFIG",
    "FilePath",
    "HttpUrl",
    "LogLevel",
    "Port",
    "PostgresUrl",
    "RedisUrl",
    "Secret",
    "ServiceSettings",
    "Settings",
    "SettingsError",
    "WaitSeconds",
    "exit_with",
    "load_settings",
]

EXIT_CONFIG = 78
"""`EX_CONFIG` of sysexits.h: the process was configured wrongly, and starting it again will not help."""

_MAX_SECRET_BYTES = 64 * 1024


class SettingsError(Exception):
    """One or more variables are missing or wrong; `problems` has a line for each, naming variable and expectation."""

    def __init__(self, *problems: str) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class Secret:
    """A value that shows itself only to who calls `reveal`; neither `repr`, `str` nor a log line does."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Read a secret without its trailing line break; raises `OSError`, or `ValueError` when it cannot be one."""
        with path.open("rb") as file:
            raw = file.read(_MAX_SECRET_BYTES + 1)
        if len(raw) > _MAX_SECRET_BYTES:
            raise ValueError(f"is larger than {_MAX_SECRET_BYTES} bytes")
        value = raw.decode().rstrip("\r\n")
        if not value:
            raise ValueError("is empty")
        return cls(value)

    def reveal(self) -> str:
        return self._value

    def matches(self, candidate: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(self._value.encode(), candidate.encode())

    def __repr__(self) -> str:
        return "Secret(***)"


LogLevel = Literal["debug", "info", "warning", "error"]
Port = Annotated[
    int, Meta(ge=0, le=65535, description="a port from 1 to 65535, or 0 for any free one", examples=[8101])
]
HttpUrl = Annotated[
    str,
    Meta(pattern=r"^https?://[^/\s@?#]+$", description="a base URL without path", examples=["http://127.0.0.1:8080"]),
]
PostgresUrl = Annotated[
    str,
    Meta(
        pattern=r"^postgres(ql)?://[^:@/\s]+@[^@/\s]+/[^/\s?]+(\?\S*)?$",
        description="a PostgreSQL URL naming role, host and database, without a password",
        examples=["postgresql://collab_auth@127.0.0.1:5432/collab"],
    ),
]
RedisUrl = Annotated[
    str,
    Meta(
        pattern=r"^rediss?://[^@/\s]+(/\d+)?$",
        description="a Redis URL without a password",
        examples=["redis://127.0.0.1:6379/0"],
    ),
]
Seconds = Annotated[float, Meta(gt=0, le=600, description="a number of seconds above 0, at most 600", examples=[10])]
PoolSize = Annotated[int, Meta(ge=1, le=100, description="a whole number from 1 to 100", examples=[4])]
InstanceName = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9][a-z0-9-]{0,62}$",
        description="a name of lower-case letters, digits and hyphens",
        examples=["auth-1"],
    ),
]


FilePath = Annotated[
    str, Meta(pattern="^/", description="the absolute path of a PEM file", examples=["/run/trust/ca.crt"])
]
WaitSeconds = Annotated[
    float, Meta(gt=0, le=3600, description="a number of seconds above 0, at most 3600", examples=[300])
]


class Settings(Struct, frozen=True, kw_only=True):
    """What some program reads from its environment."""

    def problems(self) -> Iterator[str]:
        """What is wrong with values that are each right by themselves, a line for each problem; reads files."""
        yield from ()


class ServiceSettings(Settings, frozen=True, kw_only=True):
    """What every service needs; each service's own settings extend it."""

    instance: InstanceName
    host: str = "127.0.0.1"
    port: Port
    tls_cert_file: FilePath | None = None
    tls_key_file: FilePath | None = None
    """Both or neither: with them HTTP and WebSockets are served over TLS."""
    ca_file: FilePath | None = None
    """Authorities to trust beside the system's."""
    log_level: LogLevel = "info"
    drain_timeout_s: Seconds = 10.0
    public_url: HttpUrl
    database_url: PostgresUrl
    database_password: Secret
    database_pool_max: PoolSize = 4
    redis_url: RedisUrl
    redis_password: Secret
    internal_token: Secret

    def problems(self) -> Iterator[str]:
        yield from tls.certificate_problems(self.tls_cert_file, self.tls_key_file)
        yield from tls.ca_problems(self.ca_file)


SettingsT = TypeVar("SettingsT", bound=Settings)


def load_settings(kind: type[SettingsT], environ: Mapping[str, str] = os.environ) -> SettingsT:
    """Read `kind` from the environment.

    Raises:
        SettingsError: with a line for every variable that is missing or wrong, not only the first.
    """
    hints: dict[str, Any] = get_type_hints(kind, include_extras=True)
    values: dict[str, object] = {}
    problems: list[str] = []
    for field in structs.fields(kind):
        expected = _required(hints[field.name])
        variable = _variable(field.name, expected)
        raw = environ.get(variable)
        if not raw:
            if field.default is NODEFAULT and field.default_factory is NODEFAULT:
                problems.append(f"{variable} is not set: expected {_expectation(expected)}")
            continue
        try:
            values[field.name] = _parse(raw, expected)
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "is not UTF-8 text"
            problems.append(f"{variable}: cannot read {raw}: {reason}")
        except ValueError as error:
            problems.append(
                f"{variable}: {raw} {error}"
                if _is_secret(expected)
                else f"{variable} is wrong: expected {_expectation(expected)}"
            )
    if problems:
        raise SettingsError(*problems)
    settings = kind(**values)
    if found := tuple(settings.problems()):
        raise SettingsError(*found)
    return settings


def exit_with(error: SettingsError) -> NoReturn:
    """End the process as one that is wrongly configured, a line on standard error for each problem."""
    for problem in error.problems:
        sys.stderr.write(f"settings: {problem}\n")
    raise SystemExit(EXIT_CONFIG)


def _required(hint: Any) -> Any:
    """`X` of `X | None`: what a variable is expected to be when it is set."""
    kinds = [kind for kind in get_args(hint) if kind is not NoneType]
    return kinds[0] if NoneType in get_args(hint) and len(kinds) == 1 else hint


def _is_secret(expected: Any) -> bool:
    return expected is Secret


def _variable(field: str, expected: Any) -> str:
    name = f"COLLAB_{field.upper()}"
    return f"{name}_FILE" if _is_secret(expected) else name


def _parse(raw: str, expected: Any) -> object:
    if _is_secret(expected):
        return Secret.from_file(Path(raw))
    return msgspec.convert(raw, expected, strict=False)


def _expectation(expected: Any) -> str:
    if _is_secret(expected):
        return "the path of a file that holds the secret"
    for extra in getattr(expected, "__metadata__", ()):
        if isinstance(extra, Meta) and extra.description:
            example = f", for example {extra.examples[0]}" if extra.examples else ""
            return f"{extra.description}{example}"
    choices = get_args(expected)
    return f"one of {', '.join(map(str, choices))}" if choices else f"a value of type {expected.__name__}"
