"""What the services do with and for each other, asked as a browser asks: through the front door alone."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.system.api import ApiError, Person, http_client
from tests.system.running import Running

MARKDOWN = b"# Harbour plan\n\nThe **quokka** arrives at noon.\n\n- one\n- two\n"
SOON_S = 60


def eventually(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + SOON_S
    while not holds():
        assert time.monotonic() < deadline, f"{what}: not within {SOON_S} s"
        time.sleep(0.2)


def send(person: Person, method: str, path: str, content: bytes, media_type: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {person.access_token}", "Content-Type": media_type}
    return person.http.request(method, path, content=content, headers=headers, timeout=60)


def imported(person: Person) -> str:
    answer = send(person, "POST", "/api/documents/import?filename=plan.md", MARKDOWN, "text/markdown")
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def is_refused(person: Person, path: str, token: str) -> bool:
    answer = person.http.get(path, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code in {200, 401}, answer.text
    return answer.status_code == 401


def test_a_file_becomes_a_document_that_is_found_and_goes_out_again(environment: Running):
    ann, eve = environment.person("Ann Example"), environment.person("Eve Example")
    document = imported(ann)

    def hits(person: Person) -> list[dict[str, Any]]:
        return person.request("GET", "/api/documents/search?q=quokka").json()["items"]

    eventually(lambda: bool(hits(ann)), "finding what the file says")
    (hit,) = hits(ann)
    assert hit["document"]["id"] == document
    assert "<mark>quokka</mark>" in hit["snippet_html"]
    assert hits(eve) == []
    text = ann.http.get(
        f"/api/documents/{document}/export?format=md",
        headers={"Authorization": f"Bearer {ann.access_token}"},
        timeout=60,
    )
    assert "**quokka**" in text.text
    page = ann.http.get(
        f"/api/documents/{document}/export?format=pdf",
        headers={"Authorization": f"Bearer {ann.access_token}"},
        timeout=60,
    )
    assert (page.headers["content-type"], page.content[:5]) == ("application/pdf", b"%PDF-")


def test_a_link_lets_a_guest_in_until_it_is_withdrawn(environment: Running):
    ann = environment.person("Ann Example")
    document = ann.create_document("Open house").id
    link = ann.request("POST", f"/api/documents/{document}/links", {"role": "viewer", "password": "open sesame"}).json()
    with http_client(environment.url) as guest:
        body = {"token": link["token"]}
        assert guest.post("/api/documents/links/open", json=body).status_code == 401
        opened = guest.post("/api/documents/links/open", json=body | {"password": "open sesame"})
        assert (opened.status_code, opened.json()["role"]) == (200, "viewer")
        ann.request("DELETE", f"/api/documents/{document}/links/{link['id']}")
        assert guest.post("/api/documents/links/open", json=body | {"password": "open sesame"}).status_code == 404


def test_a_picture_of_oneself_is_shown_to_others(environment: Running):
    ann = environment.person("Ann Example")
    picture = io.BytesIO()
    Image.new("RGB", (300, 200), "teal").save(picture, "PNG")
    answer = send(ann, "PUT", "/api/users/me/avatar", picture.getvalue(), "image/png")
    assert answer.status_code == 200, answer.text
    address = answer.json()["avatar_url"]
    with http_client(environment.url) as anybody:
        shown = anybody.get(address)
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/webp")
    assert Image.open(io.BytesIO(shown.content)).size == (256, 256)


def test_a_file_is_attached_and_fetched(environment: Running):
    ann, eve = environment.person("Ann Example"), environment.person("Eve Example")
    document, content = ann.create_document("With a file").id, b"%PDF-1.4 not much of one"
    wanted = {"name": "plan.pdf", "size": len(content), "type": "application/pdf"}
    made = ann.request("POST", f"/api/documents/{document}/attachments", wanted).json()
    with http_client(environment.url) as browser:
        upload = made["upload"]
        sent = browser.request(upload["method"], upload["url"], content=content, headers=upload["headers"])
        assert sent.status_code == 200, sent.text
        path = f"/api/documents/{document}/attachments/{made['id']}"
        ann.request("POST", f"{path}/complete")
        found = ann.http.get(path, headers={"Authorization": f"Bearer {ann.access_token}"})
        assert found.status_code == 303
        assert browser.get(found.headers["location"]).content == content
    with pytest.raises(ApiError) as refused:
        eve.request("GET", path)
    assert refused.value.problem.slug == "no-such-document"


def test_an_api_token_does_what_it_may_until_it_is_revoked(environment: Running):
    ann = environment.person("Ann Example")
    document = ann.create_document("Read by a script").id
    made = ann.request("POST", "/api/auth/tokens", {"name": "script", "scopes": ["documents:read"]}).json()
    assert ann.request("GET", f"/api/documents/{document}", token=made["token"]).json()["id"] == document
    with pytest.raises(ApiError) as refused:
        ann.request("POST", "/api/documents", {"title": "no"}, token=made["token"])
    assert refused.value.problem.slug == "scope-missing"
    ann.request("DELETE", f"/api/auth/tokens/{made['id']}")
    eventually(lambda: is_refused(ann, f"/api/documents/{document}", made["token"]), "the token being refused")


def test_a_session_that_ends_elsewhere_ends_here(environment: Running):
    ann = environment.person("Ann Example")
    first = ann.access_token
    ann.sign_in()
    ann.request("DELETE", "/api/auth/sessions")
    eventually(lambda: is_refused(ann, "/api/documents", first), "the other session being refused")
    ann.documents()


def test_what_is_in_the_trash_comes_back_with_its_words(environment: Running):
    ann, ben = environment.person("Ann Example"), environment.person("Ben Example")
    document = imported(ann)
    ann.share(document, ben, "editor")
    ann.request("DELETE", f"/api/documents/{document}")
    with pytest.raises(ApiError) as gone:
        ben.ticket(document)
    assert gone.value.problem.slug == "no-such-document"
    ann.request("POST", f"/api/documents/{document}/restore")
    assert ben.ticket(document).role == "editor"
    text = ben.http.get(
        f"/api/documents/{document}/export?format=txt",
        headers={"Authorization": f"Bearer {ben.access_token}"},
        timeout=60,
    )
    assert "quokka" in text.text


def test_a_team_gets_in_and_one_who_leaves_it_does_not(environment: Running):
    ann, ben = environment.person("Ann Example"), environment.person("Ben Example")
    document = ann.create_document("For the crew").id
    team = ann.request("POST", "/api/users/teams", {"name": "Crew"}).json()["id"]
    ann.request("PUT", f"/api/documents/{document}/members", {"team_id": team, "role": "commenter"})
    ann.request("PUT", f"/api/users/teams/{team}/members", {"email": ben.email, "role": "member"})

    def role() -> str | None:
        headers = {"Authorization": f"Bearer {ben.access_token}"}
        answer = ben.http.post(f"/api/documents/{document}/ticket", headers=headers)
        assert answer.status_code in {200, 404}, answer.text
        return answer.json()["role"] if answer.status_code == 200 else None

    eventually(lambda: role() == "commenter", "the team's role")
    ann.request("DELETE", f"/api/users/teams/{team}/members/{ben.id}")
    eventually(lambda: role() is None, "leaving the team")
