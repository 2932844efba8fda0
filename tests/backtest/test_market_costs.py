"""Costs by market and by day."""

from __future__ import annotations

import datetime as dt

import pytest

from quantrl.backtest.market_costs import MARKETS, market
from quantrl.errors import ConfigError

DAY = dt.date(2024, 1, 2)


def test_us() -> None:
    costs = market("us").costs(DAY)
    assert (costs.buy, costs.sell, costs.slippage_bps, costs.minimum) == (0.0, 0.0, 5.0, 0.0)


def test_chinese_stamp_duty_was_halved_on_a_monday() -> None:
    chinese = market("cn_a")
    before, after = chinese.costs(dt.date(2023, 8, 25)), chinese.costs(dt.date(2023, 8, 28))
    assert (before.buy, before.sell) == (3.0, 13.0)
    assert (after.buy, after.sell) == (3.0, 8.0)
    assert before.minimum == after.minimum == 5.0
    assert before.slippage_bps == after.slippage_bps == 10.0
    assert chinese.costs(dt.date(1999, 1, 4)) == before


def test_one_run_has_one_schedule() -> None:
    chinese = market("cn_a")
    assert chinese.over(dt.date(2023, 8, 28), dt.date(2024, 1, 2)).sell == 8.0
    assert chinese.over(dt.date(2023, 1, 3), dt.date(2023, 8, 25)).sell == 13.0
    with pytest.raises(ConfigError, match="2023-08-28"):
        chinese.over(dt.date(2023, 8, 25), dt.date(2023, 8, 28))
    with pytest.raises(ConfigError, match="last day"):
        chinese.over(DAY, dt.date(2023, 1, 3))


def test_every_market_costs_something_and_says_what() -> None:
    for name, one in MARKETS.items():
        assert one.name == name
        assert one.summary
        assert not one.costs(DAY).is_zero
    with pytest.raises(ConfigError, match="us, cn_a"):
        market("moon")
