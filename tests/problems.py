"""The shape every error has, checked wherever a test expects one."""

from typing import Any

import httpx

_FIELDS = {"type", "title", "status", "detail", "instance"}


def assert_problem(response: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    """The body, once it has proved to be problem+json with that status and slug and this request's id."""
    assert response.status_code == status, f"{response.status_code}: {response.text}"
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body.keys() - {"errors"} == _FIELDS
    assert body["type"] == f"https://collab.dev/problems/{slug}"
    assert body["status"] == status
    assert body["instance"] == response.headers["x-request-id"]
    assert body["title"]
    assert body["detail"]
    return body


def wrong_fields(problem: dict[str, Any]) -> set[str]:
    return {entry["field"] for entry in problem["errors"]}
