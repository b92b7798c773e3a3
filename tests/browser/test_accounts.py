"""Coming in, staying in, going out."""

import re
import secrets

from playwright.async_api import Route

from tests.browser.conftest import Visit
from tests.browser.steps import enter, let_in, open_document, reads, register, sign_in, write_at_end
from tests.browser.visitor import expect
from tests.system.running import Running
from tests.system.tokens import expired

REFUSED = r"status of 401"


async def test_a_wrong_password_is_told_and_the_right_one_lets_in(visit: Visit, environment: Running):
    person = environment.person("Ann Example")
    ann = await visit("ann")
    ann.tolerate(REFUSED)
    await sign_in(ann, person, password="not the password")
    await expect(ann.see("form-error")).to_be_visible()
    await expect(ann.see("form-error")).to_have_text(re.compile("password", re.IGNORECASE))
    await ann.shot("wrong-password")
    await sign_in(ann, person)
    await expect(ann.see("empty-state")).to_be_visible()


async def test_an_address_that_is_taken_leads_to_sign_in(visit: Visit, environment: Running):
    person = environment.person("Ann Example")
    ann = await visit("ann")
    ann.tolerate(r"status of 409")
    await register(ann, name="Another Ann", email=person.email)
    await expect(ann.see("form-error")).to_contain_text("Sign in instead?")
    await ann.shot("address-taken")


async def test_what_is_wrong_with_a_form_is_said_beside_its_fields(visit: Visit):
    ann = await visit("ann")
    await register(ann, name="", email="nowhere", password="short")
    for field in ("name", "email", "password"):
        await expect(ann.see(f"{field}-error")).to_be_visible()
    await ann.shot("faults-beside-fields")
    assert ann.page.url.endswith("/register")


async def test_signed_out_means_out(visit: Visit, environment: Running):
    person = environment.person("Ann Example")
    document = person.create_document("Private").id
    ann = await visit("ann")
    await enter(ann, person)
    await ann.see("account").click()
    await ann.shot("account-menu")
    await ann.see("sign-out").click()
    await expect(ann.see("session-notice")).to_contain_text("signed out")
    await ann.go(f"/documents/{document}")
    await expect(ann.see("email")).to_be_visible()
    assert "/sign-in" in ann.page.url


async def test_an_access_token_that_expires_is_renewed_without_a_word(visit: Visit, environment: Running):
    person = environment.person("Ann Example")
    ann = await visit("ann")
    ann.tolerate(REFUSED)
    await enter(ann, person)
    stale = expired(person.access_token, signed_with=environment.secret("auth-signing-key"))
    refused: list[int] = []

    async def with_stale_token(route: Route) -> None:
        if refused:
            await route.continue_()
            return
        response = await route.fetch(headers=await route.request.all_headers() | {"authorization": f"Bearer {stale}"})
        refused.append(response.status)
        await route.fulfill(response=response)

    await ann.page.route("**/api/documents", with_stale_token)
    async with ann.page.expect_response("**/api/auth/refresh") as refresh:
        await ann.see("new-document").click()
    assert (await refresh.value).status == 200
    await expect(ann.see("editor")).to_be_visible()
    assert refused == [401]
    assert len(person.documents()) == 1


async def test_a_session_that_ended_asks_to_sign_in_and_returns_to_the_document(visit: Visit, environment: Running):
    person = environment.person("Ann Example")
    document = person.create_document("Here again").id
    ann = await visit("ann")
    ann.tolerate(REFUSED)
    await enter(ann, person)
    await ann.context.clear_cookies()
    await ann.go(f"/documents/{document}")
    await expect(ann.see("email")).to_be_visible()
    await sign_in(ann, person)
    await expect(ann.see("editor")).to_be_visible()
    assert ann.page.url.endswith(f"/documents/{document}")


async def test_a_name_is_never_taken_for_markup(visit: Visit, environment: Running):
    name = "<img src=x onerror=alert(1)>"
    email = f"mallory-{secrets.token_hex(4)}@example.org"
    mallory = await visit("mallory")
    await register(mallory, name=name, email=email)
    await expect(mallory.see("empty-state")).to_be_visible()
    owner = environment.person("Ann Example")
    document = owner.create_document("<script>alert(1)</script>").id
    owner.request("PUT", f"/api/documents/{document}/members", {"email": email, "role": "editor"})
    await open_document(mallory, document)
    await write_at_end(mallory, "here")
    ann = await visit("ann")
    await let_in(ann, owner)
    await open_document(ann, document)
    await expect(ann.see("peer")).to_have_attribute("data-name", name)
    await reads(ann, "here")
