"""Beliefs: the truth pays best, overconfidence does not pay, and shares stay in bounds."""

from __future__ import annotations

import numpy as np
import pytest

from quantrl.errors import ConfigError
from quantrl.selection import Ledger
from quantrl.selection.score.proper_score import SPREAD, ProperScore


def ledger(gained: np.ndarray, belief: np.ndarray, acted: np.ndarray | None = None) -> Ledger:
    """Gains (days, n) of 1 % or losses; beliefs (days, n)."""
    days, n = gained.shape
    made = Ledger([f"a{i}" for i in range(n)], overlap=1)
    acted = np.ones((days, n), dtype=bool) if acted is None else acted
    for day in range(days):
        own = {"agent": np.arange(n), "decided": day, "effective": day, "matured": day + 1}
        gross = np.where(acted[day], np.where(gained[day], 0.01, -0.01), 0.0)
        made.append({**own, "gross": gross, "belief": belief[day], "acted": acted[day]})
    return made


@pytest.mark.parametrize("rule", ["brier", "log"])
@pytest.mark.parametrize("truth", [0.3, 0.5, 0.8])
def test_the_true_probability_scores_best(rule: str, truth: float) -> None:
    days, grid = 200, np.round(np.arange(0.05, 1.0, 0.05), 2)
    gained = np.arange(days) % 20 < round(truth * 20)
    scorer = ProperScore(rule, half_life=np.inf)  # type: ignore[arg-type]
    both = np.repeat(gained[:, None], len(grid), axis=1), np.repeat(grid[None], days, axis=0)
    scorer.update(ledger(*both).as_of(days))
    mean = scorer.scores().mean
    assert grid[np.argmax(mean)] == truth
    assert (np.diff(mean[grid <= truth]) > 0).all()
    assert (np.diff(mean[grid >= truth]) < 0).all()


def test_equals_the_definition() -> None:
    rng, days, n = np.random.default_rng(3), 140, 6
    gained, belief = rng.random((days, n)) < 0.55, rng.random((days, n))
    belief[rng.random((days, n)) < 0.3] = np.nan
    acted = rng.random((days, n)) < 0.8
    scorer = ProperScore(half_life=50.0)
    scorer.update(ledger(gained, belief, acted).as_of(days))
    decay, s, v = 0.5 ** (1 / 50), np.zeros(n), np.zeros(n)
    for i in range(n):
        skills, counted, hits, weight = [], [], 0.0, 0.0
        for day in range(days):
            y, stated = float(gained[day, i]), bool(acted[day, i] and not np.isnan(belief[day, i]))
            if stated:
                base = (hits + 1) / (weight + 2)
                skills.append((y - base) ** 2 - (y - belief[day, i]) ** 2)
                counted.append(day)
            hits, weight = decay * hits + y * stated, decay * weight + stated
        w = decay ** (days - 1 - np.array(counted, dtype=float))
        share = w.sum() / (decay ** np.arange(days)).sum()
        mean = w @ skills / w.sum()
        s[i] = share * mean
        v[i] = share**2 * (w @ (np.array(skills) - mean) ** 2 / w.sum()) * (w @ w) / w.sum() ** 2
    prior = max(1e-6, s.var(ddof=1) - v.mean())
    keep = prior / (prior + v)
    frame = scorer.scores()
    np.testing.assert_allclose(frame.mean, s.mean() + keep * (s - s.mean()), rtol=1e-9)
    np.testing.assert_allclose(frame.sd, np.sqrt(keep * v), rtol=1e-9)


@pytest.mark.parametrize("rule", ["brier", "log"])
def test_overconfidence_gets_the_least_share(rule: str) -> None:
    """Belief .9 at hit rate .5 beside forecasters who know something, and some who know nothing and say so."""
    rng, days, n = np.random.default_rng(5), 260, 12
    chance = np.where(np.arange(n) < 4, rng.choice([0.3, 0.7], (days, n)), 0.5)
    gained = rng.random((days, n)) < chance
    gained[:, n - 1] = np.arange(days) % 2 == 0
    belief = chance.copy()
    belief[:, n - 1] = 0.9
    scorer = ProperScore(rule)  # type: ignore[arg-type]
    scorer.update(ledger(gained, belief).as_of(days))
    shares = scorer.budget()
    assert shares.sum() == pytest.approx(1.0)
    assert (shares >= SPREAD / n - 1e-15).all()
    assert shares[n - 1] <= 1.5 * SPREAD / n
    assert shares[:4].min() > 1 / n


def test_who_says_nothing_has_no_skill_and_the_same_share() -> None:
    rng = np.random.default_rng(6)
    scorer = ProperScore()
    assert scorer.budget().tolist() == []
    scorer.update(ledger(rng.random((90, 4)) < 0.5, np.full((90, 4), np.nan)).as_of(90))
    assert not scorer.scores().ready.any()
    np.testing.assert_allclose(scorer.budget(), 0.25)


def test_rule() -> None:
    with pytest.raises(ConfigError, match="brier or log"):
        ProperScore("spherical")  # type: ignore[arg-type]
