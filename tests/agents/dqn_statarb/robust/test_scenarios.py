from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

from quantrl import _core
from quantrl.agents.dqn_statarb.robust import BOX, Box, Scenarios, scenarios
from quantrl.agents.dqn_statarb.robust.box import at
from quantrl.agents.dqn_statarb.robust.known import known
from quantrl.agents.dqn_statarb.robust.scenarios import best_value, cost_at
from quantrl.agents.dqn_statarb.truth import ou_optimum
from quantrl.agents.dqn_statarb.value import worth
from quantrl.envs import PairConfig, PairLayout
from quantrl.errors import ConfigError

BOOKS = PairConfig.books(cost=0.2)
SHORT, HOLD, LONG = 0, None, 2


def turning(pair: PairConfig, threshold: float):
    """Short at or above a threshold in s, long at or below its negative, else as it is."""
    layout = PairLayout.of(pair)
    z, position = layout.at("z"), layout.at("position")

    def act(obs: np.ndarray) -> np.ndarray:
        held = np.rint(obs[:, position]).astype(int) + 1
        return np.where(obs[:, z] >= threshold, 0, np.where(obs[:, z] <= -threshold, 2, held))

    return act


def test_points_begin_with_the_nominal_one_and_hold_every_corner() -> None:
    points = BOX.points(16, seed=3)
    assert points[0].tolist() == [1.0, 1.0, 0.0, 1.0, 1.0]
    corners = {tuple(row) for row in points[1:17]}
    assert len(corners) == 16
    assert all(
        value in (low, high)
        for row in corners
        for value, low, high in zip(row, BOX.low, BOX.high, strict=True)
    )
    assert ((points >= BOX.low) & (points <= BOX.high)).all()
    assert np.array_equal(points, BOX.points(16, seed=3))
    assert not np.array_equal(points, BOX.points(16, seed=4))
    assert BOX.adverse == (2.0, 2.0, 250.0, 1.0, 0.5)


def test_a_box_lies_around_the_nominal_point() -> None:
    with pytest.raises(ConfigError, match=r"box.spread_mult: expected bounds around 1, got 1.5 to 2"):
        Box(low=(0.5, 1.5, 0.0, 1.0, 0.5), high=(2.0, 2.0, 0.0, 1.0, 2.0))


def test_the_best_rule_of_each_point_earns_its_optimum_there() -> None:
    for point in ((2.0, 2.0, 0.0, 1.0, 1.0), (0.5, 0.5, 0.0, 1.0, 2.0), (1.0, 2.0, 0.0, 1.0, 0.5)):
        theta = np.array([point])
        threshold = point[4] * _core.ou_shifted(cost_at(BOOKS, theta[0]), BOOKS.kappa_dt)
        found = scenarios(turning(BOOKS, threshold), BOOKS, theta, n_each=32, decisions=2048)
        assert abs(found.ratio[0] - 1.0) < max(0.02, 4.0 * found.ratio_se[0]), (
            point,
            found.ratio,
            found.ratio_se,
        )
        assert found.ratio_se[0] < 0.05


def test_the_optimum_is_that_of_the_cost_and_the_scale() -> None:
    nominal, wide = np.array([1.0, 1.0, 0.0, 1.0, 1.0]), np.array([2.0, 2.0, 0.0, 1.0, 2.0])
    assert np.isclose(best_value(BOOKS, wide), 2.0 * best_value(BOOKS, nominal))


@pytest.mark.parametrize("cost", [0.061, 0.33])
def test_between_solved_costs_values_are_interpolated(cost: float) -> None:
    exact = ou_optimum(0.02, cost).value
    assert abs(known(0.02, cost).best / exact - 1.0) < 1e-3
    assert known(0.02, cost).rule <= known(0.02, cost).best * (1 + 1e-9)
    assert known(0.02, 0.0).best == ou_optimum(0.02, 0.0).value


def test_points_side_by_side_are_points_alone() -> None:
    act, points = turning(BOOKS, 0.8), BOX.points(0)[:4]
    together = scenarios(act, BOOKS, points, n_each=4, decisions=64)
    again = scenarios(act, BOOKS, points, n_each=4, decisions=64)
    assert np.array_equal(together.value, again.value)
    alone = worth(act, at(BOOKS, points[0]), n_envs=4, decisions=64, seed=0)
    first = scenarios(act, BOOKS, points[:1], n_each=4, decisions=64)
    assert np.isclose(first.raw[0], alone.expected, rtol=1e-12)
    assert first.raw[0] == together.raw[0]
    assert together.sharpe.shape == (4,)


def test_fees_and_spreads_cost_money() -> None:
    act = turning(BOOKS, 0.8)
    points = np.array([[1, 1, 0, 1, 1], [2, 1, 0, 1, 1], [2, 2, 0, 1, 1]], dtype=float)
    found = scenarios(act, BOOKS, points, n_each=64, decisions=512)
    assert found.value[2] < found.value[1] < found.value[0]


def test_the_worst_come_first_and_ties_keep_their_order() -> None:
    ones = np.ones(3)
    found = Scenarios(
        theta=np.zeros((3, 5)), value=np.array([2.0, 1.0, 1.0]), se=ones, best=ones, raw=ones, sharpe=ones
    )
    assert found.worst(3) == [1, 2, 0]
    assert found[[2]].value.tolist() == [1.0]


def test_what_cannot_be_judged_is_refused() -> None:
    walk = PairConfig.books(kappa_dt=0.0, step_sd=0.2, cost=0.2)
    with pytest.raises(ConfigError, match=r"pair.kappa_dt: expected a spread that reverts, got 0"):
        scenarios(turning(walk, 1.0), walk, BOX.points(0))
    with pytest.raises(ConfigError, match=r"n_each: expected at least 2, got 1"):
        scenarios(turning(BOOKS, 1.0), BOOKS, BOX.points(0), n_each=1)
