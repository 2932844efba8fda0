"""The vote on exposure: by hand, and that exaggeration does not pay."""

from __future__ import annotations

import numpy as np
import pytest

from quantrl.selection.allocate.uniform_phantom import UniformPhantom, uniform_phantom
from quantrl.selection.select import Selection
from selection.frames import frame
from selection.news import news


@pytest.mark.parametrize(
    ("reports", "outcome"),
    [
        ([0.3], 0.3),
        ([0.0, 1.0], 0.5),
        ([0.9, 1.0], 0.9),
        ([0.1, 0.2], 0.2),
        ([0.0, 0.0, 1.0], 1 / 3),
        ([0.0, 1.0, 1.0], 2 / 3),
        ([0.5, 0.5, 0.5, 0.5], 0.5),
        ([1.0] * 5, 1.0),
        ([0.0] * 5, 0.0),
    ],
)
def test_by_hand(reports: list[float], outcome: float) -> None:
    assert uniform_phantom(reports) == pytest.approx(outcome)


def test_nobody_gains_by_another_report() -> None:
    rng = np.random.default_rng(1)
    grid = np.linspace(0.0, 1.0, 21)
    for _ in range(150):
        truth = rng.choice(grid, int(rng.integers(1, 7))).tolist()
        honest = uniform_phantom(truth)
        assert min(truth) - 1e-12 <= honest <= max(truth) + 1e-12
        for i, wanted in enumerate(truth):
            for said in grid.tolist():
                lied = uniform_phantom([*truth[:i], said, *truth[i + 1 :]])
                assert abs(lied - wanted) >= abs(honest - wanted) - 1e-12


def test_loud_agents_are_cut_to_the_outcome_and_quiet_ones_keep_theirs() -> None:
    rule = UniformPhantom()
    rule.learn(news(agents=4, exposure=np.array([1.0, 0.2, 0.4, np.nan])))
    shares = rule.allocate(Selection((0, 2, 1), 4), frame([0.1] * 4))
    # Reports 1, .2, .4 with 1/3 and 2/3: the third smallest is .4.
    assert shares.tolist() == pytest.approx([0.25 * 0.4, 0.25, 0.25, 0.0])
    rule.learn(news(agents=4, exposure=np.array([1.7, 0.0, 0.0, 0.0])))
    assert rule.allocate(Selection((0,), 2), frame([0.1] * 4)).tolist() == [0.5, 0, 0, 0]
    assert rule.allocate(Selection((1, 2), 2), frame([0.1] * 4)).tolist() == [0, 0.5, 0.5, 0]
