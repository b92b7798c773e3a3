"""What people are told while a datastore or another service is away, and that it is over when that is back."""

import signal

from tests.datastores import Datastores, wait_until
from tests.people import People
from tests.ports import free_port
from tests.problems import assert_problem
from tests.services import Stage


def test_without_the_user_service_documents_are_listed_without_names(bare_stage: Stage):
    stage = bare_stage
    stage.start_all()
    with People(stage) as people:
        ada = people.register("Ada")
        document = ada.create_document()
        user = next(replica for replica in stage.processes if replica.name == "user-1")
        user.stop(signal.SIGKILL)
        # Another replica of the document service remembers nobody.
        stage.ports["document"] = free_port()
        stage.start("document")

        listed = ada.document("GET")
        assert listed.status_code == 200
        owner = listed.json()["items"][0]["owner"]
        assert owner == {"id": ada.id, "name": None, "color": "#6b7280", "avatar_url": None}
        member = ada.document("GET", f"/{document}/members").json()["items"][0]["user"]
        assert (member["name"], member["email"]) == (None, None)
        ticket = ada.document("POST", f"/{document}/ticket")
        assert ticket.status_code == 200

        sharing = ada.document("PUT", f"/{document}/members", {"email": "b@example.org", "role": "viewer"})
        assert_problem(sharing, 503, "service-unavailable")
        assert int(sharing.headers["retry-after"]) >= 1


def test_without_the_auth_service_known_keys_are_enough(bare_stage: Stage):
    stage = bare_stage
    stage.start_all()
    with People(stage) as people:
        ada = people.register("Ada")
        ada.create_document()
        auth = next(replica for replica in stage.processes if replica.name == "auth-1")
        auth.stop(signal.SIGKILL)
        assert ada.document("GET").status_code == 200

        # A replica that has never seen the keys can only ask to come again.
        stage.ports["document"] = free_port()
        stage.start("document")
        assert_problem(ada.document("GET"), 503, "service-unavailable")
        stage.start("auth")
        assert ada.document("GET").status_code == 200


def test_postgresql_killed_and_started_again(own_datastores: Datastores):
    stores = own_datastores
    stage = Stage.prepare(stores.directory, stores)
    try:
        stage.start_all()
        with People(stage) as people:
            ada = people.register("Ada")
            document = ada.create_document("Kept")
            stores.postgres.stop(signal.SIGKILL)

            for service, path in (("document", "/api/documents"), ("user", "/api/users/me")):
                away = ada.call("GET", service, path)
                assert_problem(away, 503, "store-unavailable")
                assert away.headers["retry-after"] == "1"
                assert ada.client.get(f"{stage.url(service)}/readyz").status_code == 503
                assert ada.client.get(f"{stage.url(service)}/livez").status_code == 200
            credentials = {"email": ada.email, "password": "correct horse battery"}
            assert_problem(ada.call("POST", "auth", "/api/auth/sign-in", credentials), 503, "store-unavailable")
            assert_problem(ada.call("POST", "auth", "/api/auth/refresh"), 503, "store-unavailable")

            stores.postgres.start()
            wait_until(lambda: ada.document("GET").status_code == 200, "the document service's recovery")
            for replica in stage.processes:
                wait_until(replica.is_ready, f"the recovery of {replica.name}")
            assert ada.document("GET", f"/{document}").json()["title"] == "Kept"
            assert ada.call("POST", "auth", "/api/auth/refresh").status_code == 200
            assert ada.call("GET", "user", "/api/users/me").status_code == 200
    finally:
        stage.close()
