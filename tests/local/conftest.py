"""A folder for each test of the set-up."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not yet made, and where the database's account can walk whoever runs the tests."""
    parent = Path(tempfile.mkdtemp(prefix="mentorat-local-", dir="/tmp"))
    parent.chmod(0o711)
    yield parent / "data"
    shutil.rmtree(parent)
