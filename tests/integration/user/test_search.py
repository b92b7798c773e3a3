"""People search: what is found, by whom, and what is never shown."""

import re
import secrets

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.effort import examples
from tests.integration.user.harness import House, Member
from tests.integration.user.test_teams import add, make_team
from tests.problems import assert_problem


def find(person: Member, query: str, limit: int | None = None) -> list[dict[str, object]]:
    asked = {"q": query} | ({} if limit is None else {"limit": str(limit)})
    answer = person.client.get(f"{person.base_url}/api/users/search", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def ids(found: list[dict[str, object]]) -> set[object]:
    return {person["id"] for person in found}


def rare() -> str:
    """A word that nobody else's name begins with."""
    return "q" + "".join(chr(ord("a") + byte % 26) for byte in secrets.token_bytes(8))


@pytest.mark.parametrize(
    ("name", "queries"),
    [
        ("Zoë {}", ["zoe {}", "ZOË {}", "{} z", "{}"]),
        ("Jean-Luc {}", ["jean {}", "luc {}", "jean-luc {}"]),
        ("李小龙 {}", ["李小 {}", "{} 李"]),
        ("Ада {}", ["ада {}", "АДА {}"]),
        ("O'Brien {}", ["o'b {}", "brien {}"]),
    ],
)
def test_people_are_found_by_the_beginnings_of_their_names(house: House, name: str, queries: list[str]):
    word = rare()
    sought, ada = house.person(name.format(word)), house.person("Ada")
    for query in queries:
        assert ids(find(ada, query.format(word))) == {sought.id}, query
    assert find(ada, f"{word} somebody") == []
    assert find(ada, word[1:]) == []
    assert find(sought, word) == []


def test_an_address_finds_its_owner_only_as_a_whole(house: House):
    word = rare()
    bob, ada = house.person("Bob", email=f"{word}@example.org"), house.person("Ada")
    found = find(ada, f" {bob.email.upper()} ")
    assert [(person["id"], person["email"]) for person in found] == [(bob.id, bob.email)]
    for part in (word, f"{word}@", f"{word}@example.or", f"{word}@example.org.x", "example.org"):
        assert bob.id not in ids(find(ada, part))


def test_an_address_is_shown_to_team_mates_only(house: House):
    word = rare()
    bob, ada, eve = house.person(f"Bob {word}"), house.person("Ada"), house.person("Eve")
    add(ada, make_team(ada), bob)
    assert [person["email"] for person in find(ada, word)] == [bob.email]
    assert [person["email"] for person in find(eve, word)] == [None]
    # And found by the beginning of it.
    assert bob.id in ids(find(ada, bob.email[:-3]))
    assert bob.id not in ids(find(eve, bob.email[:-3]))


def test_team_mates_come_first(house: House):
    word = rare()
    others = [house.person(f"A{number} {word}") for number in range(3)]
    mate, ada = house.person(f"Z {word}"), house.person("Ada")
    add(ada, make_team(ada), mate)
    assert [person["id"] for person in find(ada, word)] == [mate.id, *(other.id for other in others)]
    assert [person["id"] for person in find(ada, word, limit=2)] == [mate.id, others[0].id]


def test_a_new_name_is_found_and_the_old_one_is_not(house: House):
    old, new = rare(), rare()
    bob, ada = house.person(old), house.person("Ada")
    bob.call("PATCH", "/me", {"name": new})
    assert (ids(find(ada, old)), ids(find(ada, new))) == (set(), {bob.id})


@pytest.mark.parametrize("query", ["%", "_", "%%%", "\\", "' or 1=1 --", "*", ".*", "(", "🙂", "  ", "a%", "%' --"])
def test_nothing_in_a_query_means_more_than_it_says(house: House, query: str):
    word = rare()
    house.person(f"Bob {word}")
    assert all("a" in str(person["name"]).lower() for person in find(house.person("Ada"), query))
    assert find(house.person("Ada"), f"{word[:4]}%") == find(house.person("Ada"), word[:4])


def test_a_query_has_a_length_and_answers_have_a_limit(house: House):
    ada = house.person("Ada")
    assert_problem(ada.call("GET", "/search?q=" + "x" * 101), 400, "invalid-request")
    assert_problem(ada.call("GET", "/search?q=x&limit=21"), 400, "invalid-request")
    assert_problem(ada.call("GET", "/search?q=x&limit=0"), 400, "invalid-request")
    assert_problem(ada.call("GET", "/search"), 400, "invalid-request")
    assert_problem(house.client().get(f"{ada.base_url}/api/users/search?q=x"), 401, "unauthenticated")
    word = rare()
    for number in range(22):
        house.person(f"P{number} {word}")
    assert len(find(ada, word)) == 20


@settings(max_examples=examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_who_is_not_there_is_never_listed_and_addresses_are_never_guessed(house: House, data: st.DataObject):
    """However people are related and whatever is asked."""
    word = rare()
    state = data.draw(st.sampled_from(["here", "disabled", "erasing"]))
    mate = data.draw(st.booleans())
    bob, ada = house.person(f"Bob {word}"), house.person("Ada")
    if mate:
        add(ada, make_team(ada), bob)
    if state == "disabled":
        house.tell_of_account(bob.id, email=bob.email, name="Bob", disabled=True, version=2)
    if state == "erasing":
        house.sql(f"insert into users.erasure (person, asked_by) values ('{bob.id}', '{ada.id}')")  # noqa: S608
    whole = [word, bob.email, f"bob {word}"]
    text = data.draw(st.sampled_from(whole))
    query = text[: data.draw(st.integers(1, len(text)))]
    found = {person["id"]: person for person in find(ada, query)}
    if state != "here":
        assert bob.id not in found
    elif bob.id in found:
        knows = mate or query == bob.email
        assert found[bob.id]["email"] == (bob.email if knows else None)
        said = re.findall(r"\w+", query.lower())
        assert knows or all("bob".startswith(part) or word.startswith(part) for part in said)


@pytest.mark.parametrize(("policy", "by_name"), [("teams", {"mate"}), ("exact-email", set[str]())])
def test_a_narrower_policy_finds_fewer(own_house: House, policy: str, by_name: set[str]):
    house = own_house
    house.start(COLLAB_PEOPLE_SEARCH=policy)
    ada, mate, stranger = house.person("Ada"), house.person("Mate Quux"), house.person("Stranger Quux")
    team = make_team(ada)
    add(ada, team, mate)
    names = {mate.id: "mate", stranger.id: "stranger"}
    assert {names[str(id_)] for id_ in ids(find(ada, "quux"))} == by_name
    assert ids(find(ada, stranger.email)) == {stranger.id}
    by_id = ada.call("PUT", f"/teams/{team}/members", {"user_id": stranger.id, "role": "member"})
    assert_problem(by_id, 404, "no-such-person")
    assert add(ada, team, stranger).status_code == 200
    wrong = house.stage.launch("user", **house.environment(), COLLAB_PEOPLE_SEARCH="nobody")
    assert wrong.process.wait(60) == 78
