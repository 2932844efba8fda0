from __future__ import annotations

import sys

import numpy as np
import pytest

from backtest.markets import columns, decisions, panel_of
from quantrl import metrics
from quantrl.backtest import Costs, Result, run_weights
from quantrl.errors import ConfigError

COSTS = Costs(bps=10, slippage_bps=5)


@pytest.fixture(scope="module")
def result() -> Result:
    panel = panel_of(columns(1, missing=0.1))
    return run_weights(panel, decisions(1, 40, 5), costs=COSTS)


def test_returns_compound_from_the_starting_cash(result: Result) -> None:
    assert np.prod(1.0 + result.returns) * 1e6 == pytest.approx(result.equity[-1], rel=1e-12)
    on_first_bar = run_weights(
        panel_of(columns(1)), np.full((40, 5), 0.2), fill="close", costs=Costs(bps=100)
    )
    assert on_first_bar.returns[0] == pytest.approx(-0.01 / 1.01, rel=1e-12)


def test_columns_cannot_be_changed(result: Result) -> None:
    with pytest.raises(ValueError, match="read-only"):
        result.equity[0] = 0.0


def test_fills_have_times_and_names(result: Result) -> None:
    fills, panel = result.fills, result.bars.panel
    assert panel is not None
    assert fills.columns == ["time", "decided", "instrument", "units", "price", "fee", "slippage"]
    assert set(fills["instrument"]) == set(panel.instruments)
    steps = fills["time"].to_numpy() - fills["decided"].to_numpy()
    assert (steps == np.diff(panel.time)[0]).all()
    assert fills["fee"].sum() + fills["slippage"].sum() == pytest.approx(result.cost.sum())
    row = fills.row(5, named=True)
    at = (int(np.searchsorted(panel.time, row["time"])), panel.instruments.index(row["instrument"]))
    assert row["price"] == panel["open"][at]


def test_drops_say_why(result: Result) -> None:
    drops = result.drops
    assert drops.columns == ["time", "decided", "instrument", "reason"]
    assert drops["reason"].unique().to_list() == ["no_price"]
    poor = run_weights(
        panel_of(columns(1)), np.full((40, 5), 0.2), costs=Costs(minimum=600.0), initial_cash=1e3
    )
    assert poor.traded.sum() == 0.0
    assert poor.drops["reason"].unique().to_list() == ["unaffordable"]


def test_what_was_not_kept_is_made_when_asked_for(result: Result) -> None:
    kept = run_weights(result.bars.panel, result.schedule, costs=COSTS, keep="full")
    assert (result.kept, kept.kept is None) == (None, False)
    assert result.units.tobytes() == kept.units.tobytes()
    assert result.fills.equals(kept.fills)
    assert result.drops.equals(kept.drops)


def test_frame_has_a_row_a_bar(result: Result) -> None:
    frame = result.frame()
    assert frame.columns == [
        "time", "equity", "cash", "traded", "cost", "gross", "scale", "fill_equity", "return",
    ]  # fmt: skip
    assert frame.height == 40
    assert frame["time"].to_list() == result.bars.time.tolist()


def test_without_vectorbt_its_extra_is_named(result: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vectorbt", None)
    with pytest.raises(ConfigError, match=r"needs vectorbt, .* pip install 'quantrl\[vectorbt\]'"):
        result.to_vectorbt()


def test_flags_tell_what_a_reader_must_know() -> None:
    panel, weights = panel_of(columns(1)).with_settings(flags=("survivors",)), decisions(1, 40, 5)
    assert run_weights(panel, weights).flags == ("survivors",)
    free = run_weights(panel, weights, fill="close", costs=Costs.zero())
    assert free.flags == ("survivors", "same_bar", "zero_cost")


def test_config_and_data_are_named(result: Result) -> None:
    assert result.panel_id == result.bars.panel.id
    assert result.config == {
        "fill": "next_open",
        "sizing": "post_cost",
        "costs": COSTS.to_config(),
        "initial_cash": 1e6,
        "periods_per_year": 252.0,
    }
    assert "next_open, post_cost, equity 1,000,000.00 -> " in repr(result)


def test_arrays_are_named_by_what_is_in_them() -> None:
    close, weights = columns(1)["close"], decisions(1, 40, 5)
    options = {"fill": "close", "periods_per_year": 252.0}
    first, same, other = (run_weights(c, weights, **options) for c in (close, close.copy(), close * 2))
    assert first.panel_id == same.panel_id != other.panel_id


def test_a_digest_sees_every_bit(result: Result) -> None:
    panel = result.bars.panel
    assert panel is not None
    again = run_weights(panel, result.schedule, costs=COSTS, keep="full")
    assert again.digest() == result.digest()
    nudged = run_weights(panel, result.schedule, costs=COSTS, initial_cash=np.nextafter(1e6, 2e6).item())
    assert nudged.digest() != result.digest()


def test_measures_are_those_of_the_returns(result: Result) -> None:
    measures = result.measures
    assert measures["total"].value == pytest.approx(result.equity[-1] / 1e6 - 1.0, rel=1e-12)
    assert measures["max_drawdown"].value == pytest.approx(
        (np.r_[1e6, result.equity] / np.maximum.accumulate(np.r_[1e6, result.equity]) - 1).min()
    )
    assert measures["exposure"].value == pytest.approx(result.gross.mean())
    assert measures["turnover"].value == pytest.approx(252 * (result.traded / result.fill_equity).mean())
    before = np.r_[1e6, result.equity[:-1]]
    assert measures["cost_bps_year"].value == pytest.approx(1e4 * 252 / 40 * (result.cost / before).sum())


def test_intervals_are_those_of_the_returns_and_hold_the_measures(result: Result) -> None:
    found = result.intervals(draws=500, seed=3)
    low, high = metrics.intervals(result.returns, periods_per_year=252, draws=500, seed=3)["sharpe"]
    assert found["sharpe"] == (low[0], high[0])
    assert {"sharpe", "vol", "cagr"} == found.keys()
    assert found["sharpe"][0] < result.measures["sharpe"].value < found["sharpe"][1]
    assert result.intervals(level=0.5, draws=500, seed=3)["sharpe"][0] > low[0]
