from __future__ import annotations

import math

import numpy as np
import pytest

from quantrl.backtest import Costs
from quantrl.config import CostsConfig
from quantrl.errors import ConfigError


def test_ten_basis_points_unless_asked_otherwise() -> None:
    assert (Costs().buy, Costs().sell) == (10.0, 10.0)
    assert not Costs().is_zero
    assert Costs.zero().is_zero


def test_sides_override_both() -> None:
    costs = Costs(bps=3, sell_bps=7)
    assert (costs.buy, costs.sell) == (3.0, 7.0)


def test_any_cost_at_all_is_not_zero() -> None:
    for some in ({"slippage_bps": 1}, {"fixed": 1}, {"minimum": 1}, {"buy_bps": 1}, {"slippage_bps": (0, 2)}):
        assert not Costs(**{"bps": 0, **some}).is_zero


@pytest.mark.parametrize("field", ["bps", "buy_bps", "sell_bps", "slippage_bps", "fixed", "minimum"])
@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf, "10", True])
def test_nonsense_names_the_field(field: str, value: object) -> None:
    with pytest.raises(ConfigError, match=rf"costs\.{field}: expected a finite number"):
        Costs(**{field: value})


def test_a_rate_of_the_whole_value_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"costs\.bps: .* below 10000"):
        Costs(bps=10_000)


def test_slippage_by_instrument() -> None:
    costs = Costs(slippage_bps=np.array([1.0, 2.0]))
    assert costs.slippage(2).tolist() == [1.0, 2.0]
    assert Costs(slippage_bps=3).slippage(2).tolist() == [3.0, 3.0]
    with pytest.raises(ConfigError, match=r"costs\.slippage_bps: expected one value or 3, got 2"):
        costs.slippage(3)
    with pytest.raises(ConfigError, match=r"costs\.slippage_bps\[1\]"):
        Costs(slippage_bps=(1.0, -2.0))


def test_config_round_trip() -> None:
    for costs in (Costs(), Costs(bps=1, sell_bps=2, slippage_bps=(1.0, 0.5), fixed=3, minimum=4)):
        assert Costs(**costs.to_config()) == costs
    assert Costs.from_config(CostsConfig(bps=4.0, minimum=2.0)) == Costs(bps=4, minimum=2)
