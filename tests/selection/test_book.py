"""Accounts that are marked first and decide then are the engine's own, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from quantrl.backtest import Costs, Settings, run_weights
from quantrl.backtest.fills import fill_prices
from quantrl.selection._book import SERIES, Books
from selection.toy import market


@pytest.mark.parametrize("fill", ["next_open", "next_close", "close"])
@pytest.mark.parametrize("sizing", ["post_cost", "pre_cost"])
def test_stepped_is_batched(fill: str, sizing: str) -> None:
    panel = market(80)
    rng = np.random.default_rng(1)
    weights = rng.dirichlet(np.ones(12), size=(3, 80)) * 0.97
    weights[1][rng.random((80, 12)) < 0.4] = np.nan
    weights[2, ::3] = np.nan
    settings = Settings(fill, sizing, Costs(bps=7, slippage_bps=2.0, fixed=1.0), 1e5)
    books = Books(3, 12, settings, 80)
    close, price = panel["close"], np.ascontiguousarray(fill_prices(panel, fill))
    held = []
    for t in range(80):
        books.arrive(t, close[t], price[t])
        held.append(books.held())
        books.decide(t, list(weights[:, t]), close[t], price[t])
    for k in range(3):
        batch = run_weights(
            panel, weights[k], fill=fill, sizing=sizing, costs=settings.costs, initial_cash=1e5
        )
        for i, name in enumerate(SERIES):
            np.testing.assert_array_equal(books.history[:, k, i], getattr(batch, name), err_msg=f"{k} {name}")
        assert books.held_by(k).tobytes() == books.held()[k].tobytes()
    if fill != "close":
        units = run_weights(
            panel, weights[0], fill=fill, sizing=sizing, costs=settings.costs, initial_cash=1e5
        ).units
        value = units * panel.marks()
        np.testing.assert_allclose(np.array(held)[:, 0], value / books.history[:, 0, :1], atol=1e-12)
