"""`environments/NAME.images.json`."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from collab_platform.errors import CollabError, EnvironmentInvalidError
from collab_platform.images.lock import ImageReference, lock_path, read_images, write_images

DIGEST = "sha256:" + "ab" * 32


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "environments").mkdir()
    return tmp_path


def test_it_is_as_the_contract_shows_it(root: Path) -> None:
    path = write_images(
        root, "prod", {"service": ImageReference(reference="r.example/collab-service:0.1.0-3f", digest=DIGEST)}
    )
    assert path == root / "environments/prod.images.json"
    assert json.loads(path.read_text()) == {
        "version": 1,
        "images": {"service": {"reference": "r.example/collab-service:0.1.0-3f", "digest": DIGEST}},
    }


def test_what_is_not_written_anew_stays(root: Path) -> None:
    write_images(
        root, "prod", {"web": ImageReference(reference="web:1"), "service": ImageReference(reference="service:1")}
    )
    write_images(root, "prod", {"service": ImageReference(reference="service:2")})
    images = read_images(root, "prod").images
    assert {name: image.reference for name, image in images.items()} == {"service": "service:2", "web": "web:1"}


def test_a_digest_is_what_is_pulled() -> None:
    pushed = ImageReference(reference="localhost:5000/collab-web:0.1.0-aa", digest=DIGEST)
    assert (pushed.repository, pushed.tag) == ("localhost:5000/collab-web", "0.1.0-aa")
    assert pushed.pinned == f"localhost:5000/collab-web@{DIGEST}"
    assert ImageReference(reference="collab-web:1").pinned == "collab-web:1"


def test_an_image_that_is_missing_says_how_to_get_it(root: Path) -> None:
    assert read_images(root, "prod").images == {}
    with pytest.raises(CollabError, match="no image 'service'") as raised:
        read_images(root, "prod").image("service")
    assert "collab image" in raised.value.remedy


@pytest.mark.parametrize(
    "reference", ["service", "service:latest", "Service:1", "r.example/service:", "a b:1", "service@sha256:00"]
)
def test_a_reference_has_a_tag_that_says_something(root: Path, reference: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        write_images(root, "prod", {"service": ImageReference(reference=reference)})
    assert not lock_path(root, "prod").exists()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"version": 2, "images": {}}',
        '{"version": 1, "images": {"service": {}}}',
        '{"version": 1, "images": {"service": {"reference": "service:latest"}}}',
        '{"version": 1, "images": {"service": {"reference": "service:1", "digest": "sha256:12"}}}',
        '{"version": 1, "images": {}, "more": 1}',
    ],
)
def test_a_file_that_says_something_else_is_refused_and_kept(root: Path, text: str) -> None:
    path = lock_path(root, "prod")
    path.write_text(text)
    with pytest.raises(EnvironmentInvalidError, match=r"prod\.images\.json"):
        read_images(root, "prod")
    with pytest.raises(EnvironmentInvalidError):
        write_images(root, "prod", {"service": ImageReference(reference="service:1")})
    assert path.read_text() == text
