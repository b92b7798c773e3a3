"""The way of the logs: who takes them in proves who it is, with a certificate made here."""

from __future__ import annotations

import pulumi
import pulumi_kubernetes as k8s
import pulumi_tls as tls

TLS_SECRET, CA_CONFIG_MAP = "logstash-tls", "logstash-ca"
_YEAR_H = 24 * 365
_RENEW_H = 24 * 60


class LogstashCertificate(pulumi.ComponentResource):
    """An authority for this one certificate: Filebeat trusts it and nothing else.

    A ``pulumi up`` within the certificate's last two months makes a new one; it lasts two years.
    """

    def __init__(
        self, name: str, *, namespace: str, node_namespace: str, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("collab:observability:LogstashCertificate", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        host = f"logstash-ls-beats.{namespace}.svc"
        authority_key = tls.PrivateKey(f"{name}-authority-key", algorithm="ECDSA", ecdsa_curve="P256", opts=child)
        authority = tls.SelfSignedCert(
            f"{name}-authority",
            private_key_pem=pulumi.Output.secret(authority_key.private_key_pem),
            subject={"common_name": f"{name} logs"},
            is_ca_certificate=True,
            validity_period_hours=10 * _YEAR_H,
            allowed_uses=["cert_signing"],
            opts=child,
        )
        key = tls.PrivateKey(f"{name}-key", algorithm="RSA", rsa_bits=2048, opts=child)
        request = tls.CertRequest(
            f"{name}-request",
            private_key_pem=pulumi.Output.secret(key.private_key_pem),
            subject={"common_name": host},
            dns_names=[host, f"{host}.cluster.local"],
            opts=child,
        )
        certificate = tls.LocallySignedCert(
            f"{name}-certificate",
            cert_request_pem=request.cert_request_pem,
            ca_private_key_pem=pulumi.Output.secret(authority_key.private_key_pem),
            ca_cert_pem=authority.cert_pem,
            validity_period_hours=2 * _YEAR_H,
            early_renewal_hours=_RENEW_H,
            allowed_uses=["server_auth", "digital_signature", "key_encipherment"],
            opts=child,
        )
        k8s.core.v1.Secret(
            f"{name}-secret",
            metadata={"name": TLS_SECRET, "namespace": namespace},
            type="kubernetes.io/tls",
            # Logstash reads keys in PKCS #8 only.
            string_data={
                "tls.crt": certificate.cert_pem,
                "tls.key": pulumi.Output.secret(key.private_key_pem_pkcs8),
            },
            opts=child,
        )
        k8s.core.v1.ConfigMap(
            f"{name}-ca",
            metadata={"name": CA_CONFIG_MAP, "namespace": node_namespace},
            data={"ca.crt": authority.cert_pem},
            opts=child,
        )
        self.register_outputs({})
