"""The made-up world, what is measured in it, and the section that says so."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from bench.services.asking import cases
from bench.services.measuring import percentile
from bench.services.results import Report, Row
from bench.services.tables import put_into, section
from bench.services.world import Size, World
from bench.system.report import Machine

SIZE = Size(people=400, documents=4000, words=2000, text_words=5, long_texts=1)
NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture(scope="module")
def world() -> World:
    return World(SIZE, now=NOW)


def test_a_world_of_the_same_size_is_the_same(world: World) -> None:
    again = World(SIZE, now=NOW)
    assert again.documents == world.documents
    assert again.members == world.members
    assert again.grants == world.grants
    assert list(again.texts()) == list(World(SIZE, now=NOW).texts())


def test_a_few_have_very_much_and_most_have_little(world: World) -> None:
    counts = sorted(len(documents) for documents in world.seen_by.values())
    assert counts[-1] == len(world.seen_by[world.owner_of_most]) >= SIZE.large_share
    assert counts[len(counts) // 2] < SIZE.large_share / 4
    assert all(not set(world.ordinary) & set(people) for _, people in world.teams[:10] if len(people) > 30)


def test_the_archive_was_not_edited_for_years(world: World) -> None:
    edited = [document.edited_at for document in world.documents if document.owner == world.archivist]
    assert len(edited) > 10
    assert max(edited) < min(
        document.edited_at for document in world.documents if document.owner == world.owner_of_most
    )


def test_ids_are_of_version_7_in_the_order_of_their_times(world: World) -> None:
    by_time = sorted(world.documents, key=lambda document: int(document.created_at.timestamp() * 1000))
    assert {document.id.version for document in by_time} == {7}
    assert [each.id.int >> 80 for each in by_time] == sorted(each.id.int >> 80 for each in by_time)


def test_nobody_is_given_what_they_own(world: World) -> None:
    owners = {document.id: document.owner for document in world.documents}
    assert all(owners[document] != person for document, person, _ in world.members)
    assert len({(document, person) for document, person, _ in world.members}) == len(world.members)


def test_every_case_asks_something_with_a_token_of_its_caller(world: World) -> None:
    asked = list(cases(world, str, deep="&cursor=x", folders={"tens": (world.people[0], UUID(int=1))}))
    assert len({(case.what, case.caller) for case in asked}) == len(asked)
    for case in asked:
        assert case.requests, case.what
        assert all(UUID(request.token) in world.seen_by for request in case.requests), case.what


@pytest.mark.parametrize(("percent", "expected"), [(50, 51), (95, 96), (99, 100), (100, 100)])
def test_percentiles(percent: float, expected: int) -> None:
    assert percentile(range(1, 101), percent) == expected


def row(**changes: object) -> Row:
    fields: dict[str, object] = {
        "what": "list: all",
        "caller": "tens",
        "callers": 1,
        "requests": 100,
        "p50_ms": 2.0,
        "p95_ms": 5.0,
        "p99_ms": 9.0,
        "least_p95_ms": 1.0,
        "times": 5.0,
        "load_1m": 1.5,
    }
    return Row(**(fields | changes))  # pyright: ignore[reportArgumentType]  # fields by name


def report(*rows: Row) -> Report:
    machine = Machine(processor="cpu", processors=2, memory_mb=1, system="Linux", python="3", load_1m=0.5)
    return Report(taken_at=NOW, machine=machine, quick=False, people=10, documents=100, database_mb=1, rows=list(rows))


def test_the_section_says_what_was_missed() -> None:
    assert "Met by all." in section(report(row()))
    text = section(report(row(), row(what="search", times=11.0)))
    assert "**Missed** by 1 of 2." in text
    assert "| search | tens | 1 | 2.0 | 5.0 | 9.0 | 1.0 | 11.0 |  | **missed** |" in text


def test_the_section_says_that_the_machine_was_busy() -> None:
    assert "heavily" not in section(report(row(load_1m=3.0)))
    assert "heavily" in section(report(row(), row(load_1m=20.0)))


def test_what_failed_is_missed_and_says_how() -> None:
    failed = row(remark="status 503")
    assert not failed.met
    assert "| status 503 |" in section(report(failed))


def test_the_section_replaces_itself_and_nothing_else() -> None:
    page = put_into("# Performance\n\n## Other\n\ntext\n", report(row()))
    assert put_into(page, report(row())) == page
    assert page.startswith("# Performance\n\n## Other\n\ntext\n\n## ")
