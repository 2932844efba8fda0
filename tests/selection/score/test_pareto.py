"""Exclusive hypervolume against inclusion and exclusion, and the scorer on agents made by hand."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from counts import full_or
from quantrl.errors import ConfigError
from quantrl.selection import Ledger
from quantrl.selection.score._hypervolume import contributions
from quantrl.selection.score.pareto import Pareto


def volume(points: np.ndarray, reference: float) -> float:
    """Of the union of boxes, by inclusion and exclusion."""
    sides = np.maximum(points - reference, 0.0)
    total = 0.0
    for size in range(1, len(points) + 1):
        corners = (sides[list(some)].min(axis=0).prod() for some in combinations(range(len(points)), size))
        total -= (-1) ** size * sum(corners)
    return total


def test_equals_inclusion_and_exclusion() -> None:
    rng = np.random.default_rng(9)
    for case in range(full_or(500, 60)):
        n, d = int(rng.integers(1, 9)), int(rng.integers(1, 5))
        points = rng.random((n, d)) * 1.2 - 0.1
        if case % 3 == 0:
            points = np.round(points * 3) / 3
        whole = volume(points, -0.05)
        expected = [whole - volume(np.delete(points, i, axis=0), -0.05) for i in range(n)]
        np.testing.assert_allclose(contributions(points, -0.05), expected, atol=1e-12)


def test_copies_and_the_dominated_give_nothing() -> None:
    points = np.array([[0.9, 0.9, 0.5], [0.9, 0.9, 0.5], [0.2, 0.2, 0.2], [0.1, 0.2, 0.9], [-0.2, 0.9, 0.9]])
    found = contributions(points, -0.05)
    assert (found[[0, 1, 2, 4]] == 0).all()
    assert found[3] == pytest.approx(0.15 * 0.25 * 0.4)


@pytest.mark.parametrize("shape", [(51, 2), (5, 5)])
def test_limits(shape: tuple[int, int]) -> None:
    with pytest.raises(ConfigError, match="at most 50 points of 1 to 4 coordinates"):
        contributions(np.zeros(shape), 0.0)


def ledger(returns: np.ndarray, cost: np.ndarray, tokens: np.ndarray) -> Ledger:
    n = returns.shape[1]
    made = Ledger([f"a{i}" for i in range(n)], overlap=1)
    for day, row in enumerate(returns):
        own = {"agent": np.arange(n), "decided": day, "effective": day, "matured": day + 1}
        made.append({**own, "gross": row + cost, "cost": cost, "tokens": tokens})
    return made


def test_the_scorer_prefers_who_alone_offers_something() -> None:
    """Same returns up to sign of their mean: cheap in tokens, cheap in costs, and dominated in everything."""
    noise = np.random.default_rng(2).standard_normal((90, 1)) * 0.01
    returns = np.hstack([noise + 0.001, noise + 0.001, noise + 0.001, noise - 0.001])
    cost, tokens = np.array([1e-4, 3e-4, 3e-4, 3e-4]), np.array([90.0, 10.0, 90.0, 90.0])
    scorer = Pareto(("sharpe", "cost", "tokens"))
    scorer.update(ledger(returns, cost, tokens).as_of(90))
    frame = scorer.scores()
    assert frame.ready.all()
    assert frame.mean[0] > 0
    assert frame.mean[1] > 0
    np.testing.assert_allclose(frame.mean[2:], 0.0, atol=1e-15)
    assert (frame.sd == 0).all()


def test_an_objective_on_which_all_agree_tells_nobody_apart() -> None:
    returns = np.random.default_rng(3).standard_normal((80, 4)) * 0.01
    one, two = Pareto(("sharpe",)), Pareto(("sharpe", "tokens"))
    for scorer in (one, two):
        scorer.update(ledger(returns, np.zeros(4), np.zeros(4)).as_of(80))
    np.testing.assert_allclose(two.scores().mean, 0.05 * one.scores().mean, atol=1e-15)


def test_more_than_50_ready_agents_are_refused() -> None:
    returns = np.random.default_rng(4).standard_normal((64, 51)) * 0.01
    scorer = Pareto()
    scorer.update(ledger(returns, np.zeros(51), np.zeros(51)).as_of(64))
    with pytest.raises(ConfigError, match="at most 50"):
        scorer.scores()


@pytest.mark.parametrize("bad", [(), ("sharpe", "sharpe"), ("turnover",)])
def test_objectives(bad: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match="objectives"):
        Pareto(bad)
