"""The default predictor: vectors, the closed form, silence, and the floor under a deviation."""

from __future__ import annotations

import numpy as np
import pytest

from contest.trials import rows
from quantrl.contest.predict.ew import Ew
from quantrl.errors import ConfigError, DataError


def closed_form(x: np.ndarray, half_life: float) -> tuple[float, float, float]:
    """mu*, sqrt(var), n_eff of one agent, as the formulas are written."""
    age = np.arange(len(x))[::-1][~np.isnan(x)]
    x = x[~np.isnan(x)]
    w = 0.5 ** ((age - age.min()) / half_life)
    mu = (w * x).sum() / w.sum()
    n_eff = w.sum() ** 2 / (w**2).sum()
    return mu * n_eff / (n_eff + 10), np.sqrt((w * (x - mu) ** 2).sum() / w.sum()), n_eff


def test_vector() -> None:
    found = Ew(1.0).predict(np.array([[1.0], [2.0], [3.0]]))
    assert found.mean[0] == pytest.approx(0.459459, abs=1e-6)
    assert found.u[0] == pytest.approx(0.630752, abs=1e-6)


@pytest.mark.parametrize("half_life", [1.0, 21.0, 63.0, np.inf])
def test_the_closed_form(half_life: float) -> None:
    random = np.random.default_rng(3)
    scores = random.normal(0.4, 2.0, (150, 6)) + 1e3
    scores[random.random(scores.shape) < 0.3] = np.nan
    found = Ew(half_life).predict(scores)
    expected = np.array([closed_form(column, half_life) for column in scores.T]).T
    sd = np.maximum(expected[1], 0.25 * np.median(expected[1]))
    assert found.n_eff == pytest.approx(expected[2], rel=1e-12)
    assert found.mean == pytest.approx(expected[0], rel=1e-12)
    assert found.sd == pytest.approx(sd, rel=1e-9)
    assert found.u == pytest.approx(expected[0] / sd, rel=1e-9)
    assert found.matured.tolist() == (~np.isnan(scores)).sum(axis=0).tolist()


def test_a_walk_is_every_prediction_bit_for_bit() -> None:
    scores = np.random.default_rng(5).normal(size=(40, 4))
    scores[:7, 2] = np.nan
    for t, found in enumerate(rows(Ew(21).walk(scores))):
        alone = Ew(21).predict(scores[: t + 1])
        for name in ("u", "mean", "sd", "n_eff", "matured"):
            assert np.array_equal(getattr(found, name), getattr(alone, name), equal_nan=True)


def test_days_after_are_never_read() -> None:
    scores = np.random.default_rng(6).normal(size=(60, 3))
    changed = scores.copy()
    changed[40:] = 1e9
    assert np.array_equal(Ew().walk(scores).u[:40], Ew().walk(changed).u[:40], equal_nan=True)


def test_long_silence_neither_underflows_nor_forgets_the_ratio() -> None:
    scores = np.full((5_000, 2), np.nan)
    scores[:4] = [[1.0, 1.0], [2.0, 2.0], [3.0, 3.0], [2.0, 2.0]]
    scores[-1, 0] = 5.0
    found = Ew(1.0).predict(scores)
    assert np.isfinite(found.u).all()
    assert found.mean[1] == Ew(1.0).predict(scores[:4]).mean[1]
    assert found.mean[0] == pytest.approx(5.0 / 11.0)


def test_a_tiny_deviation_crowns_nobody() -> None:
    scores = np.random.default_rng(1).normal(0.0, 1.0, (200, 5))
    scores[:, 4] = 0.01 + 1e-9 * scores[:, 4]
    found = Ew(np.inf).predict(scores)
    assert found.sd[4] == pytest.approx(0.25 * np.median(scores.std(axis=0)), rel=1e-12)
    assert found.u[4] < 0.06
    two_days = np.full((200, 1), np.nan)
    two_days[-2:] = [[1e-12], [2e-12]]
    assert Ew(np.inf).predict(np.hstack([scores, two_days])).sd[4] == found.sd[4], "the cold set no floor"


def test_undefined_is_nan_not_infinity() -> None:
    found = Ew().predict(np.ones((10, 2)))
    assert np.isnan(found.u).all()
    assert not found.warm.any()
    nobody = Ew().predict(np.zeros((0, 3)))
    assert np.isnan(nobody.u).all()
    assert nobody.matured.tolist() == [0, 0, 0]


def test_bad_input() -> None:
    with pytest.raises(ConfigError, match="half_life"):
        Ew(0.0)
    with pytest.raises(DataError, match="day 1, agent 0 is inf"):
        Ew().predict(np.array([[0.0], [np.inf]]))
    with pytest.raises(DataError, match="shape"):
        Ew().predict(np.zeros(3))
