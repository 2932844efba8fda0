"""The optimum of trading an Ornstein-Uhlenbeck spread: equations, tables and other people's Dawson integral."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import dawsn

from quantrl import _core
from quantrl.agents.dqn_statarb.truth import ou_continuous, ou_optimum, ou_rule, ou_thresholds
from quantrl.errors import ConfigError

VALUES = {
    0.0: (0.7900, 0.7979),
    0.05: (0.6851, 0.6890),
    0.1: (0.6249, 0.6286),
    0.2: (0.5348, 0.5382),
    0.5: (0.3558, 0.3587),
}
THRESHOLDS = {
    0.0: (0.0, 0.0),
    0.05: (0.438, 0.542),
    0.1: (0.588, 0.691),
    0.2: (0.775, 0.887),
    0.5: (1.163, 1.264),
}
SLOWER = {0.0: 0.7783, 0.05: 0.6786, 0.1: 0.6189, 0.2: 0.5293, 0.5: 0.3514}


def test_dawson_is_scipys() -> None:
    x = np.concatenate([np.linspace(-12, 12, 4001), np.geomspace(1e-12, 1e9, 400)])
    np.testing.assert_allclose(_core.dawson(x), dawsn(x), rtol=1e-13, atol=0)


@pytest.mark.parametrize("cost", VALUES)
def test_continuous_trading(cost: float) -> None:
    a, j = ou_continuous(cost)
    u = a / math.sqrt(2)
    assert u - dawsn(u) == pytest.approx(cost / math.sqrt(2), abs=1e-12)
    assert a == pytest.approx(THRESHOLDS[cost][1], abs=5e-4)
    assert j == pytest.approx(VALUES[cost][1], abs=5e-5)


@pytest.mark.parametrize("cost", VALUES)
def test_trading_on_a_clock(cost: float) -> None:
    best = ou_optimum(0.02, cost)
    assert best.value == pytest.approx(VALUES[cost][0], abs=5e-4)
    assert best.threshold == pytest.approx(THRESHOLDS[cost][0], abs=0.02)
    assert not best.rests
    shifted = _core.ou_shifted(cost, 0.02)
    assert shifted == pytest.approx(THRESHOLDS[cost][0], abs=0.02)
    assert ou_rule(0.02, cost, shifted).value >= 0.999 * best.value


@pytest.mark.parametrize("cost", SLOWER)
def test_a_slower_clock_earns_less(cost: float) -> None:
    assert ou_optimum(0.05, cost).value == pytest.approx(SLOWER[cost], abs=5e-4)


def test_in_log_units_per_second() -> None:
    a, j = ou_thresholds(kappa=0.01, s=20e-4, cost=4e-4, dt=2.0)
    assert a == pytest.approx(0.775 * 20e-4, abs=0.02 * 20e-4)
    assert j == pytest.approx(0.5348 * 0.01 * 20e-4, rel=1e-3)


@pytest.mark.parametrize(
    ("changed", "message"),
    [({"kappa": 0.0}, "kappa"), ({"s": -1.0}, "s:"), ({"cost": -1e-9}, "cost"), ({"dt": 1e4}, "kappa_dt")],
)
def test_bad_numbers_are_refused(changed: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        ou_thresholds(**({"kappa": 0.02, "s": 20e-4, "cost": 4e-4, "dt": 1.0} | changed))
