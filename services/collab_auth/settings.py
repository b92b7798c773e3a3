"""Settings of the auth service."""

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta

from collab_kit.mail import MailSettings
from collab_kit.settings import HttpUrl, Secret

__all__ = ["AuthSettings"]

TokenTtl = Annotated[int, Meta(ge=1, le=86_400, description="whole seconds from 1 to 86400", examples=[900])]
SessionTtl = Annotated[
    int, Meta(ge=60, le=31_536_000, description="whole seconds, a minute to a year", examples=[2_592_000])
]
MemoryKib = Annotated[int, Meta(ge=8, le=1_048_576, description="KiB from 8 to 1048576", examples=[19_456])]
Attempts = Annotated[int, Meta(ge=1, le=100_000, description="a whole number from 1 to 100000", examples=[100])]
Days = Annotated[int, Meta(ge=30, le=3650, description="days from 30 to 3650", examples=[365])]
Count = Annotated[int, Meta(ge=1, le=64, description="a whole number from 1 to 64", examples=[2])]


class AuthSettings(MailSettings, frozen=True, kw_only=True):
    user_url: HttpUrl
    signing_key: Secret
    access_token_ttl_s: TokenTtl = 900
    refresh_token_ttl_s: SessionTtl = 2_592_000
    # OWASP's second recommendation for Argon2id: as strong as 46 MiB in one pass, at the memory a small machine has.
    password_memory_kib: MemoryKib = 19_456
    password_passes: Count = 2
    password_workers: Count = 2
    """Passwords hashed at once; each takes `password_memory_kib` while it is."""
    sign_in_attempts: Count = 10
    """Failed sign-ins for one e-mail from one address before it has to wait."""
    sign_in_email_attempts: Attempts = 100
    """The same for one e-mail from all addresses that its owner has not signed in from before."""
    sign_in_address_attempts: Attempts = 200
    """The same for one address and all e-mails: an office may share it."""
    sign_in_window_s: TokenTtl = 900
    registration: Literal["open", "verified", "closed"] = "open"
    """`open` signs in at once, and tells when an e-mail is taken; `verified` answers everybody alike, and mails."""
    oidc_providers: Secret | None = None
    """JSON: who else signs people in, with the clients' secrets."""
    oidc_link_verified_email: bool = False
    """Whether a provider's verified e-mail address opens the account that has it, verified, already."""
    audit_days: Days = 365
    """How long entries of the audit log are kept."""

    def problems(self) -> Iterator[str]:
        yield from super().problems()
        if self.registration == "verified" and self.smtp_host is None and self.mail_folder is None:
            yield "COLLAB_REGISTRATION is verified, which needs mail: expected COLLAB_SMTP_HOST or COLLAB_MAIL_FOLDER"
