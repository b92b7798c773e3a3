"""Settings of the auth service."""

from typing import Annotated

from msgspec import Meta

from collab_kit.settings import HttpUrl, Secret, ServiceSettings

__all__ = ["AuthSettings"]

TokenTtl = Annotated[int, Meta(ge=1, le=86_400, description="whole seconds from 1 to 86400", examples=[900])]
SessionTtl = Annotated[
    int, Meta(ge=60, le=31_536_000, description="whole seconds, a minute to a year", examples=[2_592_000])
]
MemoryKib = Annotated[int, Meta(ge=8, le=1_048_576, description="KiB from 8 to 1048576", examples=[19_456])]
Count = Annotated[int, Meta(ge=1, le=64, description="a whole number from 1 to 64", examples=[2])]


class AuthSettings(ServiceSettings, frozen=True, kw_only=True):
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
    sign_in_window_s: TokenTtl = 900
