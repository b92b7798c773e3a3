"""What the command line has of Kubernetes where neither helm nor a cluster is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from collab_cli.main import main
from collab_platform.errors import ExitCode


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COLLAB_PROJECT", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("COLLAB_HELM", raising=False)
    assert main(["env", "init", "prod", "--target", "kubernetes"]) == ExitCode.OK
    return tmp_path


def explained(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    capsys.readouterr()
    assert main(["env", "explain", *arguments, "-o", "json"]) == ExitCode.OK
    return {each["key"]: each["value"] for each in json.loads(capsys.readouterr().out)["settings"]}


def test_settings_of_the_target_are_explained(capsys: pytest.CaptureFixture[str]):
    assert main(["env", "init", "here"]) == ExitCode.OK
    cluster, here = explained(capsys, "-e", "prod"), explained(capsys, "-e", "here")
    assert "kubernetes.namespace" in cluster
    assert "logs.keep" not in cluster
    assert "logs.keep" in here
    assert not any(key.startswith(("kubernetes.", "aws.", "cloudflare.", "pulumi.")) for key in here)
    assert "aws.region" in explained(capsys, "-e", "here", "aws"), "asked for by name it is shown"


def test_a_list_is_shown_as_the_file_would_hold_it(capsys: pytest.CaptureFixture[str]):
    arguments = ["env", "explain", "-e", "prod", "kubernetes.trusted_proxies"]
    assert main([*arguments, "--set", "kubernetes.trusted_proxies=10.0.0.0/8,192.168.0.0/16"]) == ExitCode.OK
    assert '["10.0.0.0/8", "192.168.0.0/16"]' in capsys.readouterr().out


def test_o_of_render_is_the_folder_and_output_still_how_to_print(project: Path, capsys: pytest.CaptureFixture[str]):
    capsys.readouterr()
    code = main(["render", "-e", "prod", "-o", str(project / "out"), "--output", "json"])
    assert code == ExitCode.PREFLIGHT
    assert "helm" in json.loads(capsys.readouterr().out)["error"]["summary"]


def test_render_wants_a_folder(capsys: pytest.CaptureFixture[str]):
    assert main(["render", "-e", "prod"]) == ExitCode.USAGE
    assert "--directory" in capsys.readouterr().err
