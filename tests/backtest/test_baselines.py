"""Baselines hold what their names say; random ones hold and trade as much as what they are compared with."""

from __future__ import annotations

import numpy as np
import pytest

from quantrl.backtest import Costs, Schedule, baselines, run_weights
from quantrl.backtest.bars import Bars, as_bars
from quantrl.data import load_sample
from quantrl.errors import ConfigError
from quantrl.typing import FloatArray

CLOSE = np.array(load_sample("us20")["close"])[:756]
BARS = as_bars(CLOSE, fill="close", periods_per_year=252)


def top5(close: FloatArray) -> FloatArray:
    weights = np.full(close.shape, np.nan)
    for t in range(126, len(close), 21):
        growth = close[t] / close[t - 126]
        weights[t] = np.where(growth >= np.sort(growth)[-5], 0.2, 0.0)
    return weights


def run(schedule: Schedule, close: FloatArray = CLOSE) -> tuple[float, float, float]:
    result = run_weights(close, schedule, fill="close", costs=Costs(bps=10), periods_per_year=252)
    assert result.audit().breaches == 0
    measures = result.measures
    return measures["total"].value, measures["exposure"].value, measures["turnover"].value


def test_cash_buy_and_hold_and_equal_weight() -> None:
    assert run(baselines.cash(BARS)) == (0.0, 0.0, 0.0)
    held = run_weights(
        CLOSE, baselines.buy_and_hold(BARS), fill="close", costs=Costs.zero(), periods_per_year=252
    )
    assert held.equity[-1] / 1e6 == pytest.approx((CLOSE[-1] / CLOSE[0]).mean(), rel=1e-12)
    monthly, daily = baselines.equal_weight(BARS), baselines.equal_weight(BARS, 1)
    assert monthly.rows is not None
    assert monthly.rows.tolist()[:3] == [0, 21, 42]
    assert (daily.values == 0.05).all()
    assert run(daily)[2] > run(monthly)[2] > run(baselines.buy_and_hold(BARS))[2] > 0.0
    with pytest.raises(ConfigError, match="every: expected"):
        baselines.equal_weight(BARS, 0)


def test_names_without_a_price_have_no_part() -> None:
    close = CLOSE[:100].copy()
    close[:5] = np.nan
    close[:30, :10] = np.nan
    bars = as_bars(close, fill="close", periods_per_year=252)
    held = baselines.buy_and_hold(bars)
    assert held.rows is not None
    assert held.rows.tolist() == [5]
    assert held.values[0].tolist() == [0.0] * 10 + [0.1] * 10
    assert (baselines.equal_weight(bars, 30).values[1] == 0.05).all()


def test_random_schedules_hold_and_trade_as_much() -> None:
    schedule = Schedule(None, top5(CLOSE))
    _, exposure, turnover = run(schedule)
    found = [run(one) for one in baselines.random_schedules(schedule, BARS, count=40, seed=3)]
    totals, exposures, turnovers = (np.array(column) for column in zip(*found, strict=True))
    assert np.unique(totals).size == 40
    assert exposures.mean() == pytest.approx(exposure, rel=0.05)
    assert turnovers.mean() == pytest.approx(turnover, rel=0.15)
    again = [run(one) for one in baselines.random_schedules(schedule, BARS, count=40, seed=3)]
    other = [run(one) for one in baselines.random_schedules(schedule, BARS, count=40, seed=4)]
    assert again == found
    assert other != found


@pytest.mark.parametrize("seed", range(5))
def test_weights_and_their_changes_are_those_of_the_schedule(seed: int) -> None:
    schedule = Schedule(None, top5(CLOSE))
    wanted = schedule.values[~np.isnan(schedule.values).all(axis=1)]
    for one in baselines.random_schedules(schedule, BARS, count=10, seed=seed):
        assert one.rows is not None
        values = one.values[-len(wanted) :]  # without what opens the account
        assert len(one.values) - len(values) in (0, 1)
        assert np.array_equal(np.sort(values.ravel()), np.sort(wanted.ravel()))
        changes = np.abs(np.diff(values, axis=0)).sum(axis=1)
        asked = np.abs(np.diff(wanted, axis=0)).sum(axis=1)
        joint = np.abs(wanted[0] - wanted[-1]).sum()
        # A rotation of the changes: all but one are there, and the one that closes the circle.
        circle, seen = sorted([*asked, joint]), sorted(changes)
        assert len(seen) == len(circle) - 1
        for change in seen:
            circle.remove(min(circle, key=lambda c: abs(c - change)))
        assert len(circle) == 1


def test_one_name_is_random_in_time_alone() -> None:
    weights = np.full((756, 1), np.nan)
    weights[100], weights[300], weights[500], weights[600] = 0.9, 0.0, 0.8, 0.0
    schedule, bars = Schedule(None, weights), as_bars(CLOSE[:, :1], fill="close", periods_per_year=252)
    invested = 200 * 0.9 + 100 * 0.8
    starts: set[tuple[int, ...]] = set()
    for one in baselines.random_schedules(schedule, bars, count=30):
        dense = np.zeros(756)
        assert one.rows is not None
        for row, value in zip(one.rows, one.values[:, 0], strict=True):
            dense[row:] = value
        assert dense.sum() == pytest.approx(invested)
        assert not dense[:100].any()
        starts.add(tuple(one.rows.tolist()))
    assert len(starts) > 25


def test_a_weight_never_falls_on_a_name_without_a_price() -> None:
    close = CLOSE.copy()
    close[:400, 12:] = np.nan
    bars: Bars = as_bars(close, fill="close", periods_per_year=252)
    schedule = Schedule(None, top5(CLOSE))
    for one in baselines.random_schedules(schedule, bars, count=20):
        assert one.rows is not None
        gone = np.isnan(close[one.rows])
        assert not (one.values[gone] > 0).any()
        assert np.nansum(one.values, axis=1) == pytest.approx(1.0)


def test_nothing_decided_gives_nothing_random() -> None:
    schedule = Schedule(None, np.full(CLOSE.shape, np.nan))
    (one,) = baselines.random_schedules(schedule, BARS, count=1)
    assert len(one.values) == 0


def test_what_was_decided_at_different_times_opens_no_account_beyond_its_cash() -> None:
    weights = np.full((756, 3), np.nan)
    weights[100, 0], weights[300, 1], weights[500, 2] = 0.6, 0.6, 0.4  # each is what the cash left allows
    close = CLOSE[:, :3]
    bars = as_bars(close, fill="close", periods_per_year=252)
    openings = []
    for one in baselines.random_schedules(Schedule(None, weights), bars, count=20):
        run(one, close)
        assert one.rows is not None
        if len(one.rows) == 4:
            openings.append(one.values[0].sum())
    assert openings == pytest.approx([0.6] * len(openings))
    assert len(openings) > 10
