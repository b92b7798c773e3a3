"""Real texts come in by the editor's own routes, with the firewall before real services, and raise no suspicion."""

from typing import Any

import httpx
import pytest

from tests.integration.contract.people import Cast
from tests.integration.gateway.harness import RunningGateway
from tests.integration.gateway.test_waf_corpus import BROWSER, texts

pytestmark = pytest.mark.timeout(300)  # the first test here waits for the whole system to be there

FILES = {
    "md": "text/markdown; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
}
ANCHOR = {"start": "AQ==", "end": "Ag=="}


@pytest.mark.parametrize("text", texts())
async def test_a_real_text_is_what_it_was_wherever_people_put_it(text: str, cast: Cast, firewall: RunningGateway):
    asker = cast.asker()
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())[:80].strip()
    document = asker.thing("document_id")
    headers = BROWSER | {"Authorization": f"Bearer {asker.access_token}", "Referer": f"{firewall.url}/"}
    async with httpx.AsyncClient(base_url=firewall.url, headers=headers, timeout=30, trust_env=False) as client:
        answers: list[httpx.Response] = []

        async def say(method: str, path: str, body: dict[str, Any], field: str = "") -> None:
            answers.append(await client.request(method, path, json=body))
            if field:
                assert answers[-1].json()[field] == body[field], answers[-1].text

        await say("PATCH", "/api/users/me", {"name": line[:40].strip()}, "name")
        await say("PATCH", f"/api/documents/{document}", {"title": line}, "title")
        await say("POST", "/api/documents/folders", {"name": line}, "name")
        await say("POST", "/api/documents/templates", {"name": line, "document": document}, "name")
        await say("POST", "/api/users/teams", {"name": line}, "name")
        await say("POST", "/api/auth/tokens", {"name": line, "scopes": ["documents:read"]}, "name")
        comment: dict[str, Any] = {"anchor": ANCHOR | {"quote": text[:300]}, "body": text, "mentions": []}
        await say("POST", f"/api/documents/{document}/comments", comment)
        attachment = {"name": line.replace("/", "-").replace("\\", "-") + ".txt", "size": 5, "type": "text/plain"}
        await say("POST", f"/api/documents/{document}/attachments", attachment)
        answers.append(await client.get("/api/documents/search", params={"q": line}))
        answers.append(await client.get("/api/users/search", params={"q": line}))
        for ending in ("md", "html" if "<" in text else "txt"):
            file: dict[str, Any] = {
                "params": {"filename": f"{line}.{ending}"},
                "headers": {"Content-Type": FILES[ending]},
            }
            imported = await client.post("/api/documents/import", content=text.encode(), **file)
            answers.append(imported)
        version = {"name": line}
        ticket = {"Authorization": f"Bearer {asker.ticket()}"}
        path = f"/api/collaboration/documents/{document}/versions"
        answers.append(await client.post(path, json=version, headers=ticket))
        for answer in answers:
            assert answer.is_success, (answer.request.method, answer.request.url.path, answer.text)
            assert (await firewall.logged(answer.headers["x-request-id"]))["waf_score"] == 0
