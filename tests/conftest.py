"""Warnings and NaN-producing float operations are errors (see pyproject.toml and below); seeds are fixed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared" / "data"

settings.register_profile("quantrl", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("quantrl")


@pytest.fixture(autouse=True)
def _float_errors() -> Iterator[None]:
    with np.errstate(divide="raise", invalid="raise", over="raise"):
        yield


@pytest.fixture(scope="session")
def project_root() -> Path:
    """Root of the source tree."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the larger reference data sets; tests that need it are skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the reference data folder ../shared/data is absent")
    return SHARED
