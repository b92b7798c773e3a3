"""What an installation needs to know of the stores that others run for it: plain text, wherever it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from collab_platform.blueprint import s3_endpoint
from collab_platform.environment import Environment
from collab_platform.errors import EnvironmentInvalidError
from collab_platform.given import read_certificates

SQL_PORT = 5432
REDIS_PORT = 6379
CLOUD_NATIVE_PG_HOST = "postgresql-rw"
"""The Service that CloudNativePG keeps before its primary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Externals:
    """Addresses of managed stores; empty for what the cluster runs itself.

    ``postgresql_cidrs``, ``redis_cidrs`` and ``s3_cidrs`` are what network policies let pods reach. ``ca`` holds the
    authorities (PEM) that the stores' certificates come from, where the system's are not enough; with external secrets
    also those of the components' own. ``client_ca`` (PEM) signs the client certificates that the gateway asks for.
    """

    postgresql_host: str = ""
    postgresql_port: int = SQL_PORT
    postgresql_user: str = "postgres"
    postgresql_cidrs: tuple[str, ...] = ()
    redis_host: str = ""
    redis_port: int = REDIS_PORT
    redis_cidrs: tuple[str, ...] = ()
    bucket: str = ""
    region: str = ""
    s3_endpoint: str = ""
    s3_cidrs: tuple[str, ...] = ()
    objects_role_arn: str = ""
    ca: str = ""
    client_ca: str = ""


def externals_of(environment: Environment, *, root: Path) -> Externals:
    """What the environment's file itself says; files that it names are relative to ``root``.

    What it does not say stays empty: :func:`missing` names it. Raises :class:`EnvironmentInvalidError` for a file that
    cannot be read or holds no certificate.
    """
    cluster, aws, edge = environment.kubernetes, environment.aws, environment.cloudflare
    host, _, port = aws.postgresql_host.partition(":")  # RDS gives its endpoint with the port
    rds, elasticache, s3 = cluster.postgresql == "rds", cluster.redis == "elasticache", cluster.object_storage == "s3"
    own_certificate = cluster.edge == "cloudflare" and edge.origin == "own-certificate"
    return Externals(
        postgresql_host=host if rds else "",
        postgresql_port=int(port) if rds and port.isdigit() else SQL_PORT,
        postgresql_user="collab_admin" if rds else "postgres",
        postgresql_cidrs=aws.vpc_cidrs if rds else (),
        redis_host=aws.redis_host.partition(":")[0] if elasticache else "",
        redis_cidrs=aws.vpc_cidrs if elasticache else (),
        bucket=aws.bucket if s3 else "",
        region=aws.region if s3 else "",
        s3_endpoint=s3_endpoint(aws.region) if s3 else "",
        s3_cidrs=aws.object_storage_cidrs if s3 else (),
        objects_role_arn=aws.objects_role_arn if s3 else "",
        ca=read_certificates(root, "kubernetes.ca_file", cluster.ca_file) if cluster.ca_file else "",
        client_ca=read_certificates(root, "cloudflare.origin_ca_file", edge.origin_ca_file)
        if own_certificate and edge.origin_ca_file
        else "",
    )


def missing(environment: Environment, externals: Externals) -> tuple[str, ...]:
    """A line for each address that is needed and not known."""
    cluster = environment.kubernetes
    needed = (
        (cluster.postgresql == "rds", externals.postgresql_host, "aws.postgresql_host: output postgresqlEndpoint"),
        (cluster.redis == "elasticache", externals.redis_host, "aws.redis_host: output redisEndpoint"),
        (cluster.object_storage == "s3", externals.bucket, "aws.bucket: output bucket"),
    )
    faults = [f"{what} of the stack data" for wanted, value, what in needed if wanted and not value]
    if asks_for_client_certificates(environment) and not externals.client_ca:
        faults.append("cloudflare.origin_ca_file: a file with the output originCa of the stack edge")
    return tuple(faults)


def require(environment: Environment, externals: Externals) -> None:
    """Raises :class:`EnvironmentInvalidError` naming all that is :func:`missing`."""
    if faults := missing(environment, externals):
        raise EnvironmentInvalidError(
            f"not known without the cloud: {faults[0]}" + (f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""),
            remedy="Set it in the environment's file: `pulumi stack output` in stacks/ has the value.",
            details=faults,
        )


def asks_for_client_certificates(environment: Environment) -> bool:
    """Whether nobody without Cloudflare's client certificate gets past the gateway."""
    return environment.kubernetes.edge == "cloudflare" and environment.cloudflare.origin == "own-certificate"
