"""Values that are made once and kept in the stack's encrypted state.

Pulumi's ``Stash`` holds them: a resource of the engine itself, so no provider's plugin is needed, and whoever shares
the state shares the secrets. The program offers a new value in every run; the engine takes the first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import pulumi

from collab_platform.blueprint import SecretSpec
from collab_platform.secrets import generate_secret
from collab_platform.targets.kubernetes.pki import CertificateRequest, KeyPair, make_authority, make_certificate

RENEWAL = timedelta(days=180)
"""A certificate lives for a year and is made anew in every such period: half its life is left for an ``up`` to come."""


class Kept(pulumi.ComponentResource):
    """Secrets, an authority and the certificates that it signed.

    ``values`` are the secrets by name; ``authority`` is its certificate. What data depend on is protected: ``down``
    leaves it, so that passwords still fit the volumes that stay.
    """

    values: Mapping[str, pulumi.Output[str]]
    authority: pulumi.Output[str] | None
    certificates: Mapping[str, pulumi.Output[KeyPair]]

    def __init__(
        self,
        name: str,
        *,
        environment: str,
        secrets: Sequence[SecretSpec],
        certificates: Sequence[CertificateRequest],
        now: datetime | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("collab:apps:Kept", name, None, opts)
        moment = now or datetime.now(UTC)
        self.values = {
            spec.name: self._kept(f"{name}-{spec.name}", generate_secret(spec.kind), protect=True) for spec in secrets
        }
        self.authority = None
        self.certificates = {}
        if certificates:
            pair = make_authority(environment, moment)
            held = self._kept(f"{name}-authority", _encode(pair), protect=True)
            authority = held.apply(_decode)
            # An authority's certificate is for everybody to see.
            self.authority = pulumi.Output.unsecret(authority.apply(lambda made: made.certificate))
            self.certificates = {
                request.secret: self._certificate(name, request, authority, moment) for request in certificates
            }
        self.register_outputs({})

    def _certificate(
        self, name: str, request: CertificateRequest, authority: pulumi.Output[KeyPair], now: datetime
    ) -> pulumi.Output[KeyPair]:
        made = authority.apply(lambda signer: _encode(make_certificate(request, signer, now)))
        return self._kept(f"{name}-{request.secret}-{revision(request, now)}", made, protect=False).apply(_decode)

    def _kept(self, name: str, value: pulumi.Input[str], *, protect: bool) -> pulumi.Output[str]:
        stash = pulumi.Stash(
            name,
            input=pulumi.Output.secret(value),
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=protect,
                ignore_changes=["input"],
                additional_secret_outputs=["input", "output"],
            ),
        )
        return pulumi.Output.secret(stash.output)


def revision(request: CertificateRequest, now: datetime) -> str:
    """Changes when the certificate is to be made anew: with the period, and with its names."""
    period = int(now.timestamp() // RENEWAL.total_seconds())
    return hashlib.sha256(f"{period} {' '.join(request.names)}".encode()).hexdigest()[:12]


def _encode(pair: KeyPair) -> str:
    return msgspec.json.encode({"certificate": pair.certificate, "key": pair.key}).decode()


def _decode(text: str) -> KeyPair:
    return msgspec.json.decode(text, type=KeyPair)
