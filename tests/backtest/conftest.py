"""Small event files of level sums and of orders."""

from __future__ import annotations

import pytest

from quantrl.cli.bench.tick_rows.flow import wl2
from quantrl.data.events import EventFile, Zi, simulate


@pytest.fixture(scope="module")
def levels(tmp_path_factory: pytest.TempPathFactory) -> EventFile:
    return EventFile(wl2(20_000, 3).write(tmp_path_factory.mktemp("l2") / "wl2.qev"))


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> EventFile:
    path = tmp_path_factory.mktemp("l3") / "zi.qev"
    simulate(path, Zi(market=40.0), messages=20_000, seed=5)
    return EventFile(path)
