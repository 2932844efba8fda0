"""Tails by hand, and the two-step game whose best policy depends on what was earned: exact in tables."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from agents.dqn_statarb.risk.game import ATOMS, TAU, outcomes
from quantrl.agents.dqn_statarb.risk import cvar, deployed, first_stocks
from quantrl.agents.dqn_statarb.risk.stock import stock_unit
from quantrl.errors import DataError

torch = pytest.importorskip("torch")
pytest.importorskip("sb3_contrib")

from quantrl.agents.dqn_statarb.nets import StockRating  # noqa: E402

SAFE, RISKY = 0, 1


def test_the_tail_counts_its_last_outcome_in_part() -> None:
    assert cvar([1.0, 2.0, 3.0, 4.0], tau=0.5) == pytest.approx(1.5)
    # Three tenths of four outcomes: the whole of -5 and a fifth of 1.
    assert cvar([3.0, -5.0, 1.0, 9.0], tau=0.3) == pytest.approx((-5.0 + 0.2 * 1.0) / 1.2)
    assert cvar(np.arange(10.0), tau=1.0) == pytest.approx(4.5)
    with pytest.raises(DataError, match="at least 2 finite sessions, got 1"):
        cvar([1.0])


def test_the_best_first_stock_is_worth_the_tail() -> None:
    pnl = np.random.default_rng(0).normal(1.0, 2.0, 4_000)
    first = np.linspace(-8.0, 8.0, 3_201)
    place, worth = deployed(first, np.tile(pnl, (len(first), 1)), tau=0.1)
    assert worth[place] == pytest.approx(cvar(pnl, 0.1), abs=1e-3)
    assert (worth <= cvar(pnl, 0.1) + 1e-12).all()
    assert first[place] == pytest.approx(-np.quantile(pnl, 0.1), abs=0.05)


def test_first_stocks_mirror_what_a_pilot_earns() -> None:
    first = first_stocks(np.arange(101.0))
    assert (len(first), first[0], first[-1]) == (16, -99.0, -1.0)
    assert np.allclose(np.diff(first), 98.0 / 15)
    assert stock_unit(first) == pytest.approx(98.0 / 4)


@pytest.mark.parametrize(
    ("policy", "tail", "mean"),
    [
        ({1: RISKY, -1: RISKY}, -4.0 / 3.0, 0.2),
        ({1: SAFE, -1: SAFE}, -1.0, 0.0),
        ({1: RISKY, -1: SAFE}, -1.0, 0.1),
        ({1: SAFE, -1: RISKY}, -4.0 / 3.0, 0.1),
    ],
)
def test_every_policy_of_the_game_by_enumeration(policy: dict[int, int], tail: float, mean: float) -> None:
    pnl = outcomes(lambda earned: policy[earned])
    assert cvar(pnl, TAU) == pytest.approx(tail)
    assert pnl.mean() == pytest.approx(mean)


def test_tables_rated_by_the_stock_find_the_best_of_them() -> None:
    """Exact quantiles of the second step in a table: the rating that the network learns by picks the policy, the formula
    for what is deployed picks the first stock, and nothing among the four policies is better."""
    table = torch.zeros(1, ATOMS, 2)
    table[0, :, RISKY] = torch.tensor([-1.0] * 4 + [1.0] * 6)
    rating = StockRating(place=0, unit=1.0)

    def act(first: float) -> np.ndarray:
        def choose(earned: int) -> int:
            return int(rating(table, torch.tensor([[first + earned]])).argmax())

        return outcomes(choose)

    first = np.linspace(-2.0, 2.0, 17)
    pnl = np.array([act(c) for c in first])
    place, worth = deployed(first, pnl, TAU)
    assert worth[place] == pytest.approx(-1.0)
    assert cvar(pnl[place], TAU) == pytest.approx(-1.0)
    assert pnl[place].mean() == pytest.approx(0.1)
    every = [
        outcomes(lambda earned, a=a, b=b: a if earned > 0 else b) for a, b in product((SAFE, RISKY), repeat=2)
    ]
    assert max(cvar(each, TAU) for each in every) == pytest.approx(-1.0)
    # Without the mean's small share both actions tie after +1, and nothing would be earned on top.
    idle = StockRating(place=0, unit=1.0, epsilon=0.0)(table, torch.tensor([[2.0]]))
    assert idle[0, SAFE] == idle[0, RISKY]
