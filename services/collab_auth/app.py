"""Puts the auth service together."""

from datetime import timedelta

from litestar import Litestar, Router
from litestar.di import Provide

from collab_auth.administration.controllers import AccountsController
from collab_auth.administration.service import Administration
from collab_auth.administration.store import AccountStore
from collab_auth.api_tokens.controllers import ApiTokenController
from collab_auth.api_tokens.service import ApiTokenService
from collab_auth.attempts import Attempts
from collab_auth.audit.controllers import AuditController
from collab_auth.audit.store import Audit
from collab_auth.controllers import KeysController, SessionController
from collab_auth.edge import Edge, EdgeController
from collab_auth.factors.controllers import FACTOR_CONTROLLERS
from collab_auth.factors.wiring import Factors
from collab_auth.keys.service import REFRESH_INTERVAL_S, SigningKeys
from collab_auth.notices.controllers import NoticesController
from collab_auth.notices.courier import Courier
from collab_auth.notices.store import NoticeStore
from collab_auth.oidc.controllers import OidcController
from collab_auth.oidc.wiring import make_oidc
from collab_auth.outbox import Outbox
from collab_auth.passwords import Passwords
from collab_auth.recovery.controllers import AccountController, MailProofController
from collab_auth.recovery.postman import Postman
from collab_auth.recovery.service import Recovery
from collab_auth.recovery.store import RecoveryStore
from collab_auth.service import Accounts
from collab_auth.sessions.caller import living_principal_dependency
from collab_auth.sessions.controllers import SessionsController
from collab_auth.sessions.liveness import Liveness
from collab_auth.sessions.service import Sessions
from collab_auth.sessions.store import SessionStore
from collab_auth.settings import AuthSettings
from collab_kit.app import create_app
from collab_kit.database import Database
from collab_kit.events import Publisher, open_redis
from collab_kit.guard import internal_guard
from collab_kit.http import Peer
from collab_kit.mail import open_mailer
from collab_kit.tasks import background, periodically
from collab_kit.tokens import Verifier

__all__ = ["create", "user_peer"]

PURGE_INTERVAL_S = 600.0
OUTBOX_INTERVAL_S = 5.0
NOTICE_INTERVAL_S = 5.0
OUTBOX_DEADLINE_S = 1.0


def create(settings: AuthSettings) -> Litestar:
    """Raises `SettingsError` when the signing key is not one."""
    database = Database(settings)
    redis = open_redis(settings)
    passwords = Passwords(settings)
    attempts = Attempts(redis, settings)
    users = user_peer(settings)
    outbox = Outbox(database, users)
    audit = Audit(database)
    signing_keys = SigningKeys(database=database, audit=audit, settings=settings)
    verifier = Verifier.of_access_tokens(signing_keys)
    session_store = SessionStore(database)
    liveness = Liveness(session_store)
    sessions = Sessions(database=database, store=session_store, liveness=liveness, audit=audit)
    factors = Factors(database=database, audit=audit, settings=settings)
    api_tokens = ApiTokenService(database=database, audit=audit)
    accounts = Accounts(
        database=database,
        passwords=passwords,
        attempts=attempts,
        signer=signing_keys,
        second_factors=factors.gate,
        audit=audit,
        settings=settings,
    )
    recovery_store = RecoveryStore(database)
    mailer = open_mailer(settings)
    postman = Postman(store=recovery_store, mailer=mailer, public_url=settings.public_url)
    notice_store = NoticeStore(database)
    courier = Courier(store=notice_store, mailer=mailer, public_url=settings.public_url)
    recovery = Recovery(
        database=database,
        store=recovery_store,
        accounts=accounts,
        sessions=sessions,
        passwords=passwords,
        attempts=attempts,
        second_factors=factors.gate,
        postman=postman,
        audit=audit,
    )
    administration = Administration(
        database=database,
        store=AccountStore(database),
        sessions=sessions,
        audit=audit,
        publisher=Publisher(redis),
    )
    oidc = make_oidc(
        settings=settings,
        database=database,
        accounts=accounts,
        second_factors=factors.gate,
        outbox=outbox,
        audit=audit,
    )
    edge = Edge(verifier=verifier, liveness=liveness, accounts=accounts, api_tokens=api_tokens)

    async def purge() -> None:
        await accounts.purge()
        await recovery_store.purge()
        await notice_store.purge()
        await signing_keys.purge()
        await factors.purge()
        await api_tokens.purge()
        await audit.purge(keep=timedelta(days=settings.audit_days))

    internal = Router(
        "/",
        route_handlers=[AccountsController, NoticesController],
        guards=[internal_guard(settings.internal_token)],
    )
    shared: dict[str, object] = {
        "accounts": accounts,
        "administration": administration,
        "api_tokens": api_tokens,
        "audit": audit,
        "courier": courier,
        "edge": edge,
        "oidc": oidc,
        "outbox": outbox,
        "postman": postman,
        "recovery": recovery,
        "sessions": sessions,
        "settings": settings,
        "signing_keys": signing_keys,
        **factors.parts(accounts),
    }
    return create_app(
        service="auth",
        openapi_path="/api/auth/schema",
        route_handlers=[
            SessionController,
            SessionsController,
            AccountController,
            MailProofController,
            AuditController,
            ApiTokenController,
            OidcController,
            *FACTOR_CONTROLLERS,
            KeysController,
            EdgeController,
            internal,
        ],
        dependencies={
            **{name: _provide(part) for name, part in shared.items()},
            "principal": living_principal_dependency(verifier, session_store),
        },
        database=database,
        redis=redis,
        lifespan=[
            passwords,
            users,
            signing_keys,
            background(periodically(outbox.deliver_due, interval_s=OUTBOX_INTERVAL_S, name="outbox"), name="outbox"),
            background(postman.run, name="mail"),
            background(periodically(courier.deliver_due, interval_s=NOTICE_INTERVAL_S, name="notices"), name="notices"),
            background(periodically(signing_keys.refresh, interval_s=REFRESH_INTERVAL_S, name="keys"), name="keys"),
            background(periodically(purge, interval_s=PURGE_INTERVAL_S, name="purge"), name="purge"),
        ],
    )


def _provide(part: object) -> Provide:
    return Provide(lambda: part, sync_to_thread=False)


def user_peer(settings: AuthSettings) -> Peer:
    """The user service, tried once and briefly: a person waits for the answer, and the outbox tries again."""
    return Peer(
        "user",
        settings.user_url,
        settings.internal_token,
        deadline_s=OUTBOX_DEADLINE_S,
        attempts=1,
        ca_file=settings.ca_file,
    )
