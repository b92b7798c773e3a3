from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.kubernetes.installations import write_certificates


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with the certificates that the environments name."""
    return write_certificates(tmp_path)
