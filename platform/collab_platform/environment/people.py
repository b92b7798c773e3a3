"""What an operator may say about people and what is theirs: signing in, mail, who finds whom, documents."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from collab_platform.environment.section import FilePath, HostName, Section


class OidcProvider(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A provider of OpenID Connect."""

    id: Annotated[
        str,
        Meta(
            pattern=r"^[a-z0-9][a-z0-9-]{0,30}$",
            description="Its name in addresses: PUBLIC_URL/api/auth/oidc/ID/callback is the redirect URI to register.",
            examples=["corp"],
        ),
    ]
    name: Annotated[
        str,
        Meta(min_length=1, max_length=80, description="What the button says.", examples=["Example Corporation"]),
    ]
    issuer: Annotated[
        str,
        Meta(
            pattern=r"^https?://[^\s?#@]+$",
            max_length=500,
            description="Its address, spelled as it spells itself.",
            examples=["https://id.example.org"],
        ),
    ]
    client_id: Annotated[
        str,
        Meta(min_length=1, max_length=500, description="What collab is called there.", examples=["collab"]),
    ]
    client_secret_file: Annotated[
        FilePath,
        Meta(
            description="File with the client's secret, relative to the project.",
            examples=["environments/secrets/corp"],
        ),
    ] = ""
    scopes: Annotated[
        str,
        Meta(
            pattern=r"^[\x21-\x7e]+( [\x21-\x7e]+)*$",
            max_length=500,
            description="What is asked of it.",
            examples=["openid email profile"],
        ),
    ] = "openid email profile"


class Auth(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sign-in."""

    access_token_ttl_s: Annotated[int, Meta(ge=60, le=86_400, description="Life of an access token in seconds.")] = 900
    refresh_token_ttl_s: Annotated[
        int, Meta(ge=3600, le=31_536_000, description="Life of an unused session in seconds.")
    ] = 2_592_000
    registration: Annotated[
        Literal["open", "verified", "closed"],
        Meta(
            description="Who may make an account: open, everybody; verified, everybody who answers a mail; closed, "
            "operators with `collab user create`."
        ),
    ] = "open"
    audit_days: Annotated[
        int, Meta(ge=30, le=3650, description="Days for which the audit log keeps what people and operators did.")
    ] = 365
    oidc_link_verified_email: Annotated[
        bool,
        Meta(
            description="Whether a provider's verified address opens the verified account that has it already. Every "
            "provider must be one that may speak for its people's addresses."
        ),
    ] = False
    oidc: Annotated[
        tuple[OidcProvider, ...],
        Meta(
            max_length=20,
            description="Providers to sign in with (OpenID Connect), a table for each.",
            examples=[
                [
                    {
                        "id": "corp",
                        "name": "Example Corporation",
                        "issuer": "https://id.example.org",
                        "client_id": "collab",
                        "client_secret_file": "environments/secrets/corp",
                    }
                ]
            ],
        ),
    ] = ()


class Mail(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Mail to people: addresses to verify, forgotten passwords. `collab mail test` tries it."""

    smtp_host: Annotated[
        HostName,
        Meta(
            description="The mail server. Empty: on this machine mails lie in a folder (`collab mail list`), on a "
            "cluster none are sent.",
            examples=["smtp.example.org"],
        ),
    ] = ""
    smtp_port: Annotated[int, Meta(ge=1, le=65_535, description="Its port: 587 with starttls, 465 with tls.")] = 587
    smtp_security: Annotated[
        Literal["starttls", "tls", "none"],
        Meta(
            description="starttls: begins in the clear and goes on in TLS or not at all. tls: from the first byte. "
            "none: in the clear, and without a password."
        ),
    ] = "starttls"
    smtp_user: Annotated[
        str,
        Meta(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=320, description="Who signs in to it. Empty: nobody needs to."),
    ] = ""
    smtp_password_file: Annotated[
        FilePath,
        Meta(
            description="File with that user's password, relative to the project.",
            examples=["environments/secrets/smtp-password"],
        ),
    ] = ""
    sender: Annotated[
        str,
        Meta(
            pattern=r"^([^\s@<>,;:\"]{1,64}@[A-Za-z0-9.-]{1,190})?$",
            description="The address that mails come from. Empty: no-reply@ the host of the public URL.",
            examples=["collab@example.org"],
        ),
    ] = ""


class People(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """People and teams."""

    search: Annotated[
        Literal["everyone", "teams", "exact-email"],
        Meta(
            description="Whom a person finds to share with: everyone, by name; teams, those they share a team with; "
            "exact-email, nobody whose whole address they do not know."
        ),
    ] = "everyone"


class Documents(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Documents and their files."""

    trash_days: Annotated[
        int, Meta(ge=1, le=3650, description="Days until a document in the trash is gone for good.")
    ] = 30
    max_owned: Annotated[
        int, Meta(ge=1, le=1_000_000, description="Documents that one person may own, the trash included.")
    ] = 10_000
    attachment_max_bytes: Annotated[
        int, Meta(ge=1024, le=50 << 20, description="Largest file that may be attached to a document.")
    ] = 50 << 20
    attachment_document_bytes: Annotated[
        int, Meta(ge=1024, le=1 << 50, description="All files of one document together.")
    ] = 1 << 30
    attachment_owner_bytes: Annotated[
        int, Meta(ge=1024, le=1 << 50, description="All files in the documents of one owner together.")
    ] = 10 << 30
    webhook_private_networks: Annotated[
        bool,
        Meta(
            description="Whether webhooks may lead into this machine's and private networks: then everybody with an "
            "account can reach what is there."
        ),
    ] = False
