"""One's account over HTTP: its password and its e-mail address."""

from typing import Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from collab_auth.device import device_of
from collab_auth.passwords import Busy
from collab_auth.problems import EmailTaken, SessionEnded, TooManyAttempts, WrongCredentials
from collab_auth.recovery.problems import LinkNotValid
from collab_auth.recovery.schemas import (
    AccountInfo,
    EmailChange,
    Forgotten,
    MailQueued,
    PasswordChange,
    PasswordReset,
    Proven,
    Unverified,
)
from collab_auth.recovery.service import Recovery
from collab_kit.errors import StoreUnavailable, Unauthenticated, problem_responses
from collab_kit.guard import BEARER_SECURITY, Caller, SessionsOnly
from collab_kit.mail import MailNotConfigured

__all__ = ["AccountController", "MailProofController"]

_SIGNED_IN = (Unauthenticated, SessionsOnly, StoreUnavailable)


class AccountController(Controller):
    """What one changes signed in."""

    path = "/api/auth"
    tags = ("account",)
    security = BEARER_SECURITY

    @get("/account", operation_id="getAccount", responses=problem_responses(SessionEnded, *_SIGNED_IN))
    async def account(self, principal: Caller, recovery: NamedDependency[Recovery]) -> AccountInfo:
        """One's own account."""
        found = await recovery.describe(principal.id)
        if found is None:
            raise SessionEnded("The account is gone.")
        factors = await recovery.factors(principal.id)
        return AccountInfo(
            id=found.id,
            email=found.email,
            verified=found.verified,
            is_admin=found.is_admin,
            created_at=found.created_at,
            has_password=found.has_password,
            totp=factors.totp,
            passkeys=factors.passkeys,
        )

    @post(
        "/account/password",
        operation_id="changePassword",
        status_code=204,
        responses=problem_responses(WrongCredentials, TooManyAttempts, Busy, *_SIGNED_IN),
    )
    async def change_password(
        self,
        data: JSONBody[PasswordChange],
        principal: Caller,
        recovery: NamedDependency[Recovery],
        request: Request[Any, Any, Any],
    ) -> None:
        """Choose another password; ends all other sessions."""
        await recovery.change_password(principal, current=data.current, new=data.new, device=device_of(request))

    @post(
        "/account/email",
        operation_id="changeEmail",
        status_code=202,
        responses=problem_responses(WrongCredentials, TooManyAttempts, Busy, MailNotConfigured, *_SIGNED_IN),
    )
    async def change_email(
        self,
        data: JSONBody[EmailChange],
        principal: Caller,
        recovery: NamedDependency[Recovery],
        request: Request[Any, Any, Any],
    ) -> MailQueued:
        """Ask for another address; the link in the mail that goes there makes the change."""
        await recovery.request_email_change(
            principal, email=data.email, password=data.password, device=device_of(request)
        )
        return MailQueued()

    @post(
        "/email/verify/send",
        operation_id="sendVerification",
        status_code=202,
        responses=problem_responses(TooManyAttempts, MailNotConfigured, *_SIGNED_IN),
    )
    async def send_verification(self, principal: Caller, recovery: NamedDependency[Recovery]) -> MailQueued:
        """Have the mail sent again that proves one's address; none comes when it is proved."""
        await recovery.send_verification(principal)
        return MailQueued()


class MailProofController(Controller):
    """What one proves by having got a mail."""

    path = "/api/auth"
    tags = ("account",)

    @post(
        "/email/verify",
        operation_id="verifyEmail",
        status_code=204,
        responses=problem_responses(LinkNotValid, TooManyAttempts, StoreUnavailable),
    )
    async def verify_email(
        self, data: JSONBody[Proven], recovery: NamedDependency[Recovery], request: Request[Any, Any, Any]
    ) -> None:
        """Prove that an address is one's own."""
        await recovery.verify_email(data.token, device_of(request))

    @post(
        "/email/verify/resend",
        operation_id="resendVerification",
        status_code=202,
        responses=problem_responses(TooManyAttempts, MailNotConfigured, StoreUnavailable),
    )
    async def resend_verification(
        self, data: JSONBody[Unverified], recovery: NamedDependency[Recovery], request: Request[Any, Any, Any]
    ) -> MailQueued:
        """Have the mail sent again that proves an address, signed in or not; nothing tells who has an account."""
        await recovery.resend_verification(data.email, device_of(request))
        return MailQueued()

    @post(
        "/email/confirm",
        operation_id="confirmEmail",
        status_code=204,
        responses=problem_responses(LinkNotValid, EmailTaken, TooManyAttempts, StoreUnavailable),
    )
    async def confirm_email(
        self, data: JSONBody[Proven], recovery: NamedDependency[Recovery], request: Request[Any, Any, Any]
    ) -> None:
        """Change to the address that the mail went to."""
        await recovery.confirm_email_change(data.token, device_of(request))

    @post(
        "/password/forgot",
        operation_id="forgotPassword",
        status_code=202,
        responses=problem_responses(TooManyAttempts, MailNotConfigured, StoreUnavailable),
    )
    async def forgot_password(
        self, data: JSONBody[Forgotten], recovery: NamedDependency[Recovery], request: Request[Any, Any, Any]
    ) -> MailQueued:
        """Have a mail sent that resets the password; the answer is the same whether or not there is an account."""
        await recovery.forgot_password(data.email, device_of(request))
        return MailQueued()

    @post(
        "/password/reset",
        operation_id="resetPassword",
        status_code=204,
        responses=problem_responses(LinkNotValid, TooManyAttempts, Busy, StoreUnavailable),
    )
    async def reset_password(
        self, data: JSONBody[PasswordReset], recovery: NamedDependency[Recovery], request: Request[Any, Any, Any]
    ) -> None:
        """Choose another password by the link in the mail; ends all sessions."""
        await recovery.reset_password(data.token, data.password, device_of(request))
