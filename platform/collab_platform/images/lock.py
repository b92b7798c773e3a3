"""``environments/NAME.images.json``: which image each part of an environment runs, written by push and load.

The file is meant to be committed beside the environment's file: with it, render and up need no engine and no registry.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from collab_platform.errors import CollabError, EnvironmentInvalidError
from collab_platform.files import write_atomically

# https://github.com/distribution/reference/blob/main/regexp.go, with a tag that is always there.
_DOMAIN = r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]+)?"
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
REFERENCE = rf"^(?:{_DOMAIN}/)?{_PART}(?:/{_PART})*:(?!latest$)[A-Za-z0-9_][A-Za-z0-9._-]{{0,127}}$"
DIGEST = r"^(?:sha256:[0-9a-f]{64})?$"


class ImageReference(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An image as a cluster pulls it: ``reference`` has a tag that is not ``latest``.

    ``digest`` is the registry's; it is empty for an image that was only loaded onto nodes.
    """

    reference: Annotated[str, msgspec.Meta(pattern=REFERENCE)]
    digest: Annotated[str, msgspec.Meta(pattern=DIGEST)] = ""

    @property
    def repository(self) -> str:
        return self.reference.rpartition(":")[0]

    @property
    def tag(self) -> str:
        return self.reference.rpartition(":")[2]

    @property
    def pinned(self) -> str:
        """What to pull: by digest where there is one."""
        return f"{self.repository}@{self.digest}" if self.digest else self.reference


class ImageSet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The images of an environment by name (``service``, ``gateway``, …)."""

    version: Literal[1] = 1
    images: dict[str, ImageReference] = msgspec.field(default_factory=dict[str, ImageReference])

    def image(self, name: str) -> ImageReference:
        """Raises :class:`CollabError` where the environment has no such image yet."""
        try:
            return self.images[name]
        except KeyError:
            raise CollabError(
                f"the environment has no image {name!r} (it has: {', '.join(sorted(self.images)) or 'none'})",
                remedy="`collab image build`, then `collab image push` or `collab image load` for this environment.",
            ) from None


def lock_path(root: Path, environment: str) -> Path:
    """Where an environment's images are written down."""
    return root / "environments" / f"{environment}.images.json"


def read_images(root: Path, environment: str) -> ImageSet:
    """The environment's images; none where the file does not exist.

    Raises :class:`EnvironmentInvalidError` for a file that says something else than it should.
    """
    path = lock_path(root, environment)
    try:
        return msgspec.json.decode(path.read_bytes(), type=ImageSet)
    except FileNotFoundError:
        return ImageSet()
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise EnvironmentInvalidError(
            f"environments/{path.name} is not as `collab image push` writes it: {error}",
            remedy="Take the file back from version control, or remove it and push or load the images again.",
        ) from None


def write_images(root: Path, environment: str, images: Mapping[str, ImageReference]) -> Path:
    """Write ``images`` over what the file says of them; the others stay. Returns the file's path.

    Raises :class:`EnvironmentInvalidError` for a file that cannot be read, :class:`CollabError` for a full disk.
    """
    merged = {**read_images(root, environment).images, **images}
    document = msgspec.json.encode(ImageSet(images=dict(sorted(merged.items()))))
    # Checked as it is read: what cannot be read again is not written.
    msgspec.json.decode(document, type=ImageSet)
    path = lock_path(root, environment)
    write_atomically(path, msgspec.json.format(document, indent=2).decode() + "\n")
    return path
