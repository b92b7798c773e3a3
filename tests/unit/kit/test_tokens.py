"""Tokens: what is signed is read back, what is not ours is refused, keys are fetched as seldom as promised."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from litestar import get

from collab_kit.app import create_app
from collab_kit.errors import PeerUnavailable
from collab_kit.serve import serve
from collab_kit.settings import Secret, ServiceSettings, SettingsError
from collab_kit.tokens import (
    ACCESS_AUDIENCE,
    ACCESS_ISSUER,
    REFETCH_INTERVAL_S,
    AccessClaims,
    InvalidToken,
    JwkSet,
    RemoteKeys,
    Signer,
    Verifier,
)
from tests.ports import free_port

PERSON = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
CLAIMS = {"sub": str(PERSON), "email": "ada@example.org", "sid": str(PERSON)}


def new_signer() -> Signer:
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Signer(Secret(pem.decode()), issuer=ACCESS_ISSUER, audience=ACCESS_AUDIENCE)


@pytest.fixture
def signer() -> Signer:
    return new_signer()


@pytest.fixture
def verifier(signer: Signer) -> Verifier[AccessClaims]:
    return Verifier.of_access_tokens(signer.own_keys())


async def test_what_was_signed_is_read_back(signer: Signer, verifier: Verifier[AccessClaims]):
    before = time.time()
    token = signer.sign(CLAIMS, ttl_s=60)
    after = time.time()
    claims = await verifier.verify(token)
    assert (claims.sub, claims.email, claims.sid) == (PERSON, "ada@example.org", PERSON)
    assert int(before) + 60 <= claims.exp <= after + 60


async def test_clocks_may_differ_by_a_little(signer: Signer, verifier: Verifier[AccessClaims]):
    for _ in range(10):
        signed_at = time.monotonic()
        try:
            await verifier.verify(signer.sign(CLAIMS, ttl_s=-3))
            break
        except InvalidToken:
            # It is good for another second or two: a busy machine may take longer between the two.
            if time.monotonic() - signed_at < 1:
                raise
    else:
        pytest.fail("never looked at within a second")
    with pytest.raises(InvalidToken, match="expired"):
        await verifier.verify(signer.sign(CLAIMS, ttl_s=-7))


def tampered(token: str) -> str:
    head, _, signature = token.split(".")
    claims = json.dumps(
        CLAIMS | {"email": "eve@example.org", "exp": 2**31, "iss": ACCESS_ISSUER, "aud": ACCESS_AUDIENCE}
    )
    return f"{head}.{base64.urlsafe_b64encode(claims.encode()).rstrip(b'=').decode()}.{signature}"


async def test_what_is_not_ours_is_refused(signer: Signer, verifier: Verifier[AccessClaims]):
    good = signer.sign(CLAIMS, ttl_s=60)
    kid = signer.jwks.keys[0].kid
    times = {"iss": ACCESS_ISSUER, "aud": ACCESS_AUDIENCE, "exp": int(time.time()) + 60}
    # What a verifier that let the token choose its algorithm would take: HMAC keyed with our public key.
    confused = jwt.encode(CLAIMS | times, signer.jwks.keys[0].x.ljust(64, "="), algorithm="HS256", headers={"kid": kid})
    for token in (
        "",
        "a.b",
        good[:-4],
        tampered(good),
        confused,
        new_signer().sign(CLAIMS, ttl_s=60),
        signer.sign({"sub": "no uuid", "email": "a", "sid": str(PERSON)}, ttl_s=60),
        signer.sign({"sub": str(PERSON)}, ttl_s=60),
        good + "x" * 5000,
    ):
        with pytest.raises(InvalidToken):
            await verifier.verify(token)


@pytest.mark.parametrize("pem", ["", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"])
def test_a_key_that_is_none_is_a_wrong_setting(pem: str):
    with pytest.raises(SettingsError, match=r"COLLAB_SIGNING_KEY_FILE is wrong: expected .* Ed25519"):
        Signer(Secret(pem), issuer="i", audience="a")


class Issuer:
    """Publishes keys as auth does, and counts how often they are fetched."""

    def __init__(self) -> None:
        self.signer = new_signer()
        self.fetches = 0
        self.port = free_port()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/.well-known/jwks.json"

    @asynccontextmanager
    async def publishing(self) -> AsyncGenerator[None]:
        @get("/.well-known/jwks.json")
        async def jwks() -> JwkSet:
            self.fetches += 1
            return self.signer.jwks

        stop = asyncio.Event()
        app = create_app(service="issuer", openapi_path="/schema", route_handlers=[jwks])
        task = asyncio.create_task(serve(app, settings_on(self.port), stop=stop))
        try:
            yield
        finally:
            stop.set()
            await asyncio.wait_for(task, 10)


def settings_on(port: int) -> ServiceSettings:
    return ServiceSettings(
        instance="test-1",
        port=port,
        drain_timeout_s=1,
        public_url="http://127.0.0.1",
        database_url="postgresql://a@127.0.0.1/a",
        database_password=Secret("x"),
        redis_url="redis://127.0.0.1",
        redis_password=Secret("x"),
        internal_token=Secret("x"),
    )


async def test_keys_are_fetched_once_for_many_and_again_for_a_new_one():
    issuer = Issuer()
    async with issuer.publishing():
        now = 1000.0
        verifier = Verifier.of_access_tokens(RemoteKeys(issuer.url, clock=lambda: now))
        token = issuer.signer.sign(CLAIMS, ttl_s=60)
        await asyncio.gather(*(verifier.verify(token) for _ in range(20)))
        assert issuer.fetches == 1

        issuer.signer = new_signer()
        rotated = issuer.signer.sign(CLAIMS, ttl_s=60)
        for _ in range(5):
            with pytest.raises(InvalidToken, match="not known"):
                await verifier.verify(rotated)
        assert issuer.fetches == 1, "an unknown key may be asked for at most once in the interval"

        now += REFETCH_INTERVAL_S + 1
        await verifier.verify(rotated)
        assert issuer.fetches == 2
        with pytest.raises(InvalidToken, match="not known"):
            await verifier.verify(token)


async def test_without_an_issuer_known_keys_go_on_and_unknown_ones_are_transient():
    issuer = Issuer()
    keys = RemoteKeys(issuer.url)
    token = issuer.signer.sign(CLAIMS, ttl_s=60)
    with pytest.raises(PeerUnavailable):
        await Verifier.of_access_tokens(keys).verify(token)
    async with issuer.publishing():
        await Verifier.of_access_tokens(keys).verify(token)
    await Verifier.of_access_tokens(keys).verify(token)
