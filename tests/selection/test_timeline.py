"""When decisions take effect and when their prices are known."""

from __future__ import annotations

import numpy as np
import pytest

from quantrl.data import Panel
from quantrl.selection.timeline import Timeline

TIME = 1000 + 10 * np.arange(1, 6)
CLOSE = np.full((5, 2), 10.0)


def panel(**late: object) -> Panel:
    return Panel(
        {"close": CLOSE, "open": CLOSE, "high": CLOSE, "low": CLOSE}, TIME, ["A", "B"], available_at=late
    )


@pytest.mark.parametrize(
    ("fill", "delay", "effective", "announced"),
    [
        ("next_open", 1, 1021, 1021),
        ("next_typical", 1, 1021, 1021),
        ("next_close", 1, 1030, None),
        ("close", 0, 1020, 1020),
    ],
)
def test_fill_points(fill: str, delay: int, effective: int, announced: int | None) -> None:
    line = Timeline(panel(), fill)
    assert (line.delay, line.effective(1), line.announced(1)) == (delay, effective, announced)
    assert line.effective(4) == (None if delay else 1050)
    assert line.priced_at.tolist() == TIME.tolist()
    assert line.known.tolist() == [0, 1, 2, 3, 4]


def test_prices_that_come_late_hold_everything_up() -> None:
    at = np.repeat(TIME[:, None], 2, axis=1)
    at[2, 1] = 1045
    line = Timeline(panel(close=at), "next_close")
    assert line.priced_at.tolist() == [1010, 1020, 1045, 1045, 1050]
    assert line.known.tolist() == [0, 1, 1, 1, 4]
    assert Timeline(panel(close=at), "next_open").priced_at.tolist() == line.priced_at.tolist()


def test_a_column_nobody_trades_on_may_be_late() -> None:
    line = Timeline(panel(high=5), "next_close")
    assert line.known.tolist() == [0, 1, 2, 3, 4]
