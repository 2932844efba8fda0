"""Measures of accounts by hand, their intervals, and what may be said of them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from quantrl import metrics
from quantrl.contest.evaluate.accounts import Accounts
from quantrl.contest.evaluate.gap import Gap, gap, no_gap
from quantrl.contest.evaluate.resample import Resample, bounds
from quantrl.contest.evaluate.stepm import beating, may_claim
from quantrl.contest.evaluate.verdict import words
from quantrl.errors import ConfigError, DataError


def accounts(net: np.ndarray, **more: float) -> Accounts:
    names = [str(i) for i in range(net.shape[1])]
    return Accounts(names, net, np.full(net.shape, 1e-4), 252.0, **more)  # type: ignore[arg-type]


def noise(n: int = 120, k: int = 3, seed: int = 0) -> np.ndarray:
    return 0.01 * np.random.default_rng(seed).standard_normal((n, k))


def test_by_hand() -> None:
    made = accounts(np.array([[0.1], [-0.5], [0.2]])).measures("0")
    assert made["total"]["value"] == pytest.approx(1.1 * 0.5 * 1.2 - 1)
    assert made["max_drawdown"]["value"] == pytest.approx(-0.5)
    assert made["cost_bps_year"]["value"] == pytest.approx(252.0)
    series = np.array([0.1, -0.5, 0.2])
    assert made["sharpe"]["value"] == pytest.approx(series.mean() / series.std(ddof=1) * math.sqrt(252))


def test_intervals_hold_the_value_and_move_with_the_seed() -> None:
    first, again, other = (accounts(noise(), seed=seed) for seed in (1, 1, 2))
    for measure in ("total", "sharpe", "max_drawdown"):
        found = first.measures("1")[measure]
        assert found["low"] < found["value"] < found["high"]
        assert found == again.measures("1")[measure]
        assert found["low"] != other.measures("1")[measure]["low"]


def test_rows_are_those_of_the_kernel() -> None:
    net = noise()
    resample = Resample(len(net), draws=50, seed=3)
    sharpe, cagr = resample.sharpe_cagr(net, 252.0)
    drawn = net[resample.rows]
    assert sharpe == pytest.approx(drawn.mean(axis=1) / drawn.std(axis=1, ddof=1) * math.sqrt(252), rel=1e-9)
    assert (1 + cagr) ** (len(net) / 252) == pytest.approx(np.prod(1 + drawn, axis=1), rel=1e-9)
    assert resample.means(net) == pytest.approx(drawn.mean(axis=1))
    curve = np.cumprod(1 + drawn[7, :, 0])
    worst = min(0.0, float((curve / np.maximum(np.maximum.accumulate(curve), 1.0) - 1).min()))
    assert resample.drawdowns(net)[7, 0] == pytest.approx(worst)


@pytest.mark.parametrize("setting", [{"n_days": 1}, {"n_days": 9, "draws": 1}, {"n_days": 9, "block": 0.5}])
def test_resample_refuses(setting: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="resample"):
        Resample(**setting)  # type: ignore[arg-type]


@pytest.mark.parametrize("n", [0, 1, 2])
def test_too_short(n: int) -> None:
    made = accounts(noise(n, 2))
    assert made.measures("0")["sharpe"] == {"value": None, "reason": "too_short", "low": None, "high": None}
    assert made.luck(10, ["0", "1"]) == {"0": (None, None), "1": (None, None)}
    assert np.isnan(made.values("sharpe")).all()


def test_cash_is_undefined_and_not_zero() -> None:
    found = accounts(np.zeros((30, 1))).measures("0")["sharpe"]
    assert found["value"] is None
    assert found["reason"] == "zero_variance"


def test_luck_is_that_of_metrics() -> None:
    made = accounts(noise(k=4))
    psr, dsr = made.luck(40, ["0", "1", "2", "3"])["2"]
    ratios = [metrics.SharpeMoments.of(np.ascontiguousarray(made.net[:, i])).sharpe for i in range(4)]
    assert psr == pytest.approx(metrics.probabilistic_sharpe(made.net[:, 2]))
    assert dsr == pytest.approx(
        metrics.deflated_sharpe(made.net[:, 2], trials=40, sd_trials=np.std(ratios, ddof=1))
    )


def test_unknown_account() -> None:
    with pytest.raises(DataError, match="expected one of 0, 1"):
        accounts(noise(k=2)).measures("9")


def test_gap_by_hand() -> None:
    draws = np.linspace(-1.0, 3.0, 1_001)
    found = gap(1.0, draws)
    assert (found.low, found.high) == pytest.approx((-0.9, 2.9))
    assert found.se == pytest.approx(draws.std(ddof=1))
    assert found.visible == pytest.approx(2.8 * found.se)
    assert found.holds_zero
    assert found.p == pytest.approx((1 + (np.abs(draws - 1.0) >= 1.0).sum()) / 1_002)
    assert gap(math.nan, draws).json()["value"] is None
    assert no_gap("why").reason == "why"
    assert no_gap("why").holds_zero


def test_bounds_leave_out_what_is_undefined() -> None:
    assert bounds(np.array([np.nan, 1.0, 1.0])) == (1.0, 1.0)
    assert all(math.isnan(end) for end in bounds(np.array([np.nan])))


def test_skill_is_found_and_luck_is_not() -> None:
    lead = noise(504, 8, seed=5)
    lead[:, 3] += 0.004
    names = [f"a{i}" for i in range(8)]
    resample = Resample(504, draws=500, seed=0)
    assert "a3" in beating(names, lead, np.zeros(504), resample)
    draws = [Resample(300, draws=200, seed=seed) for seed in range(20)]
    false = sum(bool(beating(names, noise(300, 8, seed=one.seed), np.zeros(300), one)) for one in draws)
    assert false <= 3


def test_an_account_like_the_benchmark_is_no_rival() -> None:
    same = noise(300, 1)
    assert beating(["x"], same, same[:, 0], Resample(300, draws=50)) == []


def test_no_claim_before_252_days() -> None:
    sure = noise(251, 1) + 0.02
    assert may_claim(["x"], sure, np.zeros(251), Resample(251, draws=50)) == []
    sure = noise(252, 1) + 0.02
    assert may_claim(["x"], sure, np.zeros(252), Resample(252, draws=50)) == ["x"]


def _gap(low: float, high: float) -> Gap:
    return Gap((low + high) / 2, low, high, 0.01, 1.0, 2.8)


@pytest.mark.parametrize("claimed", [True, False])
def test_words(claimed: bool) -> None:
    said = words(_gap(-1, 1), 90, claimed=claimed, others=7)
    assert said == "not distinguishable from equal weight over 90 days"
    ahead, behind = (words(_gap(*ends), 300, claimed=claimed, others=7) for ends in ((0.1, 2), (-2, -0.1)))
    assert ahead.startswith("beats" if claimed else "ahead of")
    assert behind.startswith("behind equal weight")
    assert claimed or "not corrected for 7 accounts" in ahead
    assert "skill" not in ahead + behind
