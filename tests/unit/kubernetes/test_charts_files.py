from __future__ import annotations

from pathlib import Path

from collab_platform.environment.files import REPOSITORY
from collab_platform.targets.kubernetes.charts_files import chart_files, stale_files


def test_the_charts_files_are_up_to_date():
    stale = stale_files(REPOSITORY / "charts")
    assert not stale, "stale: run `python -m collab_platform.targets.kubernetes.charts_files`"


def test_what_is_missing_changed_or_left_over_is_stale(tmp_path: Path):
    wanted = chart_files()
    for name, text in wanted.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert stale_files(tmp_path) == []
    (tmp_path / "gateway/files/nginx.conf").write_text("other")
    (tmp_path / "web/files/static.conf").unlink()
    (tmp_path / "datastores/files/left.conf").write_text("")
    assert stale_files(tmp_path) == ["datastores/files/left.conf", "gateway/files/nginx.conf", "web/files/static.conf"]
