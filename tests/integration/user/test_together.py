"""With the real auth and document services: what begins here reaches them."""

import io
import json
import zipfile

from tests.datastores import wait_until
from tests.people import PASSWORD, People
from tests.problems import assert_problem
from tests.services import Stage


def test_who_erases_themself_is_gone_everywhere(stage: Stage, people: People):
    ada, bob = people.register("Ada"), people.register("Bob")
    document = ada.create_document("Ada's")
    assert ada.share(document, bob, "editor").status_code == 200
    assert ada.call("DELETE", "user", "/api/users/me", {"confirm": ada.email}).status_code == 204
    wait_until(
        lambda: bob.call("GET", "user", f"/api/users/{ada.id}").status_code == 404, "the profile's end", deadline_s=60
    )
    signed_in = people.client().post(
        f"{stage.url('auth')}/api/auth/sign-in", json={"email": ada.email, "password": PASSWORD}
    )
    assert_problem(signed_in, 401, "wrong-credentials")
    again = people.client().post(
        f"{stage.url('auth')}/api/auth/register", json={"email": ada.email, "password": PASSWORD, "name": "Ada II"}
    )
    assert again.status_code == 201, again.text


def test_everything_known_is_collected_from_all_services(people: People):
    ada = people.register("Ada")
    ada.create_document("Minutes of Monday")
    answer = ada.call("GET", "user", "/api/users/me/export")
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert ada.email in archive.read("auth.json").decode()
        assert "Minutes of Monday" in archive.read("document.json").decode()
        assert json.loads(archive.read("profile.json"))["id"] == ada.id


def test_a_team_is_known_where_documents_are_shared(stage: Stage, people: People):
    ada, bob = people.register("Ada"), people.register("Bob")
    team = ada.call("POST", "user", "/api/users/teams", {"name": "Translators"}).json()["id"]
    members = f"/api/users/teams/{team}/members"
    assert ada.call("PUT", "user", members, {"email": bob.email, "role": "member"}).status_code == 200
    # In the copy before the answer: a member who is removed has no access a moment later.
    waiting = f"select count(*) from users.outbox where subject = '{team}'"  # noqa: S608  # ours
    wait_until(lambda: stage.database.psql(waiting) == "0", "the delivery")
    document = ada.create_document("For translators")
    shared = ada.document("PUT", f"/{document}/members", {"team_id": team, "role": "editor"})
    assert shared.status_code == 200, shared.text
    assert bob.document("GET", f"/{document}").json()["role"] == "editor"
    assert ada.call("DELETE", "user", f"{members}/{bob.id}").status_code == 204
    wait_until(lambda: bob.document("GET", f"/{document}").status_code == 404, "the access's end")
