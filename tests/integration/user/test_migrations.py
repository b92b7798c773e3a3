"""The schema of the release before, with people in it, becomes this one's."""

import shutil
from pathlib import Path

from collab_kit import migrate
from tests.datastores import Datastores
from tests.integration.user.harness import House, Peers
from tests.services import Stage

MIGRATIONS = Path(migrate.__file__).parents[1] / "collab_user" / "migrations"
FIRST = "20261122000001_profiles.sql"


def apply_first(stage: Stage, tmp_path: Path) -> None:
    """Only what the first release had, from a package of that shape."""
    package = tmp_path / "packages" / "collab_first_user"
    (package / "migrations").mkdir(parents=True)
    (package / "__init__.py").touch()
    shutil.copy(MIGRATIONS / FIRST, package / "migrations")
    done = stage.run_module("collab_kit.migrate", package.name, service="user", PYTHONPATH=str(package.parent))
    assert done.returncode == 0, done.stderr


def test_people_of_the_release_before_are_found_and_keep_what_they_had(
    datastores: Datastores, peers: Peers, tmp_path: Path
):
    stage = Stage.prepare(tmp_path, datastores)
    house = House(stage, peers)
    with house.stack:
        try:
            apply_first(stage, tmp_path)
            ada_id = "01890a5d-ac96-774b-bcce-b30209900001"
            house.sql(
                "insert into users.profile (id, email, name, color) "  # noqa: S608  # ours
                f"values ('{ada_id}', 'ada@example.org', 'Zoë Ada', '#123456')"
            )
            stage.migrate("user")
            house.start()
            bob = house.person("Bob")
            (found,) = bob.call("GET", "/search?q=zoe").json()["items"]
            assert found == {
                "id": ada_id,
                "name": "Zoë Ada",
                "email": None,
                "color": "#123456",
                "avatar_url": None,
            }
            assert bob.call("GET", "/search?q=ada@example.org").json()["items"][0]["id"] == ada_id
            # Auth of the release before tells no version; that of this one then does.
            house.tell_of_account(ada_id, email="ada@example.com", name="Ada")
            house.tell_of_account(ada_id, email="ada@example.com", name="Ada", is_admin=True, version=1)
            admin = house.person("Root", admin=True)
            (shown,) = admin.call("GET", "?query=ada@example.com").json()["items"]
            assert (shown["is_admin"], shown["disabled"], shown["name"]) == (True, False, "Zoë Ada")
        finally:
            stage.close()


def test_what_looks_people_up_uses_its_indexes(house: House):
    """With many people: no query reads them all."""
    house.sql(
        "insert into users.profile (id, email, name, color) "
        "select uuidv7(), 'indexed' || n || '@example.org', 'Person' || n || ' Of' || n % 97, '#000000' "
        "from generate_series(1, 5000) as n; analyze users.profile; analyze users.profile_word"
    )
    plan = house.sql(
        "explain select person from users.profile_word where kind = 'name' and word >= 'person12' and word < 'person13'"
    )
    assert "profile_word_beginning" in plan
    ada = house.person("Ada")
    assert ada.call("GET", "/search?q=person4321").json()["items"][0]["name"] == "Person4321 Of53"
    assert ada.call("GET", "/search?q=of53 person4321").json()["items"][0]["name"] == "Person4321 Of53"
    assert len(ada.call("GET", "/search?q=p").json()["items"]) == 20
