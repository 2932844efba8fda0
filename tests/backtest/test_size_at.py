"""Orders that get their size at the decision, in any fraction or in whole lots."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from backtest.markets import FILLS, Case, case, columns, panel_of
from quantrl.backtest import Bar, BarSession, Costs, Settings, run_weights
from quantrl.errors import ConfigError

LOTS = (0.0, 1.0, 0.25)


def sized(seed: int, lot: float | tuple[float, ...], **fixed: Any) -> Case:
    return case(seed, sizing="pre_cost", size_at="decision", lot=lot, **fixed)


def run(one: Case, **options: Any) -> Any:
    return run_weights(one.panel, one.weights, **{**one.options, **options})


def test_worked_by_hand() -> None:
    # Cash 1,000, 10 bp. Decided at 10 and 20: 50 and 25 lots. Filled at 11 and 20: 550.55 and 500.50 for 1,000.
    close = np.array([[10.0, 20.0], [11.0, 20.0], [12.0, 10.0]])
    weights = np.array([[0.5, 0.5], [np.nan, np.nan], [np.nan, np.nan]])
    options = {"fill": "next_close", "costs": Costs(bps=10), "initial_cash": 1e3, "periods_per_year": 252.0}
    whole = run_weights(close, weights, **options, size_at="decision", lot=1.0)
    # All lots need 1,051.05. At 47/50 they are 47 and 23 of it: 517.517 + 460.46; 24 of the second come at 24/25.
    assert whole.units[-1].tolist() == [47.0, 23.0]
    assert whole.cash[1] == pytest.approx(1e3 - 977.977, abs=1e-9)
    assert whole.cost[1] == pytest.approx(0.977, abs=1e-12)
    assert 47 / 50 <= whole.scale[1] < 24 / 25
    parts = run_weights(close, weights, **options, size_at="decision")
    assert parts.units[-1] == pytest.approx(np.array([50.0, 25.0]) * 1e3 / 1051.05, rel=1e-12)
    assert parts.scale[1] == pytest.approx(1e3 / 1051.05, rel=1e-12)
    # Sized at the fill, the same weights buy the same value of each.
    value = run_weights(close, weights, **options).units[-1] * close[1]
    assert value[0] == pytest.approx(value[1], rel=1e-12)


def test_a_sale_pays_for_a_buy() -> None:
    session = BarSession(
        2, fill="next_close", size_at="decision", lot=1.0, costs=Costs.zero(), initial_cash=100.0
    )
    bars = [np.array([10.0, 5.0]), np.array([10.0, 5.0]), np.array([8.0, 5.0])]
    session.step(Bar(bars[0], bars[0]), np.array([1.0, 0.0]))
    session.step(Bar(bars[1], bars[1]), np.array([0.0, 1.0]))
    assert (session.units.tolist(), session.cash) == ([10.0, 0.0], 0.0)
    out = session.step(Bar(bars[2], bars[2]))
    assert (session.units.tolist(), session.cash) == ([0.0, 16.0], 0.0)
    assert 16 / 20 <= out.scale < 17 / 20


@pytest.mark.parametrize("lot", LOTS)
@pytest.mark.parametrize("seed", range(24))
def test_the_books_balance(seed: int, lot: float) -> None:
    result = run(sized(seed, lot))
    result.audit()
    assert (result.cash >= 0).all()
    assert (result.units >= 0).all()
    if lot:
        assert np.abs(result.units / lot - np.rint(result.units / lot)).max() < 1e-9


@pytest.mark.parametrize("lot", LOTS)
@pytest.mark.parametrize("fill", FILLS)
def test_stepping_and_restoring_is_running_bit_for_bit(fill: str, lot: float) -> None:
    for seed in range(5):
        one = sized(seed, lot, fill=fill)
        result = run(one)
        session = BarSession(one.panel.n_instruments, **one.options)
        for t, weights in enumerate(one.weights):
            if t % 3 == 1:
                session = BarSession.restore(session.snapshot())
            out = session.step(Bar(result.bars.close[t], result.bars.price[t]), weights)
            assert (out.equity, out.cash, out.cost) == (result.equity[t], result.cash[t], result.cost[t])
            assert session.units.tobytes() == result.units[t].tobytes()


@pytest.mark.parametrize("lot", LOTS)
def test_the_order_of_instruments_does_not_matter(lot: float) -> None:
    for seed in range(12):
        one = sized(seed, lot)
        order = np.random.default_rng(seed).permutation(one.panel.n_instruments)
        slippage = one.options["costs"].slippage(len(order))
        costs = dataclasses.replace(one.options["costs"], slippage_bps=tuple(slippage[order]))
        bars = {name: column[:, order] for name, column in one.panel.columns.items()}
        shuffled = Case(panel_of(bars), one.weights[:, order], one.options | {"costs": costs})
        base, other = run(one), run(shuffled)
        assert np.allclose(other.equity, base.equity, rtol=1e-12, atol=0)
        assert np.allclose(other.units, base.units[:, order], rtol=0, atol=1e-12 * base.units.max() + 1e-300)


def test_a_lot_each_and_what_is_too_small_for_one() -> None:
    bars = columns(3, 3, 3)
    weights = np.full((3, 3), np.nan)
    weights[0] = [0.3, 0.3, 0.3]
    result = run_weights(
        panel_of(bars), weights, fill="next_open", size_at="decision", lot=(0.5, 0.0, 1e9), initial_cash=1e4
    )
    wanted = 3_000.0 / bars["close"][0]
    assert result.units[1].tolist() == [np.floor(wanted[0] / 0.5) * 0.5, wanted[1], 0.0]
    assert (len(result.fills), len(result.drops)) == (2, 0)


def test_without_a_price_to_size_by_or_to_fill_at_the_order_is_dropped() -> None:
    session = BarSession(3, fill="next_close", size_at="decision", lot=1.0)
    nan = np.nan
    for close in ([10.0, 10.0, nan], [10.0, nan, 10.0]):
        session.step(
            Bar(np.array(close), np.array(close)), np.array([0.2, 0.2, 0.2]) if close[1] > 0 else None
        )
    assert session.drops == [(1, "no_price"), (2, "no_price")]
    assert session.fills["instrument"].tolist() == [0]


def test_fees_that_cannot_be_paid() -> None:
    session = BarSession(
        2, fill="close", size_at="decision", lot=1.0, costs=Costs(bps=0, fixed=30), initial_cash=100.0
    )
    flat = Bar(np.array([10.0, 10.0]), np.array([10.0, 10.0]))
    session.step(flat, np.array([0.2, 0.2]))
    assert (session.units.tolist(), session.cash) == ([2.0, 2.0], 0.0)
    session.step(flat, np.array([0.0, np.nan]))
    assert (session.units.tolist(), session.cash, session.drops) == ([2.0, 2.0], 0.0, [(0, "unaffordable")])


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"size_at": "close"}, "size_at"),
        ({"size_at": "decision", "sizing": "post_cost"}, "sizing"),
        ({"size_at": "decision", "lot": -1.0}, "lot"),
        ({"size_at": "decision", "lot": float("inf")}, "lot"),
        ({"size_at": "decision", "lot": "1"}, "lot"),
        ({"size_at": "decision", "lot": (1.0, -1.0)}, r"lot\[1\]"),
        ({"size_at": "decision", "lot": (1.0, 1.0, 1.0)}, "lot"),
        ({"lot": 1.0, "sizing": "first_order"}, "lot"),
    ],
)
def test_nonsense_names_the_field(options: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigError, match=rf"^{field}: expected"):
        BarSession(2, **options)


def test_settings_survive_a_manifest_and_a_snapshot() -> None:
    settings = Settings(sizing="pre_cost", size_at="decision", lot=(1.0, 0.5))
    assert Settings.from_config(settings.to_config()) == settings
    assert "size_at" not in Settings().to_config()
    session = BarSession(2, size_at="decision", lot=(1.0, 0.5))
    assert session.settings == settings
    assert BarSession.restore(session.snapshot()).settings == settings
