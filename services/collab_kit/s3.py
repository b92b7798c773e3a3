"""Object storage: one bucket, reached through `obstore` (imported when it is first needed: it takes 5 MB)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from collab_kit.settings import Secret
from collab_kit.tls import read_ca

if TYPE_CHECKING:
    from obstore.store import ClientConfig, S3Config, S3Store

__all__ = ["cause", "key_problems", "open_bucket"]

# As the client library's layers (reqwest, rustls) word them.
_CAUSES = (
    "UnknownIssuer",
    "NotValidForName",
    "CertExpired",
    "Expired",
    "Connection refused",
    "dns error",
    "timed out",
)


def open_bucket(
    bucket: str,
    *,
    endpoint: str,
    region: str,
    access_key: str | None,
    secret_key: Secret | None,
    ca_file: str | None,
    deadline: timedelta,
    retries: int = 2,
) -> "S3Store":
    """The bucket; nothing is asked of it yet. `deadline` is for each call, tries again included.

    Without keys, credentials are what AWS gives to pods and machines: `AWS_*` variables, among them those of web
    identity (IRSA) and of pod identity, else the machine's own. Raises `OSError` when `ca_file` cannot be read.
    """
    from obstore.store import S3Store  # noqa: PLC0415  # see the module

    client: ClientConfig = {
        "allow_http": endpoint.startswith("http:"),
        "connect_timeout": timedelta(seconds=2),
        "timeout": deadline,
    }
    authorities = read_ca(ca_file) if endpoint.startswith("https:") else None
    if authorities is not None:
        client["root_certificate"] = authorities
    keys: S3Config = {}
    if access_key is not None and secret_key is not None:
        keys = {"access_key_id": access_key, "secret_access_key": secret_key.reveal()}
    return S3Store(
        bucket,
        config=keys,
        endpoint=endpoint,
        region=region,
        virtual_hosted_style_request=False,
        client_options=client,
        retry_config={"max_retries": retries, "retry_timeout": deadline},
    )


def cause(error: Exception) -> str:
    """What kind of error it was; its text holds the whole answer and the request's headers."""
    text = str(error)
    known = next((known for known in _CAUSES if known in text), None)
    return type(error).__name__ if known is None else f"{type(error).__name__}: {known}"


def key_problems(access_key: str | None, secret_key: Secret | None, *, prefix: str = "COLLAB_S3_") -> Iterator[str]:
    """Half a pair of keys is a mistake: it would silently become other credentials."""
    access, secret = f"{prefix}ACCESS_KEY", f"{prefix}SECRET_KEY_FILE"
    if access_key is None and secret_key is not None:
        yield f"{access} is not set: expected a name, since {secret} is set"
    if secret_key is None and access_key is not None:
        yield f"{secret} is not set: expected the path of a file that holds the secret, since {access} is set"
