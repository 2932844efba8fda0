"""The unattainable: the lab's own, and nothing that could be asked in time."""

from __future__ import annotations

import numpy as np
import pytest

from quantrl.errors import ConfigError, DataError, LookAheadError
from quantrl.selection import Ledger, lab
from quantrl.selection.baselines.best_in_hindsight import BestInHindsight
from quantrl.selection.lab.real.window import at_target


@pytest.mark.parametrize("name", ["P1", "P8"])
def test_it_is_the_lab_s(name: str) -> None:
    pools = lab.draw(name, seeds=3, days=300)
    (expected,) = lab.run(pools, [lab.RULES["BestInHindsight"]], weights=True)
    assert expected.weights is not None
    for returns, weights in zip(pools.returns, expected.weights, strict=True):
        x = at_target(returns, target_vol=0.10, periods_per_year=252.0)
        np.testing.assert_array_equal(BestInHindsight(lab=True).shares(x), weights[-1])


def test_it_cannot_be_asked_in_time_or_outside_the_lab() -> None:
    with pytest.raises(LookAheadError, match="LedgerView"):
        BestInHindsight(lab=True).step(Ledger(["a"]).as_of(9), 1)
    with pytest.raises(LookAheadError, match="lab=True"):
        BestInHindsight().shares(np.zeros((100, 3)))


def test_what_never_varies_is_left_out_and_bad_input_refused() -> None:
    x = np.random.default_rng(1).standard_normal((200, 3)) * 0.01
    x[:, 1] = 0.01
    assert BestInHindsight(2, lab=True).shares(x).tolist() == [0.5, 0.0, 0.5]
    for bad in (np.zeros((64, 3)), np.full((100, 2), np.nan), np.zeros(100)):
        with pytest.raises(DataError, match="finite returns"):
            BestInHindsight(lab=True).shares(bad)
    with pytest.raises(ConfigError):
        BestInHindsight(0)
