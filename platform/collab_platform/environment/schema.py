"""What an operator may say about an environment: one closed, described, typed schema.

Every leaf has a default, a description and bounds. The same ``Annotated`` type validates a value wherever it comes
from: the file, a variable or a flag. Units are in the names.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from collab_platform.environment.cloud import Aws, Cloudflare
from collab_platform.environment.cluster import Kubernetes, Pulumi
from collab_platform.environment.people import Auth, Documents, Mail, People
from collab_platform.environment.section import FilePath, Section

SCHEMA_VERSION = 1

TargetName = Literal["local", "kubernetes"]

Port = Annotated[int, Meta(ge=0, le=65535)]
Replicas = Annotated[int, Meta(ge=1, le=16)]


class Site(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What people see."""

    name: Annotated[
        str, Meta(min_length=1, max_length=60, description="Name of the installation, shown to its users.")
    ] = "collab"
    public_url: Annotated[
        str,
        Meta(
            pattern=r"^(https?://[^/\s]+)?$",
            description="What people type in a browser. Empty: derived from the gateway's address.",
            examples=["https://docs.example.org"],
        ),
    ] = ""


class Gateway(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The one way in: TLS, routing, limits, authentication, caching."""

    host: Annotated[
        str,
        Meta(
            min_length=1,
            description="Address to listen on. 0.0.0.0 opens it to the network.",
            examples=["127.0.0.1"],
        ),
    ] = "127.0.0.1"
    port: Annotated[
        Port, Meta(description="Port to listen on. 0: 8080 or the next free one, chosen once and remembered.")
    ] = 0
    tls: Annotated[
        Literal["off", "dev-ca"],
        Meta(
            description="off, or dev-ca: a certificate from an authority made for this environment alone.",
            examples=["dev-ca"],
        ),
    ] = "off"
    waf: Annotated[
        Literal["auto", "on", "off"],
        Meta(description="Web application firewall. auto: on where nginx has ModSecurity and the CRS is installed."),
    ] = "auto"
    request_rate_per_s: Annotated[
        int,
        Meta(ge=1, le=100_000, description="Requests a second that one client address may make to the API."),
    ] = 50
    request_burst: Annotated[
        int, Meta(ge=1, le=100_000, description="Requests above the rate that are let through at once.")
    ] = 100
    sign_in_rate_per_min: Annotated[
        int,
        Meta(
            ge=1,
            le=100_000,
            description="Sign-in and registration requests a minute from one client address.",
        ),
    ] = 60
    user_rate_per_s: Annotated[
        int,
        Meta(ge=1, le=100_000, description="Requests a second that one person may make, from wherever they come."),
    ] = 50
    user_burst: Annotated[
        int, Meta(ge=1, le=100_000, description="Requests of one person above that rate that are let through at once.")
    ] = 100
    heavy_rate_per_min: Annotated[
        int,
        Meta(ge=1, le=100_000, description="Imports, exports and uploaded pictures a minute of one person."),
    ] = 60
    max_body_bytes: Annotated[
        int,
        Meta(ge=1024, le=1 << 30, description="Largest request body accepted; above it the answer is 413."),
    ] = 1 << 20
    max_upload_bytes: Annotated[
        int,
        Meta(
            ge=1024,
            le=1 << 30,
            description="Largest file accepted; attachments end at 50 MiB, imports at 10, pictures at 5 anyway.",
        ),
    ] = 50 << 20
    maintenance: Annotated[
        bool,
        Meta(description="Answer everybody that the installation is being worked on (503), and nothing else."),
    ] = False


class Services(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The HTTP services."""

    auth_replicas: Annotated[Replicas, Meta(description="Processes of the auth service.")] = 1
    user_replicas: Annotated[Replicas, Meta(description="Processes of the user service.")] = 1
    document_replicas: Annotated[Replicas, Meta(description="Processes of the document service.")] = 1
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Meta(description="How much the services write to their logs."),
    ] = "info"
    drain_timeout_s: Annotated[
        int, Meta(ge=1, le=300, description="Seconds that open requests get to finish when a service stops.")
    ] = 10
    ca_file: Annotated[
        FilePath,
        Meta(
            description="PEM file, relative to the project, of further authorities to trust: of a mail server or a "
            "provider in a private network.",
            examples=["environments/company-ca.pem"],
        ),
    ] = ""


class Collaboration(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Editing together."""

    replicas: Annotated[Replicas, Meta(description="Processes of the collaboration service.")] = 1
    max_message_bytes: Annotated[
        int,
        Meta(ge=65_536, le=64 << 20, description="Largest WebSocket message accepted; above it: close 1009."),
    ] = 1 << 20
    ticket_ttl_s: Annotated[
        int, Meta(ge=10, le=86_400, description="Seconds within which a collaboration ticket must be used.")
    ] = 300


class PostgreSQL(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The database."""

    shared_buffers_mb: Annotated[
        int, Meta(ge=16, le=65_536, description="Memory for PostgreSQL's page cache, in MiB.")
    ] = 64
    max_connections: Annotated[int, Meta(ge=20, le=1000, description="Connections that PostgreSQL accepts.")] = 60


class Valkey(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The event bus and cache (the Redis protocol)."""

    max_memory_mb: Annotated[int, Meta(ge=16, le=65_536, description="Memory that Valkey may use, in MiB.")] = 64


class ObjectStorage(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Snapshots and files (the S3 protocol)."""

    bucket: Annotated[
        str,
        Meta(
            pattern=r"^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$",
            description="Name of the bucket.",
            examples=["collab"],
        ),
    ] = "collab"


class Logs(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Log files of the local target."""

    max_bytes: Annotated[int, Meta(ge=65_536, le=1 << 30, description="Size at which a log file is rotated.")] = (
        10 << 20
    )
    keep: Annotated[int, Meta(ge=1, le=100, description="Rotated files kept for each component.")] = 3


class Environment(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One installation of collab, as its operator wants it."""

    version: Annotated[Literal[1], Meta(description="Version of this file's schema.")] = SCHEMA_VERSION
    target: Annotated[
        TargetName,
        Meta(
            description="What makes the environment real. local: processes on this machine. kubernetes: a namespace "
            "of a cluster."
        ),
    ] = "local"
    site: Site = Site()
    gateway: Gateway = Gateway()
    services: Services = Services()
    auth: Auth = Auth()
    mail: Mail = Mail()
    people: People = People()
    documents: Documents = Documents()
    collaboration: Collaboration = Collaboration()
    postgresql: PostgreSQL = PostgreSQL()
    valkey: Valkey = Valkey()
    object_storage: ObjectStorage = ObjectStorage()
    logs: Logs = Logs()
    kubernetes: Kubernetes = Kubernetes()
    aws: Aws = Aws()
    cloudflare: Cloudflare = Cloudflare()
    pulumi: Pulumi = Pulumi()
