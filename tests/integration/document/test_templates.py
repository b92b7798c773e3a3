"""Templates: those built in, and one's own."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.datastores import Datastores
from tests.integration.document.textstore import Site, site
from tests.people import Person
from tests.problems import assert_problem, wrong_fields

BUILT_IN = ["meeting-notes", "project-brief", "decision-record", "weekly-report"]


@pytest.fixture(scope="module")
def place(datastores: Datastores, tmp_path_factory: pytest.TempPathFactory) -> Generator[Site]:
    with site(datastores, tmp_path_factory.mktemp("templates")) as running:
        yield running


@pytest.fixture
def ada(place: Site) -> Person:
    return place.people.register("Ada")


def make(person: Person, document: str, name: str = "Mine") -> dict[str, Any]:
    made = person.document("POST", "/templates", {"name": name, "document": document})
    assert made.status_code == 201, made.text
    return made.json()


def listed(person: Person, query: str = "") -> list[str]:
    return [item["id"] for item in person.document("GET", f"/templates{query}").json()["items"]]


def test_those_built_in_are_everybodys(place: Site, ada: Person):
    assert listed(ada) == BUILT_IN
    for template in BUILT_IN:
        made = ada.document("POST", f"/templates/{template}/documents", {})
        assert made.status_code == 201, made.text
        assert made.json()["title"]
        assert made.headers["etag"]
        kinds = {node["type"] for node in place.texts.content(made.json()["id"])["content"]}
        assert "heading" in kinds


def test_a_template_is_what_the_document_held(place: Site, ada: Person):
    document = place.make(ada, "# Plan\n\n- [ ] **task**\n")
    template = make(ada, document, "  My   template ")
    assert (template["name"], template["kind"]) == ("My template", "own")
    assert template["created_at"].endswith("Z")
    made = ada.document("POST", f"/templates/{template['id']}/documents", {"title": "From it"}).json()
    assert made["title"] == "From it"
    assert place.texts.content(made["id"]) == place.texts.content(document)
    ada.document("DELETE", f"/{document}")
    again = ada.document("POST", f"/templates/{template['id']}/documents", {})
    assert again.json()["title"] == "My template"


def test_into_a_folder_of_ones_own(place: Site, ada: Person):
    folder = ada.document("POST", "/folders", {"name": "Work"}).json()["id"]
    made = ada.document("POST", "/templates/weekly-report/documents", {"folder": folder})
    assert made.json()["folder"] == folder
    bob = place.people.register("Bob")
    refused = bob.document("POST", "/templates/weekly-report/documents", {"folder": folder})
    assert_problem(refused, 404, "no-such-folder")


def test_templates_are_nobody_elses(place: Site, ada: Person):
    template, bob = make(ada, place.make(ada, "x")), place.people.register("Bob")
    assert listed(bob) == BUILT_IN
    assert_problem(bob.document("POST", f"/templates/{template['id']}/documents", {}), 404, "no-such-template")
    assert_problem(bob.document("DELETE", f"/templates/{template['id']}"), 404, "no-such-template")
    assert listed(ada) == [*BUILT_IN, template["id"]]


def test_of_a_document_one_may_read(place: Site, ada: Person):
    document, bob = place.make(ada, "x"), place.people.register("Bob")
    body = {"name": "x", "document": document}
    assert_problem(bob.document("POST", "/templates", body), 404, "no-such-document")
    ada.share(document, bob, "viewer")
    assert bob.document("POST", "/templates", body).status_code == 201


def test_a_template_can_be_removed(place: Site, ada: Person):
    template = make(ada, place.make(ada, "x"))["id"]
    made = ada.document("POST", f"/templates/{template}/documents", {}).json()["id"]
    assert ada.document("DELETE", f"/templates/{template}").status_code == 204
    assert_problem(ada.document("DELETE", f"/templates/{template}"), 404, "no-such-template")
    assert_problem(ada.document("POST", f"/templates/{template}/documents", {}), 404, "no-such-template")
    assert ada.document("GET", f"/{made}").status_code == 200


@pytest.mark.parametrize("template", ["meeting-notes", "nothing", "0198c1a0-0000-7000-8000-000000000000"])
def test_what_cannot_be_removed(ada: Person, template: str):
    assert_problem(ada.document("DELETE", f"/templates/{template}"), 404, "no-such-template")


def test_pages_together_are_the_whole_list(place: Site, ada: Person):
    document = place.make(ada, "x")
    made = [make(ada, document, f"Template {number}")["id"] for number in range(5)]
    pages = [ada.document("GET", "/templates?limit=2").json()]
    while (cursor := pages[-1]["next_cursor"]) is not None and len(pages) < 10:
        pages.append(ada.document("GET", f"/templates?limit=2&cursor={cursor}").json())
    assert [item["id"] for page in pages for item in page["items"]] == [*BUILT_IN, *made]
    assert_problem(ada.document("GET", "/templates?cursor=abc"), 400, "invalid-request")


def test_there_is_a_limit_also_at_once(place: Site, ada: Person):
    document = place.make(ada, "x")
    for number in range(97):
        make(ada, document, f"{number}")
    with ThreadPoolExecutor(6) as pool:
        body = {"name": "at once", "document": document}
        sent = [pool.submit(ada.document, "POST", "/templates", body) for _ in range(6)]
        answers = [each.result() for each in sent]
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 3
    full = next(answer for answer in answers if answer.status_code == 409)
    assert_problem(full, 409, "too-many-templates")


def test_the_same_key_makes_one(place: Site, ada: Person):
    document = place.make(ada, "x")
    headers = {"Idempotency-Key": "k"}
    url = f"{place.stage.url('document')}/api/documents/templates"
    made = [ada.client.post(url, json={"name": "x", "document": document}, headers=headers).json() for _ in range(2)]
    assert made[0] == made[1]
    other = ada.client.post(url, json={"name": "y", "document": document}, headers=headers)
    assert_problem(other, 422, "idempotency-key-reused")
    used = [ada.client.post(f"{url}/weekly-report/documents", json={}, headers={"Idempotency-Key": "u"}) for _ in "ab"]
    assert used[0].json()["id"] == used[1].json()["id"]


def test_too_large_for_a_template(place: Site, ada: Person):
    document = place.make(ada, "long **words** in many parts\n\n" * 7000)
    body = {"name": "x", "document": document}
    assert_problem(ada.document("POST", "/templates", body), 422, "template-too-large")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "", "document": "0198c1a0-0000-7000-8000-000000000000"}, "name"),
        ({"name": "x" * 201, "document": "0198c1a0-0000-7000-8000-000000000000"}, "name"),
        ({"name": "x", "document": "none"}, "document"),
        ({"name": "x"}, "document"),
    ],
)
def test_wrong_templates_are_named(ada: Person, body: dict[str, Any], field: str):
    assert wrong_fields(assert_problem(ada.document("POST", "/templates", body), 400, "invalid-request")) == {field}


def test_who_is_not_signed_in(place: Site):
    url = f"{place.stage.url('document')}/api/documents/templates"
    client = place.people.client()
    assert_problem(client.get(url), 401, "unauthenticated")
    assert_problem(client.post(f"{url}/weekly-report/documents", json={}), 401, "unauthenticated")
