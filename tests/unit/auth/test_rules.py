"""The rules of accounts, and the life of a refresh token played through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from collab_auth.rules import (
    MAX_SIBLINGS,
    REFRESH_GRACE_S,
    RefreshDecision,
    TokenUse,
    decide_refresh,
    normalise_email,
    parse_registration,
)
from collab_kit.errors import InvalidRequest


def use(**changes: object) -> TokenUse:
    values: dict[str, object] = {
        "token_generation": 3,
        "generation": 3,
        "siblings": 0,
        "rotated_s_ago": 60.0,
        "ended": False,
        "expired": False,
    }
    return TokenUse(**(values | changes))  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("token", "decision"),
    [
        (use(), RefreshDecision.ROTATE),
        (use(token_generation=2, rotated_s_ago=REFRESH_GRACE_S), RefreshDecision.SIBLING),
        (use(token_generation=2, rotated_s_ago=REFRESH_GRACE_S + 0.1), RefreshDecision.REUSED),
        (use(token_generation=1, rotated_s_ago=0.0), RefreshDecision.REUSED),
        (use(token_generation=2, rotated_s_ago=0.0, siblings=MAX_SIBLINGS), RefreshDecision.REUSED),
        (use(ended=True), RefreshDecision.OVER),
        (use(expired=True), RefreshDecision.OVER),
        (use(token_generation=1, ended=True), RefreshDecision.OVER),
    ],
)
def test_what_a_token_earns(token: TokenUse, decision: RefreshDecision):
    assert decide_refresh(token) is decision


class SessionMachine(RuleBasedStateMachine):
    """A browser that keeps the last token it got, and a thief who once copied it; time passes."""

    def __init__(self) -> None:
        super().__init__()
        self.generation = 0
        self.siblings = 0
        self.rotated_at = self.now = 0.0
        self.ended = False
        self.browser = 0
        self.thief: int | None = None
        self.rounds_with_thief = 0

    def refresh(self, token: int) -> int | None:
        decision = decide_refresh(
            use(
                token_generation=token,
                generation=self.generation,
                siblings=self.siblings,
                rotated_s_ago=self.now - self.rotated_at,
                ended=self.ended,
            )
        )
        if decision is RefreshDecision.ROTATE:
            self.generation, self.siblings, self.rotated_at = self.generation + 1, 0, self.now
            return self.generation
        if decision is RefreshDecision.SIBLING:
            self.siblings += 1
            return self.generation
        self.ended = True
        return None

    @rule(wait_s=st.floats(REFRESH_GRACE_S + 1, 900))
    def browser_refreshes(self, wait_s: float) -> None:
        self.now += wait_s
        token = self.refresh(self.browser)
        assert token is not None or self.thief is not None, "a browser alone is never signed out"
        self.browser = token if token is not None else self.browser

    @precondition(lambda self: self.thief is None)
    @rule()
    def token_is_stolen(self) -> None:
        self.thief = self.browser

    @precondition(lambda self: self.thief is not None and not self.ended)
    @rule(wait_s=st.floats(REFRESH_GRACE_S + 1, 900))
    def thief_and_browser_refresh(self, wait_s: float) -> None:
        self.now += wait_s
        stolen = self.refresh(self.thief if self.thief is not None else 0)
        self.now += wait_s
        kept = self.refresh(self.browser)
        self.thief = stolen if stolen is not None else self.thief
        self.browser = kept if kept is not None else self.browser
        self.rounds_with_thief += 1

    @invariant()
    def two_owners_do_not_last(self) -> None:
        assert self.ended or self.rounds_with_thief < 1


TestSession = SessionMachine.TestCase


@given(st.emails())
def test_an_email_is_normalised_once(email: str):
    once = normalise_email(f" {email.upper()}\n")
    assert normalise_email(once) == once


@pytest.mark.parametrize(
    "email",
    ["", "ada", "@example.org", "ada@", "ada@exam ple.org", "a da@example.org", "a@b@c", "ada@example..org",
     "ada@.example.org", "x" * 65 + "@example.org", "ada@" + "x" * 260, "ada\x00@example.org",
     "ad\u200ba@example.org", "ada@ex\u00adample.org", "\u202eada@example.org"],
)  # fmt: skip
def test_what_is_no_email_is_refused(email: str):
    with pytest.raises(InvalidRequest) as raised:
        parse_registration(email=email, password="long enough", name="Ada")
    assert [error.field for error in raised.value.errors] == ["email"]


@pytest.mark.parametrize("email", ["ada@example.org", "ada+tag@example.org", "o'brien@localhost", "ädä@exämple.org"])
def test_what_is_an_email_is_taken(email: str):
    assert parse_registration(email=email, password="long enough", name="Ada").email == email


@given(st.text(min_size=8, max_size=256))
def test_a_password_may_be_any_text(password: str):
    assert parse_registration(email="a@example.org", password=password, name="Ada").password == password


@pytest.mark.parametrize("password", ["", "1234567", "x" * 257])
def test_a_password_has_a_length(password: str):
    with pytest.raises(InvalidRequest) as raised:
        parse_registration(email="a@example.org", password=password, name="Ada")
    (error,) = raised.value.errors
    assert error.field == "password"
    assert "characters" in error.message
