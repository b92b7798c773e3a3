"""What stands in an environment, as pure data: components, what they need, how one knows that they work.

A blueprint is derived from an :class:`~collab_platform.environment.Environment` alone. Nothing in it knows a target:
an address is named (:class:`Address`), a secret is named (:class:`SecretSpec`), and the target puts real ones in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from collab_platform.environment import Environment
from collab_platform.routes import Route, route_table

Kind = Literal["datastore", "service", "gateway"]
_HTTP, _HTTPS = 80, 443

ProbeKind = Literal["http", "postgresql", "redis", "s3"]
SecretKind = Literal["password", "ed25519-private-key", "given"]

SMTP_PASSWORD = "smtp-password"  # noqa: S105 - its name
PROVIDERS = "oidc-providers"
GIVEN = frozenset({SMTP_PASSWORD, PROVIDERS})


@dataclass(frozen=True, slots=True)
class Address:
    """Stands for where another component listens: the target fills ``{host}`` and ``{port}`` into ``template``.

    With component ``""`` and port ``"public"`` it is the environment's public URL, as ``{url}``.
    """

    component: str
    port: str
    template: str = "http://{host}:{port}"


PUBLIC_URL = Address("", "public", "{url}")


@dataclass(frozen=True, slots=True)
class Folder:
    """Stands for a directory that the target keeps; the setting is left out where it can keep none."""

    name: str


MAIL_FOLDER = Folder("mail")

Setting = str | Address | Folder


@dataclass(frozen=True, slots=True)
class SecretSpec:
    """A secret that the target generates once and keeps; ``given``: it is the operator's, and follows what they say."""

    name: str
    kind: SecretKind = "password"


@dataclass(frozen=True, slots=True)
class Probe:
    """How one asks a component whether it can do its work."""

    kind: ProbeKind
    port: str
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One part of the system.

    ``ports`` are names, each unique per replica. ``settings`` are environment variables, ``secrets`` maps
    ``COLLAB_X_FILE`` variables to names of secrets. ``depends_on`` must stand before it starts; whom it connects to,
    :attr:`Blueprint.connections` says; ``outside`` are the ports of hosts that are nobody's here (mail, webhooks,
    identity providers). ``memory_mb`` is what it may use before something is wrong. ``migrates``: its database schema
    is brought up to date before it starts.
    """

    name: str
    kind: Kind
    probe: Probe
    ports: tuple[str, ...]
    replicas: int = 1
    depends_on: tuple[str, ...] = ()
    settings: Mapping[str, Setting] = field(default_factory=dict[str, Setting])
    secrets: Mapping[str, str] = field(default_factory=dict[str, str])
    outside: tuple[int, ...] = ()
    memory_mb: int = 256
    migrates: bool = False


@dataclass(frozen=True, slots=True)
class Connection:
    """Component ``source`` connects to ``target``'s port of that name."""

    source: str
    target: str
    port: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """Everything a target has to make real. ``components`` are in dependency order.

    ``file_origins`` are where browsers fetch and send files, where that is not the public URL.
    """

    environment: str
    components: tuple[Component, ...]
    routes: tuple[Route, ...]
    secrets: tuple[SecretSpec, ...]
    file_origins: tuple[str, ...] = ()

    def component(self, name: str) -> Component:
        """The component of that name. Raises ``KeyError``."""
        for component in self.components:
            if component.name == name:
                return component
        raise KeyError(name)

    @property
    def connections(self) -> tuple[Connection, ...]:
        """Every connection that components open to each other, and no other is ever needed.

        They follow from the addresses in settings, from the routes, and from what depends on what.
        """
        found = [
            Connection(component.name, value.component, value.port)
            for component in self.components
            for value in component.settings.values()
            if isinstance(value, Address) and value.component not in {"", component.name}
        ]
        for gateway in (component for component in self.components if component.kind == "gateway"):
            found += [Connection(gateway.name, route.component, route.port) for route in self.routes]
            if any(route.access == "authenticated" for route in self.routes):
                found.append(Connection(gateway.name, "auth", "http"))  # asked whether a request may pass
        named = {(connection.source, connection.target) for connection in found}
        found += [
            Connection(component.name, needed, self.component(needed).probe.port)
            for component in self.components
            for needed in component.depends_on
            if (component.name, needed) not in named
        ]
        return tuple(dict.fromkeys(found))


def keeps_files(environment: Environment) -> bool:
    """Whether files are in an object storage of our own, which browsers reach by the gateway."""
    return environment.target == "local" or environment.kubernetes.object_storage == "built-in"


def routes_of(environment: Environment) -> tuple[Route, ...]:
    """The routes of every gateway, edge and ingress of an environment."""
    return route_table(environment, attachments=keeps_files(environment))


def derive(name: str, environment: Environment) -> Blueprint:
    """The blueprint of an environment called ``name``."""
    files = keeps_files(environment)
    mail, documents = environment.mail, environment.documents
    objects: dict[str, Setting] = {
        "COLLAB_S3_ENDPOINT": Address("seaweedfs", "s3"),
        "COLLAB_S3_BUCKET": environment.object_storage.bucket,
        "COLLAB_S3_REGION": "us-east-1",
        "COLLAB_S3_ACCESS_KEY": "collab",
    }
    objects_secrets = {"COLLAB_S3_SECRET_KEY_FILE": "s3"}
    components = (
        Component(
            name="postgresql",
            kind="datastore",
            ports=("sql",),
            probe=Probe("postgresql", "sql"),
            secrets={"superuser": "postgresql-superuser"},
            memory_mb=environment.postgresql.shared_buffers_mb + 256,
        ),
        Component(
            name="valkey",
            kind="datastore",
            ports=("redis",),
            probe=Probe("redis", "redis"),
            secrets={"password": "redis"},
            memory_mb=environment.valkey.max_memory_mb + 32,
        ),
        Component(
            name="seaweedfs",
            kind="datastore",
            ports=("s3", "master", "master-grpc", "volume", "volume-grpc", "filer", "filer-grpc", "s3-grpc"),
            probe=Probe("s3", "s3"),
            secrets={"secret-key": "s3", "admin-secret-key": "s3-admin"},
            memory_mb=512,
        ),
        _service(
            "auth",
            environment,
            replicas=environment.services.auth_replicas,
            calls=("user",),
            settings={
                "COLLAB_ACCESS_TOKEN_TTL_S": str(environment.auth.access_token_ttl_s),
                "COLLAB_REFRESH_TOKEN_TTL_S": str(environment.auth.refresh_token_ttl_s),
                "COLLAB_REGISTRATION": environment.auth.registration,
                "COLLAB_AUDIT_DAYS": str(environment.auth.audit_days),
                **_mail_settings(environment),
                **_provider_settings(environment),
            },
            secrets={
                "COLLAB_SIGNING_KEY_FILE": "auth-signing-key",
                **({"COLLAB_SMTP_PASSWORD_FILE": SMTP_PASSWORD} if mail.smtp_user else {}),
                **({"COLLAB_OIDC_PROVIDERS_FILE": PROVIDERS} if environment.auth.oidc else {}),
            },
            outside=_outside_of_auth(environment),
        ),
        _service(
            "user",
            environment,
            replicas=environment.services.user_replicas,
            calls=("auth", "document"),
            depends_on=("seaweedfs",),
            settings={"COLLAB_PEOPLE_SEARCH": environment.people.search, **objects},
            secrets=objects_secrets,
            memory_mb=512,  # a picture is drawn in a process beside it
        ),
        _service(
            "document",
            environment,
            replicas=environment.services.document_replicas,
            calls=("auth", "user", "collaboration"),
            depends_on=("seaweedfs",),
            settings={
                "COLLAB_TICKET_TTL_S": str(environment.collaboration.ticket_ttl_s),
                "COLLAB_TRASH_DAYS": str(documents.trash_days),
                "COLLAB_MAX_OWNED_DOCUMENTS": str(documents.max_owned),
                "COLLAB_ATTACHMENT_MAX_BYTES": str(documents.attachment_max_bytes),
                "COLLAB_ATTACHMENT_DOCUMENT_BYTES": str(documents.attachment_document_bytes),
                "COLLAB_ATTACHMENT_OWNER_BYTES": str(documents.attachment_owner_bytes),
                "COLLAB_WEBHOOK_PRIVATE_NETWORKS": "true" if documents.webhook_private_networks else "false",
                # Browsers come to it by the gateway where it is ours.
                "COLLAB_S3_PUBLIC_URL": PUBLIC_URL if files else s3_public_url(environment),
                **objects,
            },
            secrets={"COLLAB_SIGNING_KEY_FILE": "document-signing-key", **objects_secrets},
            outside=(_HTTPS,),
            memory_mb=1024,  # pandoc and Typst run beside it
        ),
        _service(
            "collaboration",
            environment,
            replicas=environment.collaboration.replicas,
            calls=("document",),
            ports=("http", "websocket"),
            depends_on=("seaweedfs",),
            settings={
                "COLLAB_WEBSOCKET_PORT": Address("collaboration", "websocket", "{port}"),
                "COLLAB_MAX_MESSAGE_BYTES": str(environment.collaboration.max_message_bytes),
                **objects,
            },
            secrets=objects_secrets,
            memory_mb=1024,
        ),
        Component(
            name="gateway",
            kind="gateway",
            ports=("public", "status"),
            probe=Probe("http", "status", "/livez"),
            depends_on=("auth", "user", "document", "collaboration", *(("seaweedfs",) if files else ())),
            memory_mb=256,
        ),
    )
    names = dict.fromkeys(secret for component in components for secret in component.secrets.values())
    return Blueprint(
        environment=name,
        components=components,
        routes=routes_of(environment),
        secrets=tuple(SecretSpec(secret, _kind_of(secret)) for secret in names),
        file_origins=() if files else (s3_public_url(environment),),
    )


def s3_endpoint(region: str) -> str:
    """The address of S3 in a region."""
    return f"https://s3.{region}.amazonaws.com" + (".cn" if region.startswith("cn-") else "")


def s3_public_url(environment: Environment) -> str:
    """Where browsers reach a bucket that is not ours."""
    return environment.aws.object_storage_public_url or s3_endpoint(environment.aws.region)


def _kind_of(secret: str) -> SecretKind:
    if secret in GIVEN:
        return "given"
    return "ed25519-private-key" if secret.endswith("-signing-key") else "password"


def _mail_settings(environment: Environment) -> dict[str, Setting]:
    mail = environment.mail
    sender: dict[str, Setting] = {"COLLAB_MAIL_FROM": mail.sender} if mail.sender else {}
    if not mail.smtp_host:
        return {**sender, "COLLAB_MAIL_FOLDER": MAIL_FOLDER}
    return {
        **sender,
        "COLLAB_SMTP_HOST": mail.smtp_host,
        "COLLAB_SMTP_PORT": str(mail.smtp_port),
        "COLLAB_SMTP_SECURITY": mail.smtp_security,
        **({"COLLAB_SMTP_USER": mail.smtp_user} if mail.smtp_user else {}),
    }


def _provider_settings(environment: Environment) -> dict[str, Setting]:
    if not environment.auth.oidc:
        return {}
    return {"COLLAB_OIDC_LINK_VERIFIED_EMAIL": "true" if environment.auth.oidc_link_verified_email else "false"}


def _outside_of_auth(environment: Environment) -> tuple[int, ...]:
    """The mail server's port and the providers'; what a provider names beside its issuer is on HTTPS."""
    mail, issuers = environment.mail, [urlsplit(provider.issuer) for provider in environment.auth.oidc]
    ports = {mail.smtp_port} if mail.smtp_host else set[int]()
    ports |= {issuer.port or (_HTTPS if issuer.scheme == "https" else _HTTP) for issuer in issuers}
    return tuple(sorted(ports | ({_HTTPS} if issuers else set())))


def _service(
    name: str,
    environment: Environment,
    *,
    replicas: int,
    calls: tuple[str, ...],
    ports: tuple[str, ...] = ("http",),
    depends_on: tuple[str, ...] = (),
    settings: Mapping[str, Setting] | None = None,
    secrets: Mapping[str, str] | None = None,
    outside: tuple[int, ...] = (),
    memory_mb: int = 256,
) -> Component:
    """A Litestar service; ``calls`` are the services that it speaks HTTP with."""
    return Component(
        name=name,
        kind="service",
        ports=ports,
        replicas=replicas,
        probe=Probe("http", "http", "/readyz"),
        depends_on=("postgresql", "valkey", *depends_on),
        migrates=True,
        outside=outside,
        memory_mb=memory_mb,
        settings={
            "COLLAB_PORT": Address(name, "http", "{port}"),
            "COLLAB_PUBLIC_URL": PUBLIC_URL,
            "COLLAB_LOG_LEVEL": environment.services.log_level,
            "COLLAB_DRAIN_TIMEOUT_S": str(environment.services.drain_timeout_s),
            "COLLAB_DATABASE_URL": Address("postgresql", "sql", f"postgresql://collab_{name}@{{host}}:{{port}}/collab"),
            "COLLAB_REDIS_URL": Address("valkey", "redis", "redis://{host}:{port}/0"),
            **{f"COLLAB_{called.upper()}_URL": Address(called, "http") for called in calls},
            **(settings or {}),
        },
        secrets={
            "COLLAB_DATABASE_PASSWORD_FILE": f"postgresql-{name}",
            "COLLAB_REDIS_PASSWORD_FILE": "redis",
            "COLLAB_INTERNAL_TOKEN_FILE": "internal-token",
            **(secrets or {}),
        },
    )
