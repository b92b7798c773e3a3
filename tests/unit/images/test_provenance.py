"""What is written down of a build."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from collab_platform.images.catalogue import Recipe
from collab_platform.images.provenance import provenance, with_subject

RECIPE = Recipe(name="web", version="1.0", base="debian:x", platform="", inputs={"a": "11" * 32, "b": "22" * 32})
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def statement(commit: str = "c0ffee", *, modified: bool = False) -> dict[str, Any]:
    return provenance(
        RECIPE,
        reference="collab-web:1.0-x",
        image_id="sha256:" + "33" * 32,
        base_digests={"image configuration": "sha256:" + "44" * 32},
        commit=commit,
        modified=modified,
        sbom_sha256="55" * 32,
        engine="28.0",
        collab="1.0",
        started=NOW,
        finished=NOW,
    )


def test_it_is_an_in_toto_statement_of_slsa_v1() -> None:
    said = statement()
    assert said["_type"] == "https://in-toto.io/Statement/v1"
    assert said["predicateType"] == "https://slsa.dev/provenance/v1"
    assert set(said) == {"_type", "subject", "predicateType", "predicate"}
    predicate = said["predicate"]
    assert set(predicate["buildDefinition"]) == {
        "buildType",
        "externalParameters",
        "internalParameters",
        "resolvedDependencies",
    }
    assert predicate["runDetails"]["builder"]["id"].startswith("https://")
    assert predicate["runDetails"]["metadata"] == {
        "startedOn": "2026-11-22T12:00:00Z",
        "finishedOn": "2026-11-22T12:00:00Z",
    }


def test_every_input_the_base_and_the_commit_are_named() -> None:
    dependencies = _dependencies(statement())
    assert {each["name"]: each["digest"] for each in dependencies} == {
        "a": {"sha256": "11" * 32},
        "b": {"sha256": "22" * 32},
        "debian:x": {"sha256": "44" * 32},
        "checkout": {"gitCommit": "c0ffee"},
    }


def test_a_checkout_that_was_changed_is_not_called_the_commit() -> None:
    states = [each["annotations"] for each in _dependencies(statement(modified=True)) if each["name"] == "checkout"]
    assert states == [{"state": "with changes that are not committed"}]
    assert "checkout" not in {each["name"] for each in _dependencies(statement(commit=""))}


def test_a_push_adds_what_the_registry_calls_it_once() -> None:
    first = with_subject(statement(), reference="r.example/collab-web:1.0-x", digest="sha256:" + "66" * 32)
    again = with_subject(first, reference="r.example/collab-web:1.0-x", digest="sha256:" + "77" * 32)
    assert [(each["name"], each["digest"]["sha256"][:2]) for each in again["subject"]] == [
        ("collab-web:1.0-x", "33"),
        ("r.example/collab-web:1.0-x", "77"),
    ]


def _dependencies(said: dict[str, Any]) -> list[dict[str, Any]]:
    predicate = said["predicate"]
    return predicate["buildDefinition"]["resolvedDependencies"]
