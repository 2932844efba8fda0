"""Slippage and fees of shorts that differ by bar."""

from __future__ import annotations

import json

import numpy as np
import pytest

from backtest.markets import FILLS, columns, decisions, panel_of
from backtest.test_terms import market, signed
from quantrl.backtest import (
    Bar,
    BarSession,
    Costs,
    Day,
    Margin,
    Settings,
    Terms,
    run_signals,
    run_weights,
    sweep,
)
from quantrl.data import Panel
from quantrl.errors import ConfigError
from quantrl.report.schema import SettingsEntry
from quantrl.report.sections.header import cost_words
from quantrl.units import NS_PER_DAY

SHAPE = (40, 5)
BY_NAME = (1.0, 2.0, 3.0, 4.0, 5.0)


@pytest.mark.parametrize("fill", FILLS)
def test_rows_that_are_all_the_same_are_one_row(fill: str) -> None:
    panel, weights = panel_of(columns(1)), decisions(1, *SHAPE)
    for by_bar, one in (
        (np.tile(BY_NAME, (40, 1)), BY_NAME),
        (np.full((40, 1), 3.0), 3.0),
        (np.full(SHAPE, 3.0), 3.0),
    ):
        mine, plain = (
            run_weights(panel, weights, fill=fill, costs=Costs(bps=10, slippage_bps=slippage))
            for slippage in (by_bar, one)
        )
        np.testing.assert_allclose(mine.equity, plain.equity, rtol=1e-12)
        assert mine.cost.sum() > 0.0


def test_a_fill_pays_the_slippage_of_its_own_bar_and_name() -> None:
    bars, slippage = columns(2), np.random.default_rng(0).uniform(0.0, 50.0, SHAPE)
    result = run_weights(
        panel_of(bars), decisions(2, *SHAPE), costs=Costs(bps=0.0, slippage_bps=slippage), keep="full"
    )
    fills = result.record.fills
    paid = slippage[fills.bar, fills.instrument] * 1e-4 * np.abs(fills.units * fills.price)
    np.testing.assert_allclose(fills.slippage, paid, rtol=1e-9)
    assert result.audit().fills > 50
    assert "zero_cost" not in result.flags


def test_a_short_pays_the_fee_of_the_days_it_was_held() -> None:
    close = np.full((4, 2), 10.0)
    time = np.arange(1, 5) * NS_PER_DAY
    panel = Panel.from_arrays({"close": close}, time, ["A", "B"], periods_per_year=252.0)
    fee = np.array([[9.0, 9.0], [0.365, 0.73], [0.0, 0.0], [3.65, 0.0]])
    weights = np.full((4, 2), np.nan)
    weights[0] = -0.5
    result = run_weights(
        panel,
        weights,
        fill="close",
        costs=Costs.zero(),
        initial_cash=1_000.0,
        terms=Terms(margin=Margin(), short_fee=fee),
    )
    # 500 short of each: row 1 is what they cost from close 0 to close 1.
    assert result.short_fees.tolist() == pytest.approx([0.0, 0.5 + 1.0, 0.0, 5.0])
    assert result.audit().breaches == 0


def test_a_session_is_told_them_with_the_day() -> None:
    slippage = np.linspace(1.0, 20.0, 200).reshape(SHAPE)
    fee = np.linspace(0.0, 0.5, 40).reshape(40, 1)
    panel, weights = market(3), signed(3, 40, 5, 1.5)
    settings = {
        "fill": "next_close",
        "costs": Costs(slippage_bps=slippage),
        "terms": Terms(margin=Margin(), short_fee=fee),
    }
    result = run_weights(panel, weights, **settings)
    session, years = (
        BarSession(5, **settings),
        np.diff(panel.time, prepend=panel.time[:1]) / (365 * NS_PER_DAY),
    )
    for t in range(40):
        day = Day(years[t], slippage_bps=slippage[t], short_fee=np.full(5, fee[t, 0]))
        if t == 20:
            session = BarSession.restore(session.snapshot())
        out = session.step(Bar(result.bars.close[t], result.bars.price[t], day), weights[t])
        assert (out.equity, out.short_fees) == (result.equity[t], result.short_fees[t])
    close = result.bars.close[0]
    with pytest.raises(ConfigError, match=r"bar\.day\.slippage_bps: expected, for it was given by bar"):
        session.step(Bar(close, close, Day(0.0)))
    with pytest.raises(ConfigError, match="slippage_bps: was given by bar, and a config keeps no numbers"):
        run_weights(panel, weights, fill="close", costs=session.settings.costs)


def test_a_manifest_keeps_their_identity() -> None:
    one, other = (Costs(bps=0.0, slippage_bps=np.full(SHAPE, bps)) for bps in (1.0, 2.0))
    assert one == Costs(bps=0.0, slippage_bps=np.full(SHAPE, 1.0)) != other
    kept = Settings(costs=one).to_config()
    assert kept["costs"]["slippage_bps"]["shape"] == [40, 5]
    assert Settings.from_config(kept) == Settings(costs=one)
    assert one.times(2.0) == other
    assert not one.is_zero
    assert Costs(bps=0.0, slippage_bps=np.zeros(SHAPE)).is_zero


def test_costs_of_the_same_decisions_can_be_multiplied() -> None:
    slippage = np.linspace(1.0, 20.0, 200).reshape(SHAPE)
    result = run_weights(panel_of(columns(4)), decisions(4, *SHAPE), costs=Costs(slippage_bps=slippage))
    curve = result.cost_curve([0, 1, 3])
    assert curve["total"][1] == result.measures["total"].value
    assert curve["total"].is_sorted(descending=True)


def test_what_does_not_fit_is_refused_by_place() -> None:
    panel, weights = panel_of(columns(5)), decisions(5, *SHAPE)
    bad = np.full(SHAPE, 1.0)
    bad[7, 2] = np.nan
    with pytest.raises(ConfigError, match=r"costs\.slippage_bps\[7, 2\]: expected a finite number"):
        Costs(slippage_bps=bad)
    with pytest.raises(ConfigError, match=r"short_fee\[7, 2\]: expected a finite number"):
        Terms(margin=Margin(), short_fee=bad)
    for shape in ((39, 5), (40, 4), (1, 5)):
        with pytest.raises(ConfigError, match=r"costs\.slippage_bps: expected shape \(40, 5\) or \(40, 1\)"):
            run_weights(panel, weights, costs=Costs(slippage_bps=np.ones(shape)))
    with pytest.raises(ConfigError, match="max_gross: expected below"):
        run_weights(
            panel, weights, costs=Costs(slippage_bps=np.full(SHAPE, 6_000.0)), terms=Terms(margin=Margin())
        )
    with pytest.raises(
        ConfigError, match="terms, costs: sma_cross trades on a cash account without terms or"
    ):
        sweep(
            "sma_cross",
            {"fast": [2], "slow": [5]},
            panel.only("N1"),
            costs=Costs(slippage_bps=np.ones((40, 1))),
        )


def test_signals_pay_the_slippage_of_their_own_bar_and_name() -> None:
    panel, slippage = panel_of(columns(6)), np.random.default_rng(1).uniform(0.0, 50.0, SHAPE)
    entries = np.random.default_rng(2).random(SHAPE) < 0.2
    for i, result in enumerate(run_signals(panel, entries, ~entries, costs=Costs(slippage_bps=slippage))):
        fills = result.record.fills
        paid = slippage[fills.bar, i] * 1e-4 * np.abs(fills.units * fills.price)
        np.testing.assert_allclose(fills.slippage, paid, rtol=1e-9)
        assert result.audit().fills > 5


@pytest.mark.parametrize(
    ("slippage", "said"),
    [
        (np.ones(SHAPE), "slippage by bar"),
        (BY_NAME, "1 to 5 bp slippage by instrument"),
        (2.0, "2 bp slippage"),
    ],
)
def test_a_page_says_what_kind_of_slippage_was_paid(slippage: object, said: str) -> None:
    costs = Settings(costs=Costs(slippage_bps=slippage)).to_config()["costs"]
    kept = json.loads(
        json.dumps({"fill": "close", "sizing": "post_cost", "costs": costs, "seed": 0, "initial_cash": 1})
    )
    assert cost_words(SettingsEntry.model_validate(kept)) == f"10 bp a side, {said}"
