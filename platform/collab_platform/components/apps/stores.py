"""What the stacks ``data`` and ``edge`` have made, as the workloads need to know it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

import pulumi
import pulumi_aws as aws

from collab_platform.components.apps.settings import AppsSettings, Chosen
from collab_platform.errors import CollabError
from collab_platform.given import given_secrets
from collab_platform.targets.kubernetes.externals import Externals, asks_for_client_certificates, externals_of
from collab_platform.targets.kubernetes.secret_objects import SUPERUSER, managed_secrets
from collab_platform.targets.kubernetes.tunnel import TOKEN
from collab_platform.targets.kubernetes.workloads import DATASTORES, Namespace

Read = Callable[[str], pulumi.Output[str]]


def known_externals(chosen: Chosen, data: Read, edge: Read) -> pulumi.Output[Externals]:
    """The environment's own words, and over them what the stacks say. Raises ``pulumi.RunError``."""
    environment, cluster = chosen.environment, chosen.environment.kubernetes
    try:
        written = externals_of(environment, root=chosen.root)
    except CollabError as error:
        raise pulumi.RunError(f"{error.summary}\n{error.remedy}") from None
    found: dict[str, pulumi.Output[str]] = {}
    if cluster.postgresql == "rds":
        found["postgresql"] = data("postgresqlEndpoint")
    if cluster.redis == "elasticache":
        found["redis"] = data("redisEndpoint")
    if cluster.object_storage == "s3":
        found["bucket"] = data("bucket")
    if asks_for_client_certificates(environment) and not written.client_ca:
        found["client_ca"] = edge("originCa")
    names = list(found)
    return pulumi.Output.all(*found.values()).apply(
        lambda said: _with_found(written, dict(zip(names, said, strict=True)))
    )


def managed_values(chosen: Chosen, data: Read, edge: Read) -> Mapping[str, pulumi.Output[str]]:
    """Secrets that a cloud service made, by the blueprint's names."""
    wanted = managed_secrets(chosen.environment)
    found: dict[str, pulumi.Output[str]] = {}
    if SUPERUSER in wanted:
        version = aws.secretsmanager.get_secret_version_output(secret_id=data("postgresqlMasterSecretArn"))
        found[SUPERUSER] = pulumi.Output.secret(version.secret_string.apply(lambda text: json.loads(text)["password"]))
    if "redis" in wanted:
        found["redis"] = pulumi.Output.secret(data("redisAuthToken"))
    if TOKEN in wanted:
        found[TOKEN] = pulumi.Output.secret(edge("tunnelToken"))
    return found


def given_values(chosen: Chosen) -> Mapping[str, pulumi.Output[str]]:
    """Secrets that the operator gives, by the blueprint's names. Raises ``pulumi.RunError``."""
    try:
        found = given_secrets(chosen.environment, chosen.root)
    except CollabError as error:
        raise pulumi.RunError(f"{error.summary}\n{error.remedy}") from None
    return {name: pulumi.Output.secret(value) for name, value in sorted(found.items())}


def reader(project: str, stack: str, given: Mapping[str, str] | None) -> Read:
    """Reads outputs of a stack: from the configuration, else from the stack itself once one is asked for."""
    references: list[pulumi.StackReference] = []

    def read(name: str) -> pulumi.Output[str]:
        if given is not None:
            if name not in given:
                raise pulumi.RunError(f"the configuration gives no {name} among the outputs of {project}")
            return pulumi.Output.from_input(given[name])
        if not references:
            full = stack or f"{pulumi.get_organization()}/{project}/{pulumi.get_stack()}"
            references.append(pulumi.StackReference(full))
        return references[0].require_output(name)

    return read


def reader_of_data(settings: AppsSettings) -> Read:
    return reader("collab-data", settings.data_stack, settings.data)


def reader_of_edge(settings: AppsSettings) -> Read:
    return reader("collab-edge", settings.edge_stack, settings.edge)


def runs_datastores(chosen: Chosen) -> bool:
    """Whether the chart ``datastores`` has anything to make."""
    namespace = Namespace(blueprint=chosen.blueprint, environment=chosen.environment, externals=Externals())
    return any(map(namespace.is_built_in, DATASTORES))


def _with_found(written: Externals, said: Mapping[str, str]) -> Externals:
    host, _, port = said.get("postgresql", "").partition(":")
    return replace(
        written,
        postgresql_host=host or written.postgresql_host,
        postgresql_port=int(port) if port.isdigit() else written.postgresql_port,
        redis_host=said.get("redis", written.redis_host).partition(":")[0],
        bucket=said.get("bucket", written.bucket),
        client_ca=said.get("client_ca", written.client_ca),
    )
