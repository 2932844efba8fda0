"""Costs and turnover by year."""

from __future__ import annotations

import numpy as np
import polars as pl

from quantrl.report.trading import trading_years

DAYS = ["2000-06-01", "2000-12-01", "2001-06-01", "2002-06-03"]
TIME = np.array(DAYS, dtype="datetime64[ns]").astype(np.int64)


def fills(days: list[str]) -> pl.DataFrame:
    n = len(days)
    return pl.DataFrame(
        {
            "time": np.array(days, dtype="datetime64[ns]").astype(np.int64),
            "units": [(-1.0) ** i * 10 for i in range(n)],
            "price": [5.0] * n,
            "fee": [1.0] * n,
            "slippage": [0.5] * n,
        }
    )


def test_fills_are_summed_in_their_year() -> None:
    made = trading_years(TIME, np.array([100.0, 300.0, 400.0, 500.0]), fills([DAYS[0], DAYS[1], DAYS[3]]))
    assert made.years == [2000, 2001, 2002]
    assert made.fills.tolist() == [2, 0, 1]
    assert made.cost.tolist() == [3.0, 0.0, 1.5]
    assert made.cost_bps.tolist() == [150.0, 0.0, 30.0]
    assert made.turnover.tolist() == [0.5, 0.0, 0.1]


def test_no_fills_and_a_ruined_year_give_zeros() -> None:
    empty = trading_years(TIME, np.array([100.0, 100.0, 0.0, 0.0]), fills([]))
    assert empty.cost.tolist() == [0.0, 0.0, 0.0]
    ruined = trading_years(TIME, np.array([100.0, 100.0, 0.0, 0.0]), fills([DAYS[2]]))
    assert ruined.turnover.tolist() == [0.0, 0.0, 0.0]


def test_a_fill_outside_the_run_is_not_put_into_another_year() -> None:
    made = trading_years(TIME, np.full(4, 100.0), fills(["1999-01-04", "2003-01-02"]))
    assert made.fills.tolist() == [0, 0, 0]
