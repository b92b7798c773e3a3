"""The result file: complete after every row, and what is drawn and written from it."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bench.collaboration.load import Percentiles
from bench.collaboration.plots import draw
from bench.collaboration.results import MemoryRow, OverloadRow, Results, ShapeRow, StormRow, read
from bench.collaboration.tables import comparisons, markdown


def opened(path: Path, *, anew: bool = True) -> Results:
    return Results.open(path, quick=False, seconds=8, repeats=3, anew=anew)


def shape_row(server: str, p99_ms: float, saturated: str | None = None) -> ShapeRow:
    return ShapeRow(
        server=server,
        shape="1x100x50@2000",
        visible=Percentiles(1.0, 2.0, p99_ms),
        p99_ms=[p99_ms],
        saturated=saturated,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "collaboration.json"


def test_a_row_is_in_the_file_at_once(path: Path) -> None:
    opened(path).add(shape_row("collab", 5.0))
    report = read(path)
    assert report is not None
    assert [row.visible for row in report.shapes] == [Percentiles(1.0, 2.0, 5.0)]


def test_a_later_row_of_the_same_server_and_shape_replaces_the_first(path: Path) -> None:
    opened(path).add(shape_row("collab", 5.0))
    later = opened(path, anew=False)
    later.add(shape_row("hocuspocus", 9.0))
    later.add(shape_row("collab", 6.0))
    assert [(row.server, row.p99_ms) for row in later.report.shapes] == [("hocuspocus", [9.0]), ("collab", [6.0])]


def test_begun_anew_nothing_stays(path: Path) -> None:
    opened(path).add(shape_row("collab", 5.0))
    assert opened(path).report.shapes == []


def test_a_file_of_another_shape_is_none(path: Path) -> None:
    path.write_text("[]")
    assert read(path) is None


def test_the_page_says_whether_a_goal_was_met_and_how_ours_compares(path: Path) -> None:
    results = opened(path)
    results.add(shape_row("collab", 9.0))
    results.add(shape_row("hocuspocus", 30.0, saturated="processor at 99 %"))
    assert [each.met for each in comparisons(results.report.shapes)] == [False]
    page = markdown(results.report)
    assert "8 **missed**" in page
    assert "| 1x100x50@2000 | 9.0 | 30.0 | 0.30 | processor at 99 % | **missed** |" in page


def overload_row(server: str, edits_per_s: int, p99_ms: float, overloaded: str | None = None) -> OverloadRow:
    return OverloadRow(
        server=server,
        shape=f"1x100x50@{edits_per_s}",
        form="1x100x50",
        edits_per_s=edits_per_s,
        visible=Percentiles(1.0, 2.0, p99_ms),
        overloaded=overloaded,
    )


def test_the_page_holds_ours_against_the_peer_where_that_does_not_follow(path: Path) -> None:
    results = opened(path)
    results.add(overload_row("hocuspocus", 4000, 100.0))
    results.add(overload_row("hocuspocus", 6000, 400.0, "p99 above 250 ms"))
    results.add(overload_row("collab", 6000, 40.0))
    results.add(overload_row("collab", 12_000, 120.0))
    page = markdown(results.report)
    assert "| 1x100x50 | 4000 | hocuspocus | 1.0 | 2.0 | 100.0 |  | 0 | 0 % | yes |  |  |  |" in page
    assert "| 1x100x50 | 6000 | hocuspocus | 1.0 | 2.0 | 400.0 |  | 0 | 0 % | no |  |  |  |" in page
    assert "| 1x100x50 | 6000 | collab | 1.0 | 2.0 | 40.0 |  | 0 | 0 % | yes | 0.100 | met |  |" in page
    assert "| 1x100x50 | 12000 | collab | 1.0 | 2.0 | 120.0 |  | 0 | 0 % | yes | 0.300 | **missed** |  |" in page


def test_overload_measured_anew_leaves_no_load_of_the_last_time(path: Path) -> None:
    results = opened(path)
    results.add(overload_row("hocuspocus", 6000, 400.0, "p99 above 250 ms"))
    results.add(overload_row("collab", 6000, 40.0))
    results.forget_overload("hocuspocus", "1x100x50")
    assert [row.server for row in results.report.overload] == ["collab"]


def test_a_peer_that_failed_is_a_line_with_its_reason(path: Path) -> None:
    results = opened(path)
    results.add(StormRow(server="etherpad", remark="did not start"))
    assert "did not start" in markdown(results.report)


def test_plots_are_the_same_for_the_same_figures(path: Path) -> None:
    results = opened(path)
    results.add(shape_row("collab", 9.0))
    results.add(StormRow(server="collab", synced=Percentiles(100.0, 200.0, 300.0)))
    results.add(MemoryRow(server="collab", connection_kb=20.0, document_kb=30.0))
    made = draw(results.report, path.parent)
    first = [each.read_bytes() for each in made]
    assert [each.name for each in made] == [f"collaboration-{name}.svg" for name in ("shapes", "storm", "memory")]
    assert all(ET.fromstring(content).tag.endswith("svg") for content in first)  # noqa: S314  # our own
    assert [each.read_bytes() for each in draw(results.report, path.parent)] == first


def test_what_has_no_figures_is_not_drawn(path: Path) -> None:
    results = opened(path)
    results.add(StormRow(server="etherpad", remark="did not start"))
    assert draw(results.report, path.parent) == []
