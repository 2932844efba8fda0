"""`run_signals` against the slow account of ``tests/reference/signals.py``, and its own rules."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtest.markets import FILLS, columns, panel_of
from backtest.test_terms import market
from counts import full_or
from quantrl.backtest import Costs, Result, Terms, run_signals, run_weights
from quantrl.errors import ConfigError, DataError
from reference.signals import SignalAccount


@st.composite
def cases(draw: st.DrawFn) -> dict:
    """A market with holes, signals that come often, costs that may ruin."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    bars, n = draw(st.integers(1, 40)), draw(st.integers(1, 4))
    prices = columns(int(rng.integers(1 << 30)), bars, n, missing=draw(st.sampled_from([0.0, 0.2])))
    often = draw(st.sampled_from([0.1, 0.5]))
    flat = draw(st.booleans())
    costs = Costs(
        bps=draw(st.sampled_from([0.0, 10.0, 300.0])),
        sell_bps=draw(st.sampled_from([None, 25.0])),
        slippage_bps=tuple(rng.uniform(0, 30, n)) if draw(st.booleans()) else 0.0,
        fixed=draw(st.sampled_from([0.0, 2.0, 30.0])) if flat else 0.0,
        minimum=draw(st.sampled_from([0.0, 5.0, 60.0])) if flat else 0.0,
    )
    return {
        "prices": prices,
        "entries": rng.random((bars, n)) < often,
        "exits": rng.random((bars, n)) < often,
        "fill": draw(st.sampled_from(FILLS)),
        "costs": costs,
        "cash": draw(st.sampled_from([100.0, 1e6])),
    }


def run(case: dict, **more: object) -> list[Result]:
    options = {"fill": case["fill"], "costs": case["costs"], "initial_cash": case["cash"], **more}
    return run_signals(panel_of(case["prices"]), case["entries"], case["exits"], **options)


def fill_prices(case: dict) -> np.ndarray:
    prices = case["prices"]
    if case["fill"] == "next_open":
        return prices["open"]
    if case["fill"] == "next_typical":
        return (prices["high"] + prices["low"] + prices["close"]) / 3
    return prices["close"]


@settings(max_examples=full_or(2_000, 150))
@given(cases())
def test_equity_equals_the_oracle_and_the_books_balance(case: dict) -> None:
    for i, result in enumerate(run(case, keep="full")):
        costs = case["costs"]
        account = SignalAccount(
            delay=int(case["fill"] != "close"),
            buy=costs.buy * 1e-4,
            sell=costs.sell * 1e-4,
            slippage=float(costs.slippage(case["entries"].shape[1])[i]) * 1e-4,
            fixed=costs.fixed,
            minimum=costs.minimum,
            cash=case["cash"],
        )
        column = (case["prices"]["close"][:, i], fill_prices(case)[:, i])
        equity = account.run(*column, case["entries"][:, i], case["exits"][:, i])
        np.testing.assert_allclose(
            result.equity, equity, rtol=0, atol=1e-11 * max(equity.max(), case["cash"])
        )
        assert (result.fills["units"].to_numpy() > 0).sum() == account.trades
        result.audit()


@given(cases())
@settings(max_examples=30)
def test_threads_change_no_bit_and_a_rerun_gives_the_same(case: dict) -> None:
    one, two = run(case, threads=1), run(case, threads=2)
    assert [a.digest() for a in one] == [b.digest() for b in two]
    for result in one:
        assert result.record.units.shape == (len(result.equity), 1)


def test_an_account_of_signals_is_that_of_its_weights() -> None:
    close = np.array([[10.0], [11.0], [12.0], [9.0], [8.0], [10.0]])
    entries = np.array([True, True, False, True, False, True])
    exits = np.array([False, False, True, True, False, False])
    (result,) = run_signals(close, entries, exits, fill="close", periods_per_year=252.0)
    # Bought at 10, held at 11 whatever the entry says, sold at 12; both on bar 3 cancel out; bought again at 10.
    assert result.schedule.rows.tolist() == [0, 2, 5]
    assert result.fills["price"].to_list() == [10.0, 12.0, 10.0]
    assert result.equity[2] == pytest.approx(1e6 / 1.001 * 1.2 * 0.999)
    assert result.equity[4] == result.equity[2]
    assert result.cash[5] == pytest.approx(0.0, abs=1e-6)


def test_a_signal_on_the_last_bar_is_pending_and_one_without_a_price_is_dropped() -> None:
    close = np.array([[10.0, 10.0], [np.nan, 11.0], [12.0, 12.0]])
    entries = np.zeros((3, 2), dtype=bool)
    entries[0, 0] = entries[2, 1] = True
    halted, late = run_signals(close, entries, ~entries & False, fill="next_close", periods_per_year=252.0)
    assert halted.equity.tolist() == [1e6] * 3
    assert halted.drops["reason"].to_list() == ["no_price"]
    assert late.pending.tolist() == [1.0]
    assert late.equity.tolist() == [1e6] * 3


def test_bad_input_is_refused_by_name() -> None:
    close = np.full((4, 2), 10.0)
    flags = np.zeros((4, 2), dtype=bool)
    good = {"fill": "close", "periods_per_year": 252.0}
    with pytest.raises(DataError, match=r"entries: expected bool of shape \(4, 2\), got float64"):
        run_signals(close, flags.astype(float), flags, **good)
    with pytest.raises(DataError, match=r"exits: expected bool of shape \(4, 2\), got bool of shape \(4,\)"):
        run_signals(close, flags, flags[:, 0], **good)
    with pytest.raises(
        DataError, match="close: row 2, instrument 1: expected a positive finite price, got -1"
    ):
        run_signals(np.where(np.arange(8).reshape(4, 2) == 5, -1.0, close), flags, flags, **good)
    with pytest.raises(ConfigError, match="periods_per_year: is required"):
        run_signals(close, flags, flags, fill="close")
    with pytest.raises(ConfigError, match="threads: expected a number of at least 1, got 0"):
        run_signals(close, flags, flags, threads=0, **good)


def test_signals_under_terms_are_blocked_capped_and_paid_dividends() -> None:
    panel = market(7)
    entries = np.random.default_rng(3).random(panel.shape) < 0.3
    terms = Terms(lend=0.03, participation=0.05, actions=True, price_limits=True, min_order=10.0)
    results = run_signals(panel, entries, ~entries, terms=terms)
    reasons = {reason for result in results for reason in result.drops["reason"]}
    assert {"blocked", "volume_cap"} <= reasons
    for i, result in enumerate(results):
        result.audit()
        alone = run_weights(panel.only(panel.instruments[i]), result.schedule, terms=terms)
        assert alone.digest() == result.digest()
    assert sum(result.dividends.sum() for result in results) > 0.0
