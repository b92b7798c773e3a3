"""Refresh tokens rotate; a stolen one is noticed; two tabs of one browser are no thieves."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.people import People, Person
from tests.problems import assert_problem
from tests.services import Stage


@pytest.fixture
def ada(people: People) -> Person:
    return people.register("Ada")


def cookie_of(person: Person) -> str:
    value = person.client.cookies.get("collab_refresh")
    assert value is not None
    return value


def refresh(stage: Stage, token: str) -> httpx.Response:
    return httpx.post(
        f"{stage.url('auth')}/api/auth/refresh",
        headers={"Cookie": f"collab_refresh={token}"},
        timeout=15,
        trust_env=False,
    )


def next_of(response: httpx.Response) -> str:
    assert response.status_code == 200, response.text
    return response.cookies["collab_refresh"]


def grace_passes(stage: Stage) -> None:
    """The rotations of all sessions so far become older than the grace."""
    stage.database.psql("update auth.session set rotated_at = rotated_at - interval '11 seconds'")


def test_each_use_gives_another_token(ada: Person, stage: Stage):
    first = cookie_of(ada)
    second = next_of(refresh(stage, first))
    third = next_of(refresh(stage, second))
    assert len({first, second, third}) == 3


def test_a_token_used_again_later_ends_the_session_for_both(ada: Person, stage: Stage):
    stolen = cookie_of(ada)
    current = next_of(refresh(stage, stolen))
    grace_passes(stage)
    assert_problem(refresh(stage, stolen), 401, "session-ended")
    assert_problem(refresh(stage, current), 401, "session-ended")
    ended = stage.database.psql("select account_id || ' ' || end_reason from auth.session where ended_at is not null")
    assert f"{ada.id} token-reused" in ended.splitlines()


def test_reuse_ends_only_that_session(ada: Person, stage: Stage, people: People):
    elsewhere = people.client()
    credentials = {"email": ada.email, "password": "correct horse battery"}
    assert elsewhere.post(f"{stage.url('auth')}/api/auth/sign-in", json=credentials).status_code == 200
    stolen = cookie_of(ada)
    next_of(refresh(stage, stolen))
    grace_passes(stage)
    refresh(stage, stolen)
    assert elsewhere.post(f"{stage.url('auth')}/api/auth/refresh").status_code == 200


def test_two_tabs_that_refresh_at_once_both_stay_signed_in(ada: Person, stage: Stage):
    shared = cookie_of(ada)
    with ThreadPoolExecutor(8) as tabs:
        answers = list(tabs.map(refresh, [stage] * 8, [shared] * 8))
    assert [answer.status_code for answer in answers] == [200] * 8
    # Whichever answer came last is the cookie that stays: any of them has to work.
    assert refresh(stage, next_of(answers[-1])).status_code == 200


def test_of_two_siblings_the_one_left_behind_is_noticed_as_reuse(ada: Person, stage: Stage):
    shared = cookie_of(ada)
    mine, theirs = next_of(refresh(stage, shared)), next_of(refresh(stage, shared))
    current = next_of(refresh(stage, mine))
    grace_passes(stage)
    assert_problem(refresh(stage, theirs), 401, "session-ended")
    assert_problem(refresh(stage, current), 401, "session-ended")


def test_the_grace_reaches_one_generation_back_only(ada: Person, stage: Stage):
    first = cookie_of(ada)
    second = next_of(refresh(stage, first))
    next_of(refresh(stage, second))
    assert_problem(refresh(stage, first), 401, "session-ended")


def test_an_expired_session_is_over(ada: Person, stage: Stage):
    stage.database.psql("update auth.session set expires_at = now()")
    assert_problem(refresh(stage, cookie_of(ada)), 401, "session-ended")


@pytest.mark.parametrize("token", ["", "unknown", "x" * 5000])
def test_what_is_no_token_of_ours_is_refused(stage: Stage, token: str):
    assert_problem(refresh(stage, token), 401, "session-ended")


def test_tokens_are_stored_as_hashes_only(ada: Person, stage: Stage):
    token = cookie_of(ada)
    dump = stage.database.psql("select string_agg(row(t.*)::text, ' ') from auth.refresh_token t")
    assert token not in dump
    assert token.encode().hex() not in dump
