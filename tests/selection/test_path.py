"""CUSUM and drawdown since an agent was funded."""

from __future__ import annotations

import json

import numpy as np
import pytest

from quantrl.selection.path import PathRisk
from quantrl.selection.score import Round


def test_cusum_adds_losses_clips_and_never_goes_below_zero() -> None:
    path = PathRisk(0.01)
    path.grow(2)
    expected = np.zeros(2)
    for x in ([-0.02, 0.01], [-0.09, -0.005], [0.005, 0.09], [0.02, -0.03]):
        path.fold(Round(0, np.arange(2), np.array(x), np.array(x)))
        expected = np.maximum(0.0, expected - np.clip(np.array(x) / 0.01, -4, 4))
    np.testing.assert_allclose(path.cusum, expected, atol=1e-12)
    assert path.cusum[0] == pytest.approx(3.5)


def test_drawdown_starts_again_when_funded() -> None:
    path = PathRisk(0.01)
    path.grow(1)
    for x in (0.1, -0.2, 0.05):
        path.fold(Round(0, np.array([0]), np.array([x]), np.array([x])))
    assert path.drawdown[0] == pytest.approx(0.8 * 1.05 - 1)
    path.restart([0])
    assert (path.drawdown[0], path.cusum[0]) == (0.0, 0.0)


def test_an_agent_without_a_row_stays_where_it_is_and_state_is_kept() -> None:
    path = PathRisk(0.01)
    path.grow(3)
    path.fold(Round(0, np.arange(3), np.full(3, -0.02), np.full(3, -0.02)))
    path.fold(Round(1, np.array([1]), np.array([-0.02]), np.array([-0.02])))
    np.testing.assert_allclose(path.cusum, [2, 4, 2])
    again = PathRisk(0.01)
    again.load_state_dict(json.loads(json.dumps(path.state_dict())))
    assert again.drawdown.tobytes() == path.drawdown.tobytes()
