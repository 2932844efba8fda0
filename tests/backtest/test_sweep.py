"""Sweeps against slow signals and accounts, against `run_signals`, and their own rules."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtest.markets import FILLS, columns, panel_of
from counts import full_or
from quantrl import metrics
from quantrl.backtest import Costs, Margin, Schedule, Terms, run_weights, sweep
from quantrl.data import Panel, load_sample
from quantrl.errors import ConfigError, DataError
from reference import signals as slow

MEASURES = ("total", "sharpe", "max_drawdown")
GRIDS = {
    "sma_cross": {"fast": [1, 2, 3, 7], "slow": [2, 5, 12]},
    "ema_cross": {"fast": [1, 2, 4], "slow": [3, 9]},
    "donchian": {"entry": [1, 4, 10], "exit": [1, 3]},
    "zscore": {"window": [2, 5, 14], "enter": [0.5, 1.2], "exit": [-0.5, 0.0, 0.7]},
}


@st.composite
def cases(draw: st.DrawFn) -> dict:
    """One instrument with every price, often in cents so that averages tie, and costs that may ruin."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    prices = columns(int(rng.integers(1 << 30)), draw(st.integers(16, 90)), 1)
    if draw(st.booleans()):
        prices = {name: np.maximum(np.round(column, 1), 0.1) for name, column in prices.items()}
    flat = draw(st.sampled_from([False, False, True]))
    costs = Costs(
        bps=draw(st.sampled_from([0.0, 10.0, 300.0])),
        slippage_bps=draw(st.sampled_from([0.0, 15.0])),
        fixed=draw(st.sampled_from([0.0, 30.0])) if flat else 0.0,
        minimum=draw(st.sampled_from([5.0, 60.0])) if flat else 0.0,
    )
    family = draw(st.sampled_from(list(GRIDS)))
    return {
        "family": family,
        "panel": panel_of(prices),
        "prices": prices,
        "fill": draw(st.sampled_from(FILLS)),
        "costs": costs,
        "cash": draw(st.sampled_from([100.0, 1e6])),
    }


def swept(case: dict, **more: object):
    options = {
        "fill": case["fill"],
        "costs": case["costs"],
        "initial_cash": case["cash"],
        "blocks": 4,
        **more,
    }
    return sweep(case["family"], GRIDS[case["family"]], case["panel"], **options)


@settings(max_examples=full_or(2_000, 60))
@given(cases())
def test_measures_equal_the_oracle(case: dict) -> None:
    found = swept(case)
    costs, prices = case["costs"], {name: column[:, 0] for name, column in case["prices"].items()}
    typical = (prices["high"] + prices["low"] + prices["close"]) / 3
    price = {"next_open": prices["open"], "next_typical": typical}.get(case["fill"], prices["close"])
    for k in range(len(found)):
        entries, exits = slow.signals(case["family"], found.members.row(k), prices, 1e-12)
        account = slow.SignalAccount(
            delay=int(case["fill"] != "close"),
            buy=costs.buy * 1e-4,
            sell=costs.sell * 1e-4,
            slippage=costs.slippage_bps * 1e-4,
            fixed=costs.fixed,
            minimum=costs.minimum,
            cash=case["cash"],
        )
        equity = account.run(prices["close"], price, entries, exits)
        if (equity <= 0).any():
            continue  # a ruined account has no returns to measure
        expected = slow.measures(equity, case["cash"], 252.0)
        assert found.measures["trades"][k] == account.trades, found.members.row(k)
        for name in MEASURES:
            got, want = found.measures[name][k], expected[name]
            noise = np.ptp(equity) <= 1e-12 * case["cash"]  # a ratio of rounding errors is none
            same = math.isnan(want) and (noise or math.isnan(got))
            assert same or abs(got - want) <= 1e-10 * max(1.0, abs(want)), (name, found.members.row(k))
        returns = equity / np.concatenate([[case["cash"]], equity[:-1]]) - 1
        parts = np.array_split(returns, np.cumsum(found.lengths)[:-1])
        sums = np.array([[part.sum(), (part**2).sum()] for part in parts]).ravel()
        np.testing.assert_allclose(found.sums[k], sums, rtol=0, atol=1e-12)


@settings(max_examples=full_or(500, 25))
@given(cases())
def test_every_row_is_the_account_of_its_signals(case: dict) -> None:
    found = swept(case)
    for k in range(len(found)):
        result = found.result(k)  # refuses another total return
        result.audit()
        assert found.measures["trades"][k] == (result.fills["units"].to_numpy() > 0).sum()
        if result.equity.min() > 0:
            assert found.measures["max_drawdown"][k] == pytest.approx(
                result.measures["max_drawdown"].value, abs=1e-10
            )


def test_threads_and_order_change_no_bit() -> None:
    panel = panel_of(columns(3, 700, 1))
    grid = {"fast": range(2, 30), "slow": range(3, 40)}
    one, many = (sweep("sma_cross", grid, panel, threads=threads) for threads in (1, 3))
    for name, column in one.measures.items():
        assert column.tobytes() == many.measures[name].tobytes()
    assert one.sums.tobytes() == many.sums.tobytes()
    rows = [one.members.row(k) for k in range(len(one))][::-1]
    back = sweep("sma_cross", rows, panel)
    assert back.measures["sharpe"][::-1].tobytes() == one.measures["sharpe"].tobytes()


def test_the_future_changes_nothing_before_it() -> None:
    """A sweep of the first bars is that of a panel whose later bars are anything else, at the bar they end on."""
    panel = panel_of(columns(5, 300, 1))
    wild = {name: np.vstack([panel[name][:200], 9.0 * panel[name][200:][::-1]]) for name in panel.columns}
    for family, grid in GRIDS.items():
        found, other = sweep(family, grid, panel), sweep(family, grid, panel_of(wild))
        for k in range(len(found)):
            assert found.result(k).equity[:200].tobytes() == other.result(k).equity[:200].tobytes()


def test_ties_are_no_crosses() -> None:
    close = np.tile([10.0, 10.1, 10.3, 10.1], 60).reshape(-1, 1)  # any four bars have the same mean
    options = {"fill": "close", "periods_per_year": 252.0, "costs": Costs.zero()}
    found = sweep("sma_cross", [{"fast": 4, "slow": 8}], close, **options)
    assert found.measures["trades"].tolist() == [0]
    assert math.isnan(found.measures["sharpe"][0])
    assert (
        sweep("sma_cross", [{"fast": 4, "slow": 8}], close, tie_rtol=0.0, **options).measures["trades"][0] > 0
    )


def test_grid_leaves_out_what_makes_no_sense_and_a_list_does_not() -> None:
    panel = load_sample("us20").only("KO")
    options = {"fill": "next_close"}
    found = sweep("sma_cross", {"fast": range(2, 10), "slow": range(3, 12)}, panel, **options)
    pairs = [(f, s) for f, s in itertools.product(range(2, 10), range(3, 12)) if f < s]
    assert list(zip(found.columns["fast"], found.columns["slow"], strict=True)) == pairs
    assert (found.trials, found.left_out) == (len(pairs), 72 - len(pairs))
    with pytest.raises(ConfigError, match="params: row 1: fast: expected below slow, got 5 and 5"):
        sweep("sma_cross", [{"fast": 2, "slow": 5}, {"fast": 5, "slow": 5}], panel, **options)
    with pytest.raises(ConfigError, match="no combination is left of the grid; 1 make no sense"):
        sweep("zscore", {"window": [5], "enter": [1.0], "exit": [1.0]}, panel, **options)


def test_bad_input_is_refused_by_name() -> None:
    panel = load_sample("us20")
    one, options = panel.only("KO"), {"fill": "next_close"}
    pair = [{"fast": 2, "slow": 5}]
    with pytest.raises(
        ConfigError, match="family: expected a function or one of sma_cross, .*momentum_topk, got 'rsi'"
    ):
        sweep("rsi", pair, one, **options)
    with pytest.raises(ConfigError, match=r"sma_cross trades one instrument, got 20; choose with panel.only"):
        sweep("sma_cross", pair, panel, **options)
    with pytest.raises(ConfigError, match="sma_cross expects fast, slow, got fast"):
        sweep("sma_cross", {"fast": [2]}, one, **options)
    with pytest.raises(ConfigError, match="window: expected a whole number from 1 to 8313 bars, got 9000"):
        sweep("sma_cross", [{"fast": 2, "slow": 9000}], one, **options)
    with pytest.raises(ConfigError, match="got 2.5"):
        sweep("sma_cross", [{"fast": 2.5, "slow": 5}], one, **options)
    with pytest.raises(ConfigError, match="donchian needs the column 'high'"):
        sweep("donchian", [{"entry": 5, "exit": 5}], one, **options)
    with pytest.raises(ConfigError, match="slow: expected at least one value to try, got none"):
        sweep("sma_cross", {"fast": [2], "slow": []}, one, **options)
    with pytest.raises(ConfigError, match="grid of 100,000,000 combinations is more than"):
        sweep("sma_cross", {"fast": range(10_000), "slow": range(10_000)}, one, **options)
    close = np.array([[10.0], [np.nan], [11.0]])
    with pytest.raises(DataError, match="close: row 1: expected a price on every bar, got NaN"):
        sweep("sma_cross", [{"fast": 1, "slow": 2}], close, fill="close", periods_per_year=252.0, blocks=2)
    with pytest.raises(ConfigError, match="blocks: expected a whole number from 1 to"):
        sweep("sma_cross", pair, one, blocks=0, **options)


def test_best_carries_its_deflation_and_its_account() -> None:
    panel = load_sample("us20").only("KO")
    found = sweep("sma_cross", {"fast": range(2, 30), "slow": range(10, 60)}, panel, fill="next_close")
    best = found.best("sharpe")
    enough = found.measures["trades"] >= 30
    assert best.value == found.measures["sharpe"][enough].max()
    assert best.trials == len(found)
    sd = np.std(found.measures["sharpe"], ddof=1) / math.sqrt(252.0)
    expected = metrics.deflated_sharpe(best.result.returns, trials=len(found), sd_trials=sd)
    assert best.deflated_sharpe.value == pytest.approx(expected, rel=1e-12)
    assert best.result.measures["sharpe"].value == pytest.approx(best.value, rel=1e-9)
    assert f"best of {len(found):,} trials, deflated Sharpe" in str(best)
    top = found.top(5)
    assert top["sharpe"].to_list() == sorted(found.measures["sharpe"][enough])[::-1][:5]
    with pytest.raises(ConfigError, match="no member has a total and 100000 trades; the most is"):
        found.best("total", min_trades=100_000)
    with pytest.raises(ConfigError, match="measure: expected one of total, sharpe, max_drawdown, got 'luck'"):
        found.best("luck")


def test_heatmap_holds_every_member_once() -> None:
    panel = panel_of(columns(9, 400, 1))
    found = sweep("sma_cross", {"fast": [2, 5, 9], "slow": [4, 9, 20]}, panel)
    across, down, cells = found.heatmap("fast", "slow", "total")
    assert (across.tolist(), down.tolist()) == ([2, 5, 9], [4, 9, 20])
    for k in range(len(found)):
        params = found.members.row(k)
        cell = cells[down.tolist().index(params["slow"]), across.tolist().index(params["fast"])]
        assert cell == found.measures["total"][k]
    assert np.isnan(cells).sum() == found.left_out
    with pytest.raises(ConfigError, match="heatmap: expected parameters of fast, slow, got 'window'"):
        found.heatmap("fast", "window")


def test_overfitting_from_sums_is_that_from_returns() -> None:
    panel = panel_of(columns(11, 800, 1))
    found = sweep("ema_cross", {"fast": [2, 4, 6], "slow": [8, 12, 16]}, panel, blocks=8, costs=Costs(bps=2))
    returns = np.column_stack([found.result(k).returns for k in range(len(found))])
    ours, theirs = found.pbo(min_trades=1), metrics.pbo(returns, blocks=8)
    assert ours.probability == theirs.probability
    assert ours.left_out == theirs.left_out
    np.testing.assert_allclose(ours.inside, theirs.inside, rtol=0, atol=1e-12)
    np.testing.assert_allclose(ours.outside, theirs.outside, rtol=0, atol=1e-12)
    with pytest.raises(DataError, match="expected 2 to"):
        found.pbo(min_trades=10_000)


def test_functions_of_weights_are_run_weights_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = panel_of(columns(2, 120, 4))

    def tilt(panel: Panel, *, to: int, share: float) -> np.ndarray:
        weights = np.zeros(panel.shape)
        weights[::7, to] = share
        weights[3::7] = np.nan
        return weights

    grid = {"to": [0, 1, 3], "share": [0.2, 0.9]}
    monkeypatch.setattr("quantrl.backtest._sweep._CHUNK_MOST", 4)
    found = sweep(tilt, grid, panel, blocks=6)
    assert len(found) == 6
    for k in range(len(found)):
        result = run_weights(panel, tilt(panel, **found.members.row(k)))
        for name in MEASURES:
            assert found.measures[name][k] == result.measures[name].value
        assert found.result(k).digest() == result.digest()
        held = np.vstack([np.zeros((1, 4), bool), result.units != 0])
        assert found.measures["trades"][k] == (held[1:] & ~held[:-1]).sum()
        parts = np.split(result.returns, np.cumsum(found.lengths)[:-1])
        np.testing.assert_allclose(found.sums[k, ::2], [part.sum() for part in parts], atol=1e-14)


def test_a_function_gives_one_schedule() -> None:
    def two(panel: Panel, *, share: float) -> list[np.ndarray]:
        return [np.full(panel.shape, share)] * 2

    with pytest.raises(DataError, match=r"two: expected \(T, N\) weights or a Schedule for .*, got several"):
        sweep(two, {"share": [0.1]}, panel_of(columns(2, 120, 4)))


def test_momentum_holds_the_strongest() -> None:
    panel = load_sample("us20")
    found = sweep(
        "momentum_topk",
        {"lookback": [126, 252], "skip": [0, 21], "k": [3, 5], "every": [21]},
        panel,
        fill="next_close",
    )
    close, weights = panel["close"], np.full(panel.shape, np.nan)
    for t in range(252, len(close), 21):
        score = close[t - 21] / close[t - 252]
        weights[t] = np.where(score >= np.sort(score)[-5], 0.2, 0.0)
    rows = [found.members.row(k) for k in range(len(found))]
    k = rows.index({"lookback": 252, "skip": 21, "k": 5, "every": 21})
    assert found.result(k).digest() == run_weights(panel, weights, fill="next_close").digest()
    with pytest.raises(ConfigError, match="skip: expected a whole number from 0 to 125, got 126"):
        sweep(
            "momentum_topk", [{"lookback": 126, "skip": 126, "k": 5, "every": 21}], panel, fill="next_close"
        )


def test_momentum_needs_a_price() -> None:
    close = np.array([[10.0, 10.0, 10.0], [11.0, np.nan, 12.0], [12.0, 13.0, np.nan]])
    found = sweep("momentum_topk", [{"lookback": 1, "skip": 0, "k": 2, "every": 1}], close, fill="close",
                  periods_per_year=252.0, blocks=2)  # fmt: skip
    schedule = found.result(0).schedule
    assert isinstance(schedule, Schedule)
    assert schedule.values.tolist() == [[0.5, 0.0, 0.5], [0.5, 0.0, 0.0]]


def test_functions_may_be_short_under_terms_and_signals_may_not() -> None:
    panel = panel_of(columns(6, 200, 3))
    terms = Terms(margin=Margin(2.0, 0.3), borrow=0.05, short_fee=0.02)

    def spread(panel: Panel, *, size: float) -> np.ndarray:
        weights = np.full(panel.shape, np.nan)
        weights[::5] = (size, -size, 0.0)
        return weights

    found = sweep(spread, {"size": [0.3, 0.9]}, panel, terms=terms)
    for k, size in enumerate((0.3, 0.9)):
        result = run_weights(panel, spread(panel, size=size), terms=terms)
        assert found.measures["total"][k] == result.measures["total"].value
        assert found.result(k).digest() == result.digest()
    with pytest.raises(ConfigError, match="terms, costs: sma_cross trades on a cash account without terms"):
        sweep("sma_cross", [{"fast": 2, "slow": 5}], panel.only("N0"), terms=terms)
