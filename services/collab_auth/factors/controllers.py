"""Second factors over HTTP. They are changed with a session: no API token can."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from collab_auth.cookies import session_answer
from collab_auth.csrf import CrossSite, require_same_origin
from collab_auth.device import device_of
from collab_auth.factors.passkeys import Passkeys
from collab_auth.factors.problems import (
    CodeWrong,
    NoFactor,
    NoSuchPasskey,
    PasskeyKnown,
    PasskeyNotRegistered,
    PasskeyRefused,
    ProofNeeded,
    ProofWrong,
    SecondFactorExpired,
    TooManyPasskeys,
    TotpAlreadyOn,
    TotpNotPending,
    TotpOff,
    WrongCode,
)
from collab_auth.factors.schemas import (
    Ceremony,
    Code,
    CreatedPasskey,
    NewPasskeyAnswer,
    Passkey,
    PasskeyAnswer,
    PasskeyName,
    Proof,
    RecoveryCodes,
    SecondFactorCode,
    SecondFactorToken,
    TotpPending,
    TotpState,
)
from collab_auth.factors.schemas import Passkeys as PasskeyList
from collab_auth.factors.second_step import SecondStep
from collab_auth.factors.totp import Totp
from collab_auth.passwords import Busy
from collab_auth.problems import AccountDisabled, EmailNotVerified, SessionEnded, TooManyAttempts
from collab_auth.schemas import Session
from collab_auth.settings import AuthSettings
from collab_kit.errors import StoreUnavailable, Unauthenticated, problem_responses
from collab_kit.guard import BEARER_SECURITY, Caller, SessionsOnly

__all__ = ["FACTOR_CONTROLLERS", "PasskeyController", "SecondStepController", "TotpController"]

_ALWAYS = (Unauthenticated, SessionsOnly, StoreUnavailable)
_PROOF = (ProofNeeded, ProofWrong, TooManyAttempts, Busy)
_SESSION = (SessionEnded, AccountDisabled, EmailNotVerified, CrossSite, StoreUnavailable)
_NO_STORE = {"Cache-Control": "no-store"}


class SecondStepController(Controller):
    path = "/api/auth/sign-in"
    tags = ("sessions",)

    @post(
        "/totp",
        operation_id="signInWithTotp",
        status_code=200,
        responses=problem_responses(SecondFactorExpired, WrongCode, TooManyAttempts, *_SESSION),
    )
    async def totp(
        self,
        data: JSONBody[SecondFactorCode],
        second_step: NamedDependency[SecondStep],
        settings: NamedDependency[AuthSettings],
        request: Request[Any, Any, Any],
    ) -> Response[Session]:
        """Begin a session with the code of an authenticator app, after the password."""
        require_same_origin(request, settings)
        issued = await second_step.with_code(data.token, data.code, "totp", device_of(request))
        return session_answer(issued, settings)

    @post(
        "/recovery-code",
        operation_id="signInWithRecoveryCode",
        status_code=200,
        responses=problem_responses(SecondFactorExpired, WrongCode, TooManyAttempts, *_SESSION),
    )
    async def recovery_code(
        self,
        data: JSONBody[SecondFactorCode],
        second_step: NamedDependency[SecondStep],
        settings: NamedDependency[AuthSettings],
        request: Request[Any, Any, Any],
    ) -> Response[Session]:
        """Begin a session with a recovery code, after the password; the code is used up."""
        require_same_origin(request, settings)
        issued = await second_step.with_code(data.token, data.code, "recovery-code", device_of(request))
        return session_answer(issued, settings)

    @post(
        "/passkey/options",
        operation_id="signInWithPasskeyOptions",
        status_code=200,
        responses=problem_responses(SecondFactorExpired, StoreUnavailable),
    )
    async def passkey_options(
        self, data: JSONBody[SecondFactorToken], second_step: NamedDependency[SecondStep]
    ) -> Response[Ceremony]:
        """What to ask the browser for: a second factor with the token of sign-in, without one a passkey alone."""
        return Response(await second_step.passkey_options(data.token), status_code=200, headers=_NO_STORE)

    @post(
        "/passkey",
        operation_id="signInWithPasskey",
        status_code=200,
        responses=problem_responses(PasskeyRefused, SecondFactorExpired, *_SESSION),
    )
    async def passkey(
        self,
        data: JSONBody[PasskeyAnswer],
        second_step: NamedDependency[SecondStep],
        settings: NamedDependency[AuthSettings],
        request: Request[Any, Any, Any],
    ) -> Response[Session]:
        """Begin a session with a passkey."""
        require_same_origin(request, settings)
        issued = await second_step.with_passkey(data.state, data.credential, device_of(request))
        return session_answer(issued, settings)


class TotpController(Controller):
    path = "/api/auth"
    tags = ("second factors",)
    security = BEARER_SECURITY

    @get("/totp", operation_id="getTotp", responses=problem_responses(*_ALWAYS))
    async def state(self, principal: Caller, totp: NamedDependency[Totp]) -> TotpState:
        """Whether codes of an authenticator app are asked for, and how many recovery codes are left."""
        return await totp.state(principal.id)

    @post("/totp", operation_id="beginTotp", responses=problem_responses(TotpAlreadyOn, *_PROOF, *_ALWAYS))
    async def begin(
        self,
        data: JSONBody[Proof],
        principal: Caller,
        totp: NamedDependency[Totp],
        request: Request[Any, Any, Any],
    ) -> Response[TotpPending]:
        """Make a secret for an authenticator app; nothing changes before a code of it is confirmed."""
        pending = await totp.begin(principal, data, device_of(request))
        return Response(pending, status_code=201, headers=_NO_STORE)

    @post(
        "/totp/confirm",
        operation_id="confirmTotp",
        status_code=200,
        responses=problem_responses(TotpNotPending, CodeWrong, TooManyAttempts, *_ALWAYS),
    )
    async def confirm(
        self,
        data: JSONBody[Code],
        principal: Caller,
        totp: NamedDependency[Totp],
        request: Request[Any, Any, Any],
    ) -> Response[RecoveryCodes]:
        """From now on sign-in asks for a code; the answer has the recovery codes, this once."""
        codes = await totp.confirm(principal, data.code, device_of(request))
        return Response(codes, status_code=200, headers=_NO_STORE)

    @delete("/totp", operation_id="removeTotp", responses=problem_responses(TotpOff, *_PROOF, *_ALWAYS))
    async def remove(
        self,
        data: JSONBody[Proof],
        principal: Caller,
        totp: NamedDependency[Totp],
        request: Request[Any, Any, Any],
    ) -> None:
        """Ask for codes of the app no longer."""
        await totp.remove(principal, data, device_of(request))

    @post(
        "/recovery-codes",
        operation_id="renewRecoveryCodes",
        status_code=200,
        responses=problem_responses(NoFactor, *_PROOF, *_ALWAYS),
    )
    async def renew(
        self,
        data: JSONBody[Proof],
        principal: Caller,
        totp: NamedDependency[Totp],
        request: Request[Any, Any, Any],
    ) -> Response[RecoveryCodes]:
        """Ten new recovery codes, told this once; those before are void."""
        codes = await totp.renew_recovery_codes(principal, data, device_of(request))
        return Response(codes, status_code=200, headers=_NO_STORE)


class PasskeyController(Controller):
    path = "/api/auth/passkeys"
    tags = ("second factors",)
    security = BEARER_SECURITY

    @get("/", operation_id="listPasskeys", responses=problem_responses(*_ALWAYS))
    async def page(self, principal: Caller, passkeys: NamedDependency[Passkeys]) -> PasskeyList:
        """One's own passkeys, the latest first: 20 at most."""
        return PasskeyList(await passkeys.list(principal.id))

    @post(
        "/options",
        operation_id="beginPasskey",
        status_code=200,
        responses=problem_responses(TooManyPasskeys, *_PROOF, *_ALWAYS),
    )
    async def begin(
        self,
        data: JSONBody[Proof],
        principal: Caller,
        passkeys: NamedDependency[Passkeys],
        request: Request[Any, Any, Any],
    ) -> Response[Ceremony]:
        """What to ask the browser for to make a passkey."""
        ceremony = await passkeys.begin(principal, data, device_of(request))
        return Response(ceremony, status_code=200, headers=_NO_STORE)

    @post(
        "/",
        operation_id="createPasskey",
        responses=problem_responses(PasskeyNotRegistered, PasskeyKnown, TooManyPasskeys, *_ALWAYS),
    )
    async def create(
        self,
        data: JSONBody[NewPasskeyAnswer],
        principal: Caller,
        passkeys: NamedDependency[Passkeys],
        request: Request[Any, Any, Any],
    ) -> Response[CreatedPasskey]:
        """Register the passkey that the browser made; it is asked for at sign-in from now on."""
        made = await passkeys.register(
            principal, state=data.state, credential=data.credential, name=data.name, device=device_of(request)
        )
        return Response(made, status_code=201, headers=_NO_STORE)

    @patch("/{passkey_id:uuid}", operation_id="renamePasskey", responses=problem_responses(NoSuchPasskey, *_ALWAYS))
    async def rename(
        self,
        passkey_id: FromPath[UUID],
        data: JSONBody[PasskeyName],
        principal: Caller,
        passkeys: NamedDependency[Passkeys],
        request: Request[Any, Any, Any],
    ) -> Passkey:
        """Give a passkey another name."""
        return await passkeys.rename(principal, passkey_id, data.name, device_of(request))

    @delete(
        "/{passkey_id:uuid}",
        operation_id="removePasskey",
        responses=problem_responses(NoSuchPasskey, *_PROOF, *_ALWAYS),
    )
    async def remove(
        self,
        passkey_id: FromPath[UUID],
        data: JSONBody[Proof],
        principal: Caller,
        passkeys: NamedDependency[Passkeys],
        request: Request[Any, Any, Any],
    ) -> None:
        """Take a passkey away: nobody signs in with it any more."""
        await passkeys.remove(principal, passkey_id, data, device_of(request))


FACTOR_CONTROLLERS = (SecondStepController, TotpController, PasskeyController)
