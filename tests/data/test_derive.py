from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from quantrl.data.panel import Panel
from quantrl.data.samples import load_sample
from quantrl.errors import DataError

NAN = np.nan


def make(close: list[list[float]], **settings: object) -> Panel:
    return Panel({"close": close}, np.arange(1, len(close) + 1), ["A", "B"], **settings)  # type: ignore[arg-type]


def test_marks_carry_the_last_known_price() -> None:
    panel = make([[NAN, 1], [2, NAN], [NAN, NAN], [3, 4]])
    np.testing.assert_array_equal(panel.marks(), [[NAN, 1], [2, 1], [2, 1], [3, 4]])
    assert panel.marks() is panel.marks()
    assert not panel.marks().flags.writeable


def test_trading_needs_a_price_and_leave() -> None:
    mask = np.array([[True, True], [True, False]])
    panel = make(
        [[NAN, 1], [2, 3]], masks={"tradable": mask, "can_buy": ~mask | [[True, False], [False, True]]}
    )
    np.testing.assert_array_equal(panel.tradable, [[False, True], [True, False]])
    np.testing.assert_array_equal(panel.can_sell, panel.tradable)
    np.testing.assert_array_equal(panel.can_buy, [[False, False], [False, False]])
    assert panel.member.all()


def test_total_return_by_each_way() -> None:
    close = [[10.0, 1.0], [5.0, NAN], [6.0, 2.0]]
    split = make(close).with_columns(preclose=[[9.0, 1.0], [5.0, NAN], [5.0, 1.0]])
    np.testing.assert_array_equal(split.total_return(), [[NAN, NAN], [0, NAN], [6 / 5 - 1, 1]])
    adjusted = make(close).with_columns(adj_close=[[5.0, 1.0], [5.0, NAN], [6.0, 2.0]])
    np.testing.assert_array_equal(adjusted.total_return(), [[NAN, NAN], [0, NAN], [6 / 5 - 1, 1]])
    np.testing.assert_array_equal(make(close, adjust="total").total_return()[1], [-0.5, NAN])
    with pytest.raises(DataError, match="preclose or adj_close"):
        make(close).total_return()


def test_adjusted_scales_all_prices_and_drops_the_source() -> None:
    raw = load_sample("us5")
    panel = raw.adjusted("adj_close")
    assert panel.adjust == "total"
    assert "adj_close" not in panel
    assert set(panel.columns) < set(raw.columns)
    np.testing.assert_allclose(panel["close"], raw["adj_close"], rtol=1e-15)
    np.testing.assert_allclose(panel["high"] / panel["close"], raw["high"] / raw["close"], rtol=1e-14)
    np.testing.assert_array_equal(panel["volume"], raw["volume"])
    assert any("later splits" in flag for flag in panel.flags)
    assert panel.id != raw.id


def test_known_total_returns_of_chinese_shares(shared_data: Path) -> None:
    frame = pl.read_parquet(shared_data / "csi300" / "panel.parquet")
    wanted = ["600519.SH", "000001.SZ", "300750.SZ", "601318.SH"]
    frame = frame.filter(pl.col("symbol").is_in(wanted)).with_columns(tradable=pl.col("tradestatus") == 1)
    panel = Panel.from_long(frame, close_time="15:00 Asia/Shanghai")
    growth = np.nanprod(1 + panel.total_return(), axis=0)
    np.testing.assert_allclose(growth, [0.752478, 8.215396, 2.709783, 0.691219], atol=1e-6)
    assert not panel.tradable[np.isnan(panel["close"])].any()


def test_ex_right_days_and_absent_rows_of_chinese_shares(shared_data: Path) -> None:
    frame = pl.read_parquet(shared_data / "csi300" / "panel.parquet")
    frame = frame.select("date", "symbol", "close", "preclose", tradable=pl.col("tradestatus") == 1)
    panel = Panel.from_long(frame, close_time="15:00 Asia/Shanghai")
    assert panel.shape == (1457, 300)
    before = np.vstack([np.full(300, np.nan), panel.marks()[:-1]])
    # Where the exchange's reference is not the close before, shares went ex dividend or ex rights.
    off = np.abs(panel["preclose"] / before - 1.0) > 1e-9
    assert int(off.sum()) == 1639
    absent = np.isnan(panel["close"])
    assert absent[:480].any()
    assert not panel.tradable[absent].any()
    assert panel.tradable.sum() == frame["tradable"].sum()
