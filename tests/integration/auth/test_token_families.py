"""Whatever happens to a family of refresh tokens, in whatever order: one generation lives, and reuse ends it.

Rules run against the real service and PostgreSQL; a model of a few lines says what each token is worth.
"""

import time
from collections.abc import Generator
from typing import Any, cast

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.datastores import TestDatabase
from tests.people import PASSWORD, People
from tests.services import Stage

NOTHING = cast("Any", multiple())
"""What a rule adds to the bundle when it got no token."""


class Family:
    """What the model knows of one session: the generation of each token, and whether it goes on."""

    def __init__(self, token: str) -> None:
        self.generation = 0
        self.tokens = {token: 0}
        self.in_grace = False
        self.rotated_at = 0.0
        """By this process's clock."""
        self.alive = True


class TokenFamilies(RuleBasedStateMachine):
    """Set before it runs: a class attribute, since Hypothesis makes the instances."""

    stage: Stage
    database: TestDatabase
    person: "tuple[str, str]"
    """Id and e-mail address."""
    tokens = Bundle("tokens")

    def __init__(self) -> None:
        super().__init__()
        self.families: list[Family] = []
        self.http = httpx.Client(base_url=f"{self.stage.url('auth')}/api/auth", timeout=15, trust_env=False)

    def teardown(self) -> None:
        self.http.close()

    def family_of(self, token: str) -> Family:
        return next(family for family in self.families if token in family.tokens)

    def send(self, path: str, token: str) -> httpx.Response:
        return self.http.post(path, headers={"Cookie": f"collab_refresh={token}"})

    @initialize(target=tokens)
    def first_session(self) -> str:
        # Sessions of the example before are not this one's.
        self.database.psql(f"delete from auth.session where account_id = '{self.person[0]}'")  # noqa: S608
        return self.begin()

    @precondition(lambda self: len(self.families) < 3)
    @rule(target=tokens)
    def sign_in(self) -> str:
        return self.begin()

    def begin(self) -> str:
        response = self.http.post("/sign-in", json={"email": self.person[1], "password": PASSWORD})
        assert response.status_code == 200, response.text
        self.http.cookies.clear()
        token = response.cookies["collab_refresh"]
        self.families.append(Family(token))
        return token

    @rule(target=tokens, token=tokens)
    def refresh(self, token: str) -> Any:
        family = self.family_of(token)
        age = family.generation - family.tokens[token]
        if age == 1 and family.in_grace:
            self.stop_the_clock(family, token)
        response = self.send("/refresh", token)
        self.http.cookies.clear()
        if not family.alive:
            assert response.status_code == 401
            return NOTHING
        if age == 0:
            family.generation += 1
            family.in_grace = True
            family.rotated_at = time.monotonic()
        elif not (age == 1 and family.in_grace):
            assert response.status_code == 401
            family.alive = False
            return NOTHING
        assert response.status_code == 200, response.text
        new = response.cookies["collab_refresh"]
        assert new not in family.tokens
        family.tokens[new] = family.generation
        return new

    def stop_the_clock(self, family: Family, token: str) -> None:
        """What the steps since the rotation took is not to count: the grace passes when the model says so."""
        now = time.monotonic()
        self.database.psql(
            f"update auth.session set rotated_at = rotated_at + interval '{now - family.rotated_at:.3f} seconds'"  # noqa: S608
            f" where id = (select session_id from auth.refresh_token where hash = sha256('{token}'))"
        )
        family.rotated_at = now

    @rule()
    def grace_passes(self) -> None:
        self.database.psql(
            "update auth.session set rotated_at = rotated_at - interval '11 seconds'"  # noqa: S608
            f" where account_id = '{self.person[0]}'"
        )
        for family in self.families:
            family.in_grace = False

    @rule(token=tokens)
    def sign_out(self, token: str) -> None:
        response = self.send("/sign-out", token)
        self.http.cookies.clear()
        assert response.status_code == 204
        self.family_of(token).alive = False

    @rule(token=tokens)
    def expire(self, token: str) -> None:
        self.database.psql(
            "update auth.session set expires_at = now() where id = (select session_id from auth.refresh_token"  # noqa: S608
            f" where hash = sha256('{token}'))"
        )
        self.family_of(token).alive = False

    @rule()
    def revoke_all(self) -> None:
        """By the same person signed in elsewhere, whose session there is over before the model looks again."""
        elsewhere = self.http.post("/sign-in", json={"email": self.person[1], "password": PASSWORD})
        self.http.cookies.clear()
        headers = {"Authorization": f"Bearer {elsewhere.json()['access_token']}"}
        assert self.http.delete("/sessions", headers=headers).status_code == 204
        self.send("/sign-out", elsewhere.cookies["collab_refresh"])
        self.http.cookies.clear()
        for family in self.families:
            family.alive = False

    @invariant()
    def as_many_live_as_should(self) -> None:
        """A family has one generation, and what is over stays over."""
        rows = self.database.psql(
            "select count(*) filter (where ended_at is null and expires_at > now()) from auth.session"  # noqa: S608
            f" where account_id = '{self.person[0]}'"
        )
        assert int(rows) == sum(family.alive for family in self.families)


@pytest.fixture
def machine(auth_stage: Stage) -> Generator[type[TokenFamilies]]:
    with People(auth_stage) as people:
        ada = people.register("Ada")
        TokenFamilies.stage = auth_stage
        TokenFamilies.database = auth_stage.database
        TokenFamilies.person = (ada.id, ada.email)
        yield TokenFamilies


@pytest.mark.timeout(400)
def test_families_keep_their_promise(machine: type[TokenFamilies]):
    run_state_machine_as_test(  # pyright: ignore[reportUnknownMemberType]
        machine,
        settings=settings(
            max_examples=12,
            stateful_step_count=15,
            deadline=None,
            derandomize=True,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
