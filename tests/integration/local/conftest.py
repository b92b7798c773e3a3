"""One environment for the tests that leave it as they found it, and folders for those that do not."""

import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from collab_platform.errors import LockedError
from tests.integration.local.site import Site, wait_until


@pytest.fixture
def folder() -> Generator[Path]:
    """Not pytest's own: PostgreSQL's user must be able to pass through its parents."""
    path = Path(tempfile.mkdtemp(prefix="collab-local-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def shared() -> Generator[Site]:
    """Up once for this process's tests."""
    path = Path(tempfile.mkdtemp(prefix="collab-local-"))
    path.chmod(0o711)
    site = Site.make(path)
    try:
        site.up()
        yield site
    finally:
        site.down(purge=True)
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def site(shared: Site) -> Generator[Site]:
    """The shared environment, whole and with its default settings; the next test finds it so again."""
    shared.settings = {}
    yield shared
    shared.settings = {}
    wait_until(lambda: _is_up(shared), lambda: "the recovery never let go")
    shared.wait_healthy()


def _is_up(site: Site) -> bool:
    try:
        site.up()
    except LockedError:  # a recovery that a test caused is at its end
        return False
    return True
