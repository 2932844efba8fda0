from __future__ import annotations

import numpy as np
import pytest

from backtest.markets import columns, panel_of
from quantrl.backtest import fill_prices
from quantrl.errors import ConfigError


def test_each_fill_has_its_price() -> None:
    bars = columns(1)
    panel = panel_of(bars)
    typical = (bars["high"] + bars["low"] + bars["close"]) / 3
    for fill, expected in {
        "next_open": bars["open"],
        "next_typical": typical,
        "next_close": bars["close"],
        "close": bars["close"],
    }.items():
        assert np.array_equal(fill_prices(panel, fill), expected), fill


def test_nothing_is_substituted() -> None:
    closes = panel_of({"close": columns(1)["close"]})
    with pytest.raises(ConfigError, match=r"next_open needs the column 'open'.*next_close, close"):
        fill_prices(closes, "next_open")
    with pytest.raises(ConfigError, match="next_typical needs the column 'high'"):
        fill_prices(closes, "next_typical")
    with pytest.raises(ConfigError, match=r"fill: expected one of next_open.*got 'vwap'"):
        fill_prices(closes, "vwap")


def test_no_price_where_a_name_is_not_tradable() -> None:
    panel = panel_of(columns(2, missing=0.3))
    price = fill_prices(panel, "next_open")
    assert np.isnan(price[~panel.tradable]).all()
    assert not np.isnan(price[panel.tradable]).any()
