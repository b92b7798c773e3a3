"""The language of auth's authorisation matrix, and its lines: for each operation, who is answered what.

What an operation is about (a session, a token, a passkey) is always the `owner`'s; `oneself` is that owner. Everybody
else comes with an account of their own, if with any. `test_matrix.py` fails for an operation without a line.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

import httpx

from tests.integration.auth.authenticator import PASSKEYS_AT, SoftKey
from tests.integration.auth.test_second_factor import App
from tests.mailbox import Mailbox, token_in
from tests.people import PASSWORD, Person

CallerName = Literal[
    "anonymous",
    "expired",
    "ended",
    "disabled",
    "erased",
    "demoted",
    "narrow",
    "wide",
    "stranger",
    "admin",
    "oneself",
]
"""`expired`, `ended`, `narrow`, `wide`: the owner, with an access token that is too old, or of a session that is over,
or with an API token of one scope, or of all; `demoted`: with a token that says administrator, and is none any more."""
CALLERS: Final[tuple[CallerName, ...]] = get_args(CallerName)

Expected = dict[CallerName, tuple[int, str | None]]
"""The status, and of a refusal the slug."""
Found = Mapping[str, Any]


@dataclass
class Scene:
    """One owner for each call."""

    owner: Person
    mailbox: Mailbox
    found: dict[str, Any] = field(default_factory=dict[str, Any])
    """What `prepare` made, for the path and the body."""

    def ask(self, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        """As the owner, who has to succeed."""
        answer = self.owner.call(method, "auth", f"/api/auth{path}", body)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None


@dataclass(frozen=True)
class Line:
    expected: Expected
    body: Callable[[Scene], Any] | None = None
    prepare: Callable[[Scene], Found] = lambda _: {}
    """What has to be there first, done by the owner."""


def public(status: int, slug: str | None = None) -> Expected:
    """Whoever asks: what is shown in the body decides, and a token of whatever kind changes nothing."""
    return dict.fromkeys(CALLERS, (status, slug))


def own(ok: int, others: tuple[int, str] | None = None) -> Expected:
    """What needs a session: one's own are done; `others` is what people hear about what is the owner's."""
    refused: Expected = dict.fromkeys(CALLERS, (401, "unauthenticated"))
    expected = others or (ok, None)
    return {
        **refused,
        "narrow": (403, "sessions-only"),
        "wide": (403, "sessions-only"),
        "stranger": expected,
        "admin": expected,
        "oneself": (ok, None),
    }


def by_cookie(ok: int) -> Expected:
    """What the cookie lets one do, whatever the access token: it goes on where the token alone has expired."""
    over: Expected = dict.fromkeys(CALLERS, (401, "session-ended"))
    return {**over, "expired": (ok, None), **dict.fromkeys(("demoted", "stranger", "admin", "oneself"), (ok, None))}


def _password(_: Scene) -> Any:
    return {"password": PASSWORD}


def _elsewhere(scene: Scene) -> Found:
    """Another session of the owner's."""
    url = scene.owner.stage.url("auth") + "/api/auth/sign-in"
    answer = httpx.post(url, json={"email": scene.owner.email, "password": PASSWORD}, trust_env=False, timeout=15)
    assert answer.status_code == 200, answer.text
    sessions = scene.ask("GET", "/sessions")["items"]
    return {"session_id": next(each["id"] for each in sessions if not each["current"])}


def _token(scene: Scene) -> Found:
    made = scene.ask("POST", "/tokens", {"name": "Script", "scopes": ["documents:read"]}, status=201)
    return {"token_id": made["id"]}


def _pending_totp(scene: Scene) -> Found:
    return {"app": App(scene.ask("POST", "/totp", {"password": PASSWORD}, status=201)["secret"])}


def _totp(scene: Scene) -> Found:
    app = _pending_totp(scene)["app"]
    codes = scene.ask("POST", "/totp/confirm", {"code": app.code()})["recovery_codes"]
    return {"app": app, "recovery": codes[0]}


def _second_step(scene: Scene) -> Found:
    made = _totp(scene)
    credentials = {"email": scene.owner.email, "password": PASSWORD}
    # The code that confirmed has been used: this is the next one.
    code = made["app"].code(steps=1)
    return {**made, "code": code, "token": scene.ask("POST", "/sign-in", credentials)["second_factor"]["token"]}


def _passkey_begun(scene: Scene) -> Found:
    ceremony = scene.ask("POST", "/passkeys/options", {"password": PASSWORD})
    key = SoftKey(PASSKEYS_AT)
    return {"key": key, "state": ceremony["state"], "credential": key.create(ceremony["options"])}


def _passkey(scene: Scene) -> Found:
    begun = _passkey_begun(scene)
    body = {"state": begun["state"], "credential": begun["credential"], "name": "Blue key"}
    return {"key": begun["key"], "passkey_id": scene.ask("POST", "/passkeys", body, status=201)["id"]}


def _passkey_shown(scene: Scene) -> Found:
    key: SoftKey = _passkey(scene)["key"]
    ceremony = scene.ask("POST", "/sign-in/passkey/options", {})
    return {"state": ceremony["state"], "credential": key.get(ceremony["options"])}


def _mailed(scene: Scene, address: str, subject: str) -> Found:
    return {"link": token_in(scene.mailbox.wait(address, subject))}


def _verification(scene: Scene) -> Found:
    return _mailed(scene, scene.owner.email, "confirm your e-mail")


def _reset(scene: Scene) -> Found:
    scene.ask("POST", "/password/forgot", {"email": scene.owner.email}, status=202)
    return _mailed(scene, scene.owner.email, "new password")


def _other_email(scene: Scene) -> str:
    return f"new.{scene.owner.email}"


def _change_of_email(scene: Scene) -> Found:
    body = {"email": _other_email(scene), "password": PASSWORD}
    scene.ask("POST", "/account/email", body, status=202)
    return _mailed(scene, _other_email(scene), "new e-mail")


def _link(scene: Scene) -> Any:
    return {"token": scene.found["link"]}


def _no_provider(_: Scene) -> Found:
    return {"provider": "nobody"}


NO_TOKEN: Final = (404, "no-such-token")
NO_PASSKEY: Final = (404, "no-such-passkey")

LINES: Final[dict[str, Line]] = {
    "register": Line(
        public(201), body=lambda scene: {"email": _other_email(scene), "password": PASSWORD, "name": "Ada"}
    ),
    "signIn": Line(public(200), body=lambda scene: {"email": scene.owner.email, "password": PASSWORD}),
    "signInWithTotp": Line(
        public(200),
        prepare=_second_step,
        body=lambda scene: {"token": scene.found["token"], "code": scene.found["code"]},
    ),
    "signInWithRecoveryCode": Line(
        public(200),
        prepare=_second_step,
        body=lambda scene: {"token": scene.found["token"], "code": scene.found["recovery"]},
    ),
    "signInWithPasskeyOptions": Line(public(200), body=lambda _: {}),
    "signInWithPasskey": Line(
        public(200),
        prepare=_passkey_shown,
        body=lambda scene: {"state": scene.found["state"], "credential": scene.found["credential"]},
    ),
    "refresh": Line(by_cookie(200)),
    "signOut": Line(public(204)),
    "keys": Line(public(200)),
    "forgotPassword": Line(public(202), body=lambda scene: {"email": scene.owner.email}),
    "resetPassword": Line(
        public(204), prepare=_reset, body=lambda scene: {**_link(scene), "password": "another horse battery"}
    ),
    "verifyEmail": Line(public(204), prepare=_verification, body=_link),
    "resendVerification": Line(public(202), body=lambda scene: {"email": scene.owner.email}),
    "confirmEmail": Line(public(204), prepare=_change_of_email, body=_link),
    "listProviders": Line(public(200)),
    "startOidc": Line(public(404, "no-such-provider"), prepare=_no_provider),
    "finishOidc": Line(public(404, "no-such-provider"), prepare=_no_provider),
    "getAccount": Line(own(200)),
    "changePassword": Line(own(204), body=lambda _: {"current": PASSWORD, "new": "another horse battery"}),
    "changeEmail": Line(own(202), body=lambda scene: {"email": _other_email(scene), "password": PASSWORD}),
    "sendVerification": Line(own(202)),
    "listSessions": Line(own(200)),
    "endSession": Line(own(204, (404, "no-such-session")), prepare=_elsewhere),
    "endOtherSessions": Line(own(204)),
    "listAudit": Line(own(200)),
    "listAllAudit": Line({**own(200), "stranger": (403, "admins-only"), "oneself": (403, "admins-only")}),
    "listTokens": Line(own(200)),
    "createToken": Line(own(201), body=lambda _: {"name": "Script", "scopes": ["documents:read"]}),
    "revokeToken": Line(own(204, NO_TOKEN), prepare=_token),
    "getTotp": Line(own(200)),
    "beginTotp": Line(own(201), body=_password),
    "confirmTotp": Line(
        own(200, (409, "totp-not-pending")),
        prepare=_pending_totp,
        body=lambda scene: {"code": scene.found["app"].code()},
    ),
    "removeTotp": Line(own(204, (409, "totp-off")), prepare=_totp, body=_password),
    "renewRecoveryCodes": Line(own(200, (409, "no-second-factor")), prepare=_totp, body=_password),
    "listPasskeys": Line(own(200)),
    "beginPasskey": Line(own(200), body=_password),
    "createPasskey": Line(
        own(201, (400, "passkey-not-registered")),
        prepare=_passkey_begun,
        body=lambda scene: {
            "state": scene.found["state"],
            "credential": scene.found["credential"],
            "name": "Blue key",
        },
    ),
    "renamePasskey": Line(own(200, NO_PASSKEY), prepare=_passkey, body=lambda _: {"name": "Red key"}),
    "removePasskey": Line(own(204, NO_PASSKEY), prepare=_passkey, body=_password),
}
