"""Accounts small enough to be worked out by hand: two names, four bars, 10 bp, filled at the close."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from quantrl import _core

NAN = np.nan
CLOSE = np.array([[10.0, 20.0], [11.0, 19.0], [12.1, 20.9], [11.0, 22.0]])
SWITCH = np.array([[0.5, 0.5], [NAN, NAN], [0.2, 0.8], [NAN, 0.5]])
LEAVE = np.array([[0.6, 0.3], [NAN, 0.7], [0.0, 0.0], [NAN, NAN]])


def equity(weights: np.ndarray, sizing: str) -> np.ndarray:
    config = _core.BarConfig(
        2,
        fill="close",
        sizing=sizing,
        buy_bps=10.0,
        sell_bps=10.0,
        slippage_bps=np.zeros(2),
        fixed=0.0,
        minimum=0.0,
        initial_cash=1_000.0,
    )
    return _core.bar_weights(CLOSE, weights, config=config)["equity"]


@pytest.mark.parametrize(
    ("sizing", "expected"),
    [
        ("pre_cost", [999.0009990010, 1023.9760239760, 1125.6158392876, 1152.1728330844]),
        ("post_cost", [999.0009990010, 1023.9760239760, 1125.6158392876, 1152.1726471841]),
        ("first_order", [999.0, 1023.975, 1125.614259, 1152.1712155126]),
    ],
)
def test_switching_with_a_hold_and_a_partial_row(sizing: str, expected: list[float]) -> None:
    assert_allclose(equity(SWITCH, sizing), expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("sizing", "expected"),
    [
        ("pre_cost", [999.1, 1044.0009990010, 1147.2526978022, 1147.2526978022]),
        ("post_cost", [999.1008092717, 1043.9605354182, 1147.2082323711, 1147.2082323711]),
    ],
)
def test_leaving_the_market(sizing: str, expected: list[float]) -> None:
    assert_allclose(equity(LEAVE, sizing), expected, rtol=0, atol=1e-9)
