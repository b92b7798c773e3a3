"""``collab render`` as an operator uses it, errors and all."""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from collab_platform.environment.files import REPOSITORY
from collab_platform.errors import CollabError, ExitCode
from collab_platform.images.lock import ImageReference, lock_path, write_images
from collab_platform.targets.kubernetes import charts
from collab_platform.targets.kubernetes.charts import find_helm
from tests.cluster.render.conftest import Project
from tests.unit.kubernetes.installations import NAME

Collab = Callable[..., int]


@pytest.fixture(autouse=True)
def built_in(project: Project) -> None:
    project.configure("built-in")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def tree(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_it_writes_what_kubectl_and_gitops_take(collab: Collab, out: Path) -> None:
    assert collab("render", "-e", NAME, "-o", str(out)) == ExitCode.OK
    kustomization = yaml.safe_load((out / "kustomization.yaml").read_text())
    assert kustomization["resources"] == sorted(path.name for path in out.glob("[0-9]*.yaml"))
    assert not (out / "secrets.yaml").exists()
    assert "secrets.yaml" in (out / ".gitignore").read_text().split()
    assert "kubectl apply --server-side" in (out / "README.md").read_text()


def test_check_tells_a_difference_and_writes_nothing(
    collab: Collab, project: Project, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert collab("render", "-e", NAME, "-o", str(out)) == ExitCode.OK
    before = tree(out)
    assert collab("render", "-e", NAME, "-o", str(out), "--check") == ExitCode.OK
    project.configure("built-in", web_replicas=3)
    capsys.readouterr()
    assert collab("render", "-e", NAME, "-o", str(out), "--check", "--output", "json") == ExitCode.CHANGES
    told = json.loads(capsys.readouterr().out)
    assert (told["schema"], told["changed"], told["written"]) == ("collab/render/v1", ["50-web.yaml"], False)
    assert tree(out) == before
    assert collab("render", "-e", NAME, "-o", str(out), "--include-secrets", "--check") == ExitCode.CHANGES


def test_check_makes_no_secrets(collab: Collab, project: Project, out: Path) -> None:
    assert collab("render", "-e", NAME, "-o", str(out), "--check") == ExitCode.FAILED
    assert not project.state.exists()
    assert not out.exists()


def test_check_sees_a_certificate_that_is_due_and_does_not_renew_it(
    collab: Collab, project: Project, out: Path
) -> None:
    assert collab("render", "-e", NAME, "-o", str(out)) == ExitCode.OK
    certificate = project.state / "pki" / "auth.crt"
    certificate.write_text("damaged")
    assert collab("render", "-e", NAME, "-o", str(out), "--check") == ExitCode.CHANGES
    assert certificate.read_text() == "damaged"
    assert collab("render", "-e", NAME, "-o", str(out)) == ExitCode.OK
    assert collab("render", "-e", NAME, "-o", str(out), "--check") == ExitCode.OK


def test_secrets_are_for_their_owner(collab: Collab, out: Path) -> None:
    assert collab("render", "-e", NAME, "-o", str(out), "--include-secrets") == ExitCode.OK
    assert stat.S_IMODE((out / "secrets.yaml").stat().st_mode) == 0o600
    assert "secrets.yaml" not in (out / "kustomization.yaml").read_text()


def test_no_secret_is_shown(collab: Collab, project: Project, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert collab("render", "-e", NAME, "-o", str(out), "--include-secrets", "-v") == ExitCode.OK
    shown = "".join(capsys.readouterr())
    assert not any(value in shown for value in project.values())


def test_images_that_nobody_pushed_are_asked_for(
    collab: Collab, project: Project, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock_path(project.root, NAME).unlink()
    assert collab("render", "-e", NAME, "-o", str(out)) == ExitCode.FAILED
    assert "collab image build" in capsys.readouterr().err
    assert not out.exists()


def test_without_helm_it_says_how_to_get_it(
    collab: Collab, out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("COLLAB_HELM")
    monkeypatch.setenv("PATH", "")
    assert collab("render", "-e", NAME, "-o", str(out)) == ExitCode.PREFLIGHT
    assert "https://helm.sh/docs/intro/install/" in capsys.readouterr().err


def pretend(script: str, monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
    """A helm that does no more than ``script``."""
    program = directory / "helm"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("COLLAB_HELM", str(program))


@pytest.mark.parametrize(
    ("script", "code", "said"),
    [
        ("echo v3.13.2", ExitCode.PREFLIGHT, "too old"),
        ("echo hello", ExitCode.PREFLIGHT, "does not say which helm"),
        ("exit 9", ExitCode.FAILED, "exit code 9"),
    ],
)
def test_a_helm_that_will_not_do_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, code: ExitCode, said: str
) -> None:
    pretend(script, monkeypatch, tmp_path)
    with pytest.raises(CollabError, match=said) as caught:
        find_helm()
    assert caught.value.exit_code is code


def test_a_helm_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend("exec sleep 60", monkeypatch, tmp_path)
    monkeypatch.setattr(charts, "_TIMEOUT_S", 0.2)
    with pytest.raises(CollabError, match="did not end within"):
        find_helm()


def test_a_broken_policy_writes_nothing_and_is_listed(
    collab: Collab, project: Project, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = project.root / "charts"
    own.unlink()
    shutil.copytree(REPOSITORY / "charts", own, symlinks=True)
    (pod,) = own.glob("library/**/_pod.tpl")
    pod.write_text(pod.read_text().replace("allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true"))
    assert collab("render", "-e", NAME, "-o", str(out), "--output", "json") == ExitCode.FAILED
    error = json.loads(capsys.readouterr().out)["error"]
    assert "break the policies" in error["summary"]
    assert any("Deployment/auth: no-privileged-pod" in line for line in error["details"])
    assert not out.exists()


def test_a_folder_of_others_is_left_alone(collab: Collab, out: Path) -> None:
    out.mkdir()
    (out / "notes").write_text("mine")
    assert collab("render", "-e", NAME, "-o", str(out)) == ExitCode.FAILED
    assert tree(out) == {"notes": b"mine"}


def test_a_local_environment_has_no_manifests(collab: Collab, project: Project, out: Path) -> None:
    (project.root / "environments" / "local.toml").write_text("version = 1\n")
    assert collab("render", "-e", "local", "-o", str(out)) == ExitCode.ENVIRONMENT_INVALID


def test_external_secrets_cannot_be_written_down(collab: Collab, project: Project, out: Path) -> None:
    project.configure("external secrets")
    assert collab("render", "-e", NAME, "-o", str(out), "--include-secrets") == ExitCode.FAILED
    assert collab("render", "-e", NAME, "-o", str(out)) == ExitCode.OK
    assert f"`collab/{NAME}/internal-token`" in (out / "README.md").read_text()


def test_a_managed_secret_is_asked_for(
    collab: Collab, project: Project, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project.configure("AWS")
    assert collab("render", "-e", NAME, "-o", str(out)) == ExitCode.OK
    assert collab("render", "-e", NAME, "-o", str(out), "--include-secrets") == ExitCode.FAILED
    assert "postgresql-superuser, redis" in capsys.readouterr().err


def test_an_image_without_a_digest_keeps_its_tag(project: Project) -> None:
    write_images(project.root, NAME, {"web": ImageReference(reference="collab-web:1")})
    assert "image: collab-web:1\n" in project.render().files["50-web.yaml"].replace('"', "")
