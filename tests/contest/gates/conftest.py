"""A quick folder for gates that run many contests."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from contest.small_contest import unsynced


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Path]:
    """In memory where there is such a place, and never synced: what these gates ask does not depend on a real disk."""
    memory = Path("/dev/shm")
    made = Path(tempfile.mkdtemp(dir=memory)) if os.access(memory, os.W_OK) else tmp_path
    with unsynced():
        yield made
    shutil.rmtree(made, ignore_errors=True)
