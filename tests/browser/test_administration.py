"""Teams, and who administrates everybody."""

import asyncio
import secrets
import time

import pytest
from playwright.async_api import ViewportSize

from tests.browser.conftest import Visit
from tests.browser.steps import enter, let_in, open_document, row
from tests.browser.visitor import DESKTOP, PHONE, Visitor, expect
from tests.system.api import Person
from tests.system.running import Running

GONE_WITHIN_S = 90


def _unique(name: str) -> str:
    """A name that a search finds one person by."""
    return f"{name} {secrets.token_hex(4)}"


async def _account(visitor: Visitor, person: Person) -> None:
    """Find somebody in the administration."""
    await visitor.see("people-query").fill(person.email)
    await expect(visitor.see("account-row")).to_have_count(1)
    await expect(visitor.see("account-row")).to_have_attribute("data-email", person.email)


async def _ask(visitor: Visitor, what: str) -> None:
    await visitor.see("account-menu").click()
    await visitor.see(what).click()
    await expect(visitor.see("account-dialog")).to_be_visible()


async def _is_gone(visitor: Visitor, person: Person) -> None:
    """Nobody is found any more: at once, or after another try where a service did not answer the first in time."""
    deadline = time.monotonic() + GONE_WITHIN_S
    while True:
        await visitor.page.reload()
        await visitor.see("people-query").fill(person.email)
        try:
            await expect(visitor.see("nobody")).to_be_visible(timeout=10_000)
        except AssertionError:
            if time.monotonic() > deadline:
                raise
        else:
            return


async def test_a_team_is_made_filled_shared_with_and_left(visit: Visit, environment: Running):
    owner, member = environment.person("Ann Example"), environment.person(_unique("Ben"))
    document = owner.create_document("For the crew").id
    ann, ben = await asyncio.gather(visit("ann"), visit("ben"))
    await asyncio.gather(enter(ann, owner), enter(ben, member))
    await ann.see("teams-link").click()
    await expect(ann.see("no-teams")).to_be_visible()
    await ann.see("team-new").click()
    await ann.see("team-name").fill("Crew")
    await ann.page.keyboard.press("Enter")
    await expect(ann.see("team-title")).to_have_text("Crew")
    await ann.see("team-add").fill(member.name)
    await expect(ann.see("person-option")).to_contain_text(member.name)
    await ann.shot("found")
    await ann.page.keyboard.press("Enter")
    await expect(ann.see("team-member")).to_have_count(2)
    await ann.shot("team")

    await open_document(ann, document)
    await ann.see("share").click()
    await ann.see("share-team").select_option(label="Crew")
    await ann.see("share-team-add").click()
    await expect(ann.see("team-row")).to_contain_text("Crew")
    await ben.page.reload()
    await expect(row(ben, "For the crew")).to_be_visible()

    await ben.see("account").click()
    await ben.see("teams").click()
    await ben.see("team-link").click()
    await expect(ben.see("team-add")).to_have_count(0)
    await ben.see("team-menu").click()
    await ben.see("team-leave").click()
    await ben.see("confirm").click()
    await expect(ben.see("no-teams")).to_be_visible()
    await ben.see("home").click()
    await expect(ben.see("empty-state")).to_be_visible()


async def test_a_team_keeps_a_manager_until_it_is_deleted(visit: Visit, environment: Running):
    manager, member = environment.person("Ann Example"), environment.person("Ben Example")
    team = manager.request("POST", "/api/users/teams", {"name": "Crew"}).json()["id"]
    ann = await visit("ann")
    ann.tolerate(r"status of 40[49]")
    await enter(ann, manager)
    await ann.go(f"/teams/{team}")
    # By their whole address, whoever they are.
    await ann.see("team-add").fill(member.email)
    await expect(ann.see("person-option")).to_be_visible()
    await ann.page.keyboard.press("Enter")
    await expect(ann.see("team-member")).to_have_count(2)
    await ann.see("team-menu").click()
    await ann.see("team-leave").click()
    await ann.see("confirm").click()
    await expect(ann.see("toast").filter(has_text="at least one manager")).to_be_visible()

    ben_row = ann.page.locator(f'[data-testid="team-member"][data-email="{member.email}"]')
    await ben_row.get_by_test_id("team-member-role").select_option("manager")
    await expect(ben_row).to_have_attribute("data-role", "manager")
    await ben_row.get_by_test_id("team-member-remove").click()
    await ann.see("confirm").click()
    await expect(ann.see("team-member")).to_have_count(1)

    await ann.see("team-menu").click()
    await ann.see("team-rename").click()
    await ann.see("team-name").fill("Old crew")
    await ann.see("team-name-save").click()
    await expect(ann.see("team-title")).to_have_text("Old crew")
    await ann.see("team-menu").click()
    await ann.see("team-delete").click()
    await ann.see("confirm").click()
    await expect(ann.see("no-teams")).to_be_visible()
    await ann.go(f"/teams/{team}")
    await expect(ann.see("no-team")).to_be_visible()


async def test_an_administrator_disables_enables_promotes_and_deletes(visit: Visit, environment: Running):
    admin, person = environment.administrator("Ada Example"), environment.person(_unique("Ben"))
    ada, ben = await asyncio.gather(visit("ada"), visit("ben"))
    ben.tolerate(r"status of 40[13]")
    await asyncio.gather(enter(ada, admin), enter(ben, person))
    await ada.see("account").click()
    await ada.see("administration").click()
    await expect(ada.see("account-row").first).to_be_visible()
    await _account(ada, person)

    await _ask(ada, "account-disable")
    await ada.shot("disable-asks-first")
    await ada.see("account-submit").click()
    await expect(ada.see("account-row")).to_contain_text("Disabled")
    await ben.page.reload()
    await expect(ben.see("email")).to_be_visible()

    await _ask(ada, "account-enable")
    await ada.see("account-submit").click()
    await expect(ada.see("account-row")).not_to_contain_text("Disabled")
    await _ask(ada, "account-promote")
    await ada.see("account-submit").click()
    await expect(ada.see("account-row")).to_contain_text("Administrator")
    person.sign_in()
    person.request("GET", "/api/users")
    await _ask(ada, "account-demote")
    await ada.see("account-submit").click()
    await expect(ada.see("account-row")).not_to_contain_text("Administrator")

    await _ask(ada, "account-erase")
    await ada.see("account-erase-confirm").fill(admin.email)
    await ada.see("account-submit").click()
    await expect(ada.see("form-error")).to_contain_text("not their e-mail address")
    await ada.shot("erase-asks-for-the-address")
    await ada.see("account-erase-confirm").fill(person.email)
    await ada.see("account-submit").click()
    await expect(ada.see("account-dialog")).to_have_count(0)
    await _is_gone(ada, person)


async def test_the_audit_log_says_who_did_what(visit: Visit, environment: Running):
    admin, person = environment.administrator("Ada Example"), environment.person(_unique("Ben"))
    admin.request("PATCH", f"/api/users/{person.id}", {"disabled": True})
    ada = await visit("ada")
    await enter(ada, admin)
    await ada.go("/administration")
    await _account(ada, person)
    await ada.see("account-menu").click()
    await ada.see("account-audit").click()
    await expect(ada.see("audit-account")).to_contain_text(person.name)
    disabled = ada.page.locator('[data-testid="audit-entry"][data-event="account.disabled"]')
    await expect(disabled).to_contain_text(f"Account disabled · {person.name}")
    await expect(disabled).to_contain_text(f"by {admin.name}")
    await ada.shot("audit")
    await ada.see("audit-event").select_option("account.registered")
    await expect(ada.see("audit-entry")).to_have_count(1)
    await ada.page.reload()
    await expect(ada.see("audit-entry")).to_have_attribute("data-event", "account.registered")


async def test_the_administration_is_closed_to_others(visit: Visit, environment: Running):
    person = environment.person("Ann Example")
    ann = await visit("ann")
    await let_in(ann, person)
    await ann.go("/administration")
    await expect(ann.see("admins-only")).to_be_visible()
    await ann.see("account").click()
    await expect(ann.see("settings")).to_be_visible()
    await expect(ann.see("administration")).to_have_count(0)
    await ann.shot("not-for-everybody")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_teams_and_the_administration_are_for_everybody(
    visit: Visit, environment: Running, scheme: str, viewport: ViewportSize
):
    admin, other = environment.administrator("Ada Example"), environment.person("Ben Example")
    team = admin.request("POST", "/api/users/teams", {"name": "A team with quite a long name"}).json()["id"]
    admin.request("PUT", f"/api/users/teams/{team}/members", {"email": other.email, "role": "member"})
    ada = await visit("ada", color_scheme=scheme, viewport=viewport)
    ada.tolerate(r"status of 404 .*/api/users/")  # the log is everybody's: also of those who are erased
    await enter(ada, admin)
    pages = {
        "/teams": "team",
        f"/teams/{team}": "team-member",
        "/administration": "account-row",
        "/administration?section=audit": "audit-entry",
    }
    for path, there in pages.items():
        await ada.go(path)
        await expect(ada.see(there).first).to_be_visible()
        await ada.shot(there)
        assert await ada.accessibility_faults() == []
        over = await ada.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, f"{path} scrolls {over} pixels sideways"
