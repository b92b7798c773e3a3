"""The workloads of one installation, in the order in which each needs the one before."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pulumi

from collab_platform.components.apps.charts import install
from collab_platform.components.apps.kept import Kept, revision
from collab_platform.components.apps.objects import declare
from collab_platform.components.apps.settings import AppsSettings, Chosen
from collab_platform.components.apps.stores import (
    given_values,
    known_externals,
    managed_values,
    reader_of_data,
    reader_of_edge,
    runs_datastores,
)
from collab_platform.targets.kubernetes.external_secrets import external_revisions, external_secret_manifests
from collab_platform.targets.kubernetes.externals import Externals, asks_for_client_certificates
from collab_platform.targets.kubernetes.manifests import (
    client_authority_manifest,
    manifest,
    namespace_manifest,
    postgresql_manifests,
    trust_manifest,
)
from collab_platform.targets.kubernetes.pki import CertificateRequest, certificates
from collab_platform.targets.kubernetes.secret_objects import SecretObject, generated_secrets, secret_objects
from collab_platform.targets.kubernetes.tunnel import tunnel_manifests

TIMEOUTS = pulumi.CustomTimeouts(create="10m", update="10m", delete="5m")


class Apps(pulumi.ComponentResource):
    """Everything in the namespace, and the namespace. ``outputs`` are what the stack exports; none is secret."""

    outputs: dict[str, pulumi.Output[str]]

    def __init__(
        self,
        name: str,
        *,
        settings: AppsSettings,
        chosen: Chosen,
        now: datetime | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("collab:apps:Apps", name, None, opts)
        self._name, self._chosen = name, chosen
        self._now = now or datetime.now(UTC)
        self._data, self._edge = reader_of_data(settings), reader_of_edge(settings)
        environment, cluster = chosen.environment, chosen.environment.kubernetes
        # Whatever is in it goes when it goes, volumes too: `down` leaves it unless data are to be removed.
        self._namespace = self._declare(namespace_manifest(environment), protect=True)
        self._child = pulumi.ResourceOptions(parent=self, depends_on=[self._namespace])
        externals = known_externals(chosen, self._data, self._edge)
        requests = certificates(chosen.blueprint, environment)
        generated = cluster.secrets == "generated"
        self._revisions = self._words(requests if generated else ())
        stands = self._generated(requests, externals) if generated else self._external(externals)
        if asks_for_client_certificates(environment):
            authority = externals.apply(lambda known: known.client_ca)
            stands.append(self._declare(client_authority_manifest(environment, authority)))  # pyright: ignore[reportArgumentType] - an output in a manifest
        stands += self._postgresql(stands)
        self._charts(stands, externals)
        self.outputs = {
            "namespace": pulumi.Output.from_input(cluster.namespace),
            "url": pulumi.Output.from_input(environment.site.public_url),
        }
        self.register_outputs(self.outputs)

    def _generated(
        self, requests: Sequence[CertificateRequest], externals: pulumi.Output[Externals]
    ) -> list[pulumi.Resource]:
        """Secrets and certificates that are made once, as the Secrets that pods mount."""
        environment, blueprint = self._chosen.environment, self._chosen.blueprint
        kept = Kept(
            f"{self._name}-kept",
            environment=self._chosen.name,
            secrets=generated_secrets(blueprint, environment),
            certificates=requests,
            now=self._now,
            opts=pulumi.ResourceOptions(parent=self),
        )
        given = given_values(self._chosen)
        values = {**kept.values, **managed_values(self._chosen, self._data, self._edge), **given}
        if given:
            self._revisions = _with_given(self._revisions, kept.values["internal-token"], given)
        made = [self._secret(secret, values) for secret in secret_objects(blueprint, environment)]
        made += [self._certificate(request, kept) for request in requests]
        return [*made, self._trust(kept.authority, externals)]

    def _words(self, requests: Sequence[CertificateRequest]) -> pulumi.Output[Mapping[str, str]]:
        """By component, a word that changes with what its pods read once, at their start."""
        words = {request.component: revision(request, self._now) for request in requests}
        if self._chosen.environment.kubernetes.secrets == "external":
            words = external_revisions(self._chosen.environment)
        return pulumi.Output.from_input(words)

    def _external(self, externals: pulumi.Output[Externals]) -> list[pulumi.Resource]:
        """Objects that the External Secrets operator turns into the same Secrets."""
        manifests = external_secret_manifests(self._chosen.blueprint, self._chosen.environment)
        return [*(self._declare(each) for each in manifests), self._trust(None, externals)]

    def _secret(self, secret: SecretObject, values: Mapping[str, pulumi.Output[str]]) -> pulumi.Resource:
        head = manifest("v1", "Secret", secret.name, self._chosen.environment, labels=secret.labels)
        data = {key: values[name] for key, name in secret.keys.items()} | dict(secret.plain)
        return self._declare({**head, "type": secret.type, "stringData": data})

    def _certificate(self, request: CertificateRequest, kept: Kept) -> pulumi.Resource:
        pair = kept.certificates[request.secret]
        head = manifest("v1", "Secret", request.secret, self._chosen.environment)
        data = {
            "tls.crt": pair.apply(lambda made: made.certificate),
            "tls.key": pair.apply(lambda made: made.key),
            "ca.crt": kept.authority,
        }
        return self._declare({**head, "type": "kubernetes.io/tls", "stringData": data})

    def _trust(self, authority: pulumi.Output[str] | None, externals: pulumi.Output[Externals]) -> pulumi.Resource:
        own = authority if authority is not None else pulumi.Output.from_input("")
        together = pulumi.Output.all(own, externals).apply(lambda both: f"{both[0]}{both[1].ca}")
        return self._declare(trust_manifest(self._chosen.environment, together))  # pyright: ignore[reportArgumentType] - an output in a manifest

    def _postgresql(self, after: Sequence[pulumi.Resource]) -> list[pulumi.Resource]:
        """CloudNativePG's cluster; the operator of that name makes the pods."""
        if self._chosen.environment.kubernetes.postgresql != "cloudnative-pg":
            return []
        return [
            # Its volumes go with it.
            self._declare(each, protect=each["kind"] == "Cluster", after=after)
            for each in postgresql_manifests(self._chosen.environment)
        ]

    def _charts(
        self,
        stands: Sequence[pulumi.Resource],
        externals: pulumi.Output[Externals],
    ) -> None:
        def chart(name: str, after: Sequence[pulumi.Resource]) -> pulumi.Resource:
            return install(
                name,
                chosen=self._chosen,
                externals=externals,
                revisions=self._revisions,
                after=[*stands, *after],
                opts=self._child,
            )

        stores = [chart("datastores", ())] if runs_datastores(self._chosen) else []
        services = chart("services", stores)
        web = chart("web", ())
        gateway = chart("gateway", [services, web])
        for each in tunnel_manifests(self._chosen.environment):
            self._declare(each, after=[*stands, gateway])

    def _declare(
        self, each: Mapping[str, Any], *, protect: bool = False, after: Sequence[pulumi.Resource] = ()
    ) -> pulumi.Resource:
        kind = str(each["kind"]).lower()
        namespaced = [self._namespace] if kind != "namespace" else []
        options = pulumi.ResourceOptions(
            parent=self, protect=protect, depends_on=[*namespaced, *after], custom_timeouts=TIMEOUTS
        )
        return declare(each["metadata"]["name"], each, options)


def _with_given(
    words: pulumi.Output[Mapping[str, str]], key: pulumi.Output[str], given: Mapping[str, pulumi.Output[str]]
) -> pulumi.Output[Mapping[str, str]]:
    """The words, that of auth changed with what the operator gave it.

    It is a digest with a key that nobody knows: what a person chose cannot be told from it by trying.
    """

    def together(known: Sequence[Any]) -> Mapping[str, str]:
        before, secret, *values = known
        text = "\n".join([before.get("auth", ""), *values])
        digest = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()[:16]
        return {**before, "auth": digest}

    return pulumi.Output.unsecret(pulumi.Output.all(words, key, *given.values()).apply(together))
