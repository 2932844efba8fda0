from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import quantrl
from quantrl.data.panel import Panel
from quantrl.units import NS_PER_DAY

TIME = 10**18 + NS_PER_DAY * np.arange(20)


def random_panel(seed: int, **settings: Any) -> Panel:
    rng = np.random.default_rng(seed)
    columns = {name: rng.uniform(1, 2, (20, 4)) for name in ("open", "close", "volume")}
    columns["close"][rng.random((20, 4)) < 0.1] = np.nan
    return Panel(columns, TIME, list("ABCD"), **settings)


def test_every_time_shows_exactly_the_past() -> None:
    panel = random_panel(0)
    reveal = panel.reveal()
    for t in np.sort(np.random.default_rng(1).integers(TIME[0] - 5, TIME[-1] + NS_PER_DAY, 60)):
        view = reveal.at(int(t))
        n = int((t >= TIME).sum())
        assert view.n == n
        for name in panel.columns:
            np.testing.assert_array_equal(view[name], panel[name][:n])


def test_late_cells_appear_exactly_when_they_are_available() -> None:
    rng = np.random.default_rng(3)
    by_cell = TIME[:, None] + rng.integers(0, 4 * NS_PER_DAY, (20, 4))
    by_row = TIME + rng.integers(0, 4 * NS_PER_DAY, 20)
    panel = random_panel(2, available_at={"volume": by_cell, "open": by_row})
    reveal = panel.reveal()
    moments = np.unique(np.concatenate([by_cell.ravel(), by_cell.ravel() - 1, by_row, by_row - 1, TIME]))
    views = [reveal.at(int(t)) for t in moments]
    for t, view in zip(moments, views, strict=True):  # the earlier views too, after all has become known
        n = int((t >= TIME).sum())
        cells = np.where(by_cell[:n] <= t, panel["volume"][:n], np.nan)
        rows = np.where(by_row[:n, None] <= t, panel["open"][:n], np.nan)
        np.testing.assert_array_equal(view["volume"], cells)
        np.testing.assert_array_equal(view["open"], rows)
        np.testing.assert_array_equal(view["close"], panel["close"][:n])


def test_going_back_hides_again_and_leaves_older_views_alone() -> None:
    panel = random_panel(4, available_at={"volume": NS_PER_DAY})
    reveal = panel.reveal()
    late = reveal.at(int(TIME[9]))
    early = reveal.at(int(TIME[3]))
    assert early.n == 4
    assert late.n == 10
    np.testing.assert_array_equal(late["close"], panel["close"][:10])
    assert np.isnan(whole_buffer(early["close"])[4:]).all()
    assert np.isnan(early["volume"][3]).all()
    assert not np.isnan(early["volume"][2]).any()


def test_another_process_does_not_share_the_buffer(monkeypatch: pytest.MonkeyPatch) -> None:
    reveal = random_panel(5).reveal()
    parent = reveal.at(int(TIME[3]))
    monkeypatch.setattr(os, "getpid", lambda: -1)
    child = reveal.at(int(TIME[9]))
    assert child.n == 10
    assert np.isnan(whole_buffer(parent["close"])[4:]).all()


@pytest.mark.parametrize("column", ["close", "volume"])
def test_an_agent_cannot_write_to_what_others_see(column: str) -> None:
    view = random_panel(6, available_at={"volume": NS_PER_DAY}).as_of(int(TIME[9]))
    part: Any = view[column]
    while isinstance(part, np.ndarray):
        with pytest.raises(ValueError, match="read-only"):
            part[...] = 0
        with pytest.raises(ValueError, match="WRITEABLE"):
            part.setflags(write=True)
        part = part.base
    assert memoryview(part).readonly
    with pytest.raises((TypeError, ValueError, AttributeError)):
        part[:1] = b"\x00"


def test_the_future_is_unreachable_from_a_view() -> None:
    """In a process of its own: what a search can reach is then what a view holds on to, not all other tests left."""
    path = str(Path(quantrl.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("reachable.py"))],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    control, hits = map(int, done.stdout.split())
    assert control > 0, "the search finds nothing"
    assert hits == 0


def whole_buffer(rows: Any) -> Any:
    """The memory behind a slice, with the rows that are not shown yet."""
    base = rows.base
    return base.reshape(-1, rows.shape[1])
