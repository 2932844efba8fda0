"""Peers the engine is compared with, from the environment `make parity` builds; without it every test here is skipped."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def _float_errors() -> Iterator[None]:
    """Peers divide by zero where they please; our own code is watched by all other tests."""
    with np.errstate(all="ignore"):
        yield


def _peer(name: str) -> Any:
    os.environ.setdefault("RAPTORBT_NO_VERSION_CHECK", "1")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip(name, reason=f"{name}: parity environment not built: make parity")


@pytest.fixture(scope="session")
def vectorbt() -> Any:
    return _peer("vectorbt")


@pytest.fixture(scope="session", params=["numba", "rust"])
def engine(request: pytest.FixtureRequest, vectorbt: Any) -> str:
    """Both engines of vectorbt."""
    name: str = request.param
    if name == "rust":
        _peer("vectorbt_rust")
    return name


@pytest.fixture(scope="session")
def raptorbt() -> Any:
    return _peer("raptorbt")


@pytest.fixture(scope="session")
def empyrical() -> Any:
    return _peer("empyrical")


@pytest.fixture(scope="session")
def quantstats() -> Any:
    return _peer("quantstats").stats
