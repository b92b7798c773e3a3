"""More than a password: passkeys of a browser with an authenticator of its own, an app's codes, and recovery codes."""

from __future__ import annotations

import ipaddress
import re
import time
from typing import Any
from urllib.parse import urlsplit

from pyotp.totp import TOTP

from tests.browser.conftest import Visit
from tests.browser.steps import sign_in
from tests.browser.visitor import PHONE, Visitor, expect
from tests.system.api import Person
from tests.system.running import Running

STEP_S = 30
REFUSED = r"status of 401"


def named(url: str) -> str:
    """Browsers keep passkeys for names, and a local environment's own URL is an address in numbers."""
    parts = urlsplit(url)
    try:
        ipaddress.ip_address(parts.hostname or "")
    except ValueError:
        return url
    return parts._replace(netloc=f"localhost:{parts.port}").geturl()


async def with_authenticator(visitor: Visitor) -> None:
    """A phone's own, which looks at its owner's face and keeps what is told it."""
    session = await visitor.context.new_cdp_session(visitor.page)
    await session.send("WebAuthn.enable")  # pyright: ignore[reportUnknownMemberType]  # the library leaves it out
    options: dict[str, Any] = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    added = {"options": options}
    await session.send("WebAuthn.addVirtualAuthenticator", added)  # pyright: ignore[reportUnknownMemberType]


async def is_in(visitor: Visitor) -> None:
    await expect(visitor.see("new-document")).to_be_visible()


async def open_security(visitor: Visitor) -> None:
    await visitor.go("/settings")
    await visitor.see("section-security").click()
    await expect(visitor.see("passkeys-card")).to_be_visible()
    await expect(visitor.see("totp-card")).to_be_visible()


async def prove(visitor: Visitor, person: Person) -> None:
    """In the dialog that asks for the password once more."""
    await visitor.see("proof-password").fill(person.password)
    await visitor.see("proof-submit").click()


async def keep_codes(visitor: Visitor) -> list[str]:
    """The recovery codes of the dialog, which is closed then."""
    await expect(visitor.see("recovery-codes")).to_be_visible()
    codes = await visitor.see("recovery-codes").locator("li code").all_inner_texts()
    await visitor.see("codes-kept").click()
    await expect(visitor.see("recovery-codes")).to_be_hidden()
    assert len(set(codes)) == 10
    return codes


async def sign_out(visitor: Visitor) -> None:
    await visitor.go("/")
    await visitor.see("account").click()
    await visitor.see("sign-out").click()
    await expect(visitor.see("session-notice")).to_contain_text("signed out")


async def test_a_passkey_signs_in_beside_the_password_and_alone(visit: Visit, environment: Running):
    person = environment.person("Ann Example")
    ann = await visit("ann", base_url=named(environment.url))
    await with_authenticator(ann)
    await sign_in(ann, person)
    await is_in(ann)

    await open_security(ann)
    await ann.see("passkey-add").click()
    await ann.shot("asks-for-the-password")
    await prove(ann, person)
    await expect(ann.see("recovery-codes")).to_be_visible()
    await ann.shot("recovery-codes")
    assert await ann.accessibility_faults() == []
    await keep_codes(ann)
    await expect(ann.see("passkey")).to_contain_text("not used yet")
    await ann.see("passkey").scroll_into_view_if_needed()
    await ann.shot("passkey-in-the-settings")
    assert await ann.accessibility_faults() == []

    await sign_out(ann)
    await sign_in(ann, person)
    await expect(ann.see("second-factor-passkey")).to_be_visible()
    await ann.shot("second-step")
    assert await ann.accessibility_faults() == []
    await ann.see("second-factor-passkey").click()
    await is_in(ann)

    await sign_out(ann)
    await ann.shot("ways-to-sign-in")
    await ann.see("passkey").click()
    await is_in(ann)
    await open_security(ann)
    await expect(ann.see("passkey")).to_contain_text("used")
    await expect(ann.see("passkey")).not_to_contain_text("not used yet")


async def test_a_passkey_that_is_removed_opens_nothing(visit: Visit, environment: Running):
    person = environment.person("Ann Example")
    ann = await visit("ann", base_url=named(environment.url))
    await with_authenticator(ann)
    await sign_in(ann, person)
    await is_in(ann)
    await open_security(ann)
    await ann.see("passkey-add").click()
    await prove(ann, person)
    await keep_codes(ann)
    await ann.see("passkey").get_by_role("button", name=re.compile("^Remove")).click()
    await ann.shot("asks-before-removing")
    await prove(ann, person)
    await expect(ann.see("passkey")).to_have_count(0)

    await sign_out(ann)
    ann.tolerate(REFUSED)
    await ann.see("passkey").click()
    await expect(ann.see("form-error")).to_be_visible()
    await ann.shot("passkey-refused")
    # The password alone is enough again.
    await sign_in(ann, person)
    await is_in(ann)


async def test_an_app_and_then_a_recovery_code(visit: Visit, environment: Running):
    person = environment.person("Ann Example")
    ann = await visit("ann", viewport=PHONE)
    ann.tolerate(REFUSED)
    await sign_in(ann, person)
    await is_in(ann)

    await open_security(ann)
    await ann.see("totp-begin").click()
    await prove(ann, person)
    await expect(ann.see("totp-dialog").get_by_role("img")).to_be_visible()
    await ann.shot("scan-this")
    assert await ann.accessibility_faults() == []
    app = TOTP((await ann.see("totp-dialog").locator("code").inner_text()).replace(" ", ""))
    step = int(time.time()) // STEP_S
    await ann.see("totp-code").fill(app.generate_otp(step))
    await ann.see("totp-confirm").click()
    codes = await keep_codes(ann)
    await expect(ann.see("totp-card")).to_contain_text("On")
    await ann.shot("two-step-sign-in-is-on")

    await sign_out(ann)
    await sign_in(ann, person)
    await expect(ann.see("code")).to_be_focused()
    await ann.shot("asks-for-a-code")
    await ann.see("code").fill("000000")
    await ann.see("submit").click()
    await expect(ann.see("form-error")).to_be_visible()
    await ann.shot("wrong-code")
    # The code that switched it on has been used: this is the next one, which clocks that go fast show already.
    await ann.see("code").fill(app.generate_otp(max(step + 1, int(time.time()) // STEP_S)))
    await ann.see("submit").click()
    await is_in(ann)

    await sign_out(ann)
    await sign_in(ann, person)
    await ann.see("use-recovery-code").click()
    await ann.see("code").fill(codes[0].upper())
    await ann.shot("recovery-code")
    await ann.see("submit").click()
    await is_in(ann)
    await open_security(ann)
    await expect(ann.see("totp-card")).to_contain_text("9 of your recovery codes are left")


async def test_at_an_address_in_numbers_people_are_told_where_passkeys_work(visit: Visit, environment: Running):
    elsewhere = named(environment.url)
    person = environment.person("Ann Example")
    ann = await visit("ann")
    await sign_in(ann, person)
    await is_in(ann)
    await open_security(ann)
    if elsewhere == environment.url:
        await expect(ann.see("passkey-add")).to_be_enabled()
        return
    await expect(ann.see("passkey-add")).to_be_disabled()
    await expect(ann.see("passkeys-elsewhere").get_by_role("link")).to_have_text(elsewhere)
    await ann.see("passkeys-card").scroll_into_view_if_needed()
    await ann.shot("passkeys-elsewhere")
