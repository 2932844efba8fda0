"""Decayed Sharpe ratios from their definition, and who cannot game them."""

from __future__ import annotations

import numpy as np
import pytest

from quantrl.selection import Ledger
from quantrl.selection.score.ew_sharpe_eb import EwSharpeEB
from quantrl.selection.score.normal_score_eb import NormalScoreEB

SIGMA = 0.10 / np.sqrt(252)


def ledger(returns: np.ndarray, matured: int = 1) -> Ledger:
    n = returns.shape[1]
    made = Ledger([f"a{i}" for i in range(n)])
    for day, row in enumerate(returns):
        own = {"agent": np.arange(n), "decided": day, "effective": day, "matured": day + matured}
        made.append({**own, "gross": row, "acted": row != 0})
    return made


@pytest.mark.parametrize(("half_life", "overlap"), [(40.0, 1), (np.inf, 5)])
def test_equals_the_definition(half_life: float, overlap: int) -> None:
    rng, days = np.random.default_rng(1), 150
    returns = rng.standard_t(4, (days, 9)) * np.linspace(0.004, 0.03, 9)
    returns[:, 3] *= rng.random(days) < 0.4
    scorer = EwSharpeEB(half_life=half_life)
    rounds = scorer.update(ledger(returns, overlap).as_of(days + overlap)).rounds
    x = np.array([r.x for r in rounds])
    w = 0.5 ** (np.arange(days)[::-1] / half_life)
    mean = w @ x / w.sum()
    s = mean / np.sqrt(w @ (x - mean) ** 2 / w.sum())
    v = overlap * (w @ w) / w.sum() ** 2
    keep = (tau := max(1e-6, s.var(ddof=1) - v)) / (tau + v)
    frame = scorer.scores()
    np.testing.assert_allclose(frame.mean, s.mean() + keep * (s - s.mean()), rtol=1e-9)
    np.testing.assert_allclose(frame.sd, np.sqrt(keep * v), rtol=1e-9)
    np.testing.assert_allclose(frame.n_eff, 1 / v, rtol=1e-9)


def test_sign_turns_the_order_round() -> None:
    returns = np.random.default_rng(2).standard_normal((120, 8)) * 0.01
    means = []
    for sign in (1, -1):
        scorer = EwSharpeEB()
        scorer.update(ledger(sign * returns).as_of(200))
        means.append(scorer.scores().mean)
    np.testing.assert_allclose(means[0], -means[1], atol=1e-12)


@pytest.mark.parametrize("cls", [EwSharpeEB, NormalScoreEB])
def test_hardly_moving_is_no_way_to_the_top(cls: type[EwSharpeEB] | type[NormalScoreEB]) -> None:
    """A volatility of 1e-6 a year at a Sharpe ratio of 20, beside honest agents of whom two are good."""
    rng = np.random.default_rng(3)
    returns = rng.standard_normal((250, 10)) * SIGMA
    returns[:, :2] += 2 * SIGMA / np.sqrt(252)
    returns[:, 9] = (rng.standard_normal(250) + 20 / np.sqrt(252)) * 1e-6 / np.sqrt(252)
    scorer = cls()
    scorer.update(ledger(returns).as_of(300))
    frame = scorer.scores()
    assert np.nanargmax(frame.mean) < 2
    assert (9, "vol_floor") in frame.flags


def test_what_never_varies_is_not_ready() -> None:
    returns = np.random.default_rng(4).standard_normal((80, 5)) * 0.01
    returns[:, 1] = 0.0
    scorer = EwSharpeEB()
    scorer.update(ledger(returns).as_of(90))
    frame = scorer.scores()
    np.testing.assert_array_equal(frame.ready, [True, False, True, True, True])
    assert np.isnan(frame.mean[1])
