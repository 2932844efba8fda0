from __future__ import annotations

import numpy as np
import pytest

from quantrl.data.sources.synthetic import LIMIT, LOT, synthetic
from quantrl.errors import ConfigError


def test_bits_are_those_of_the_seed() -> None:
    assert synthetic().id == "79d16cb80f98d388e0d8063e3e5c5e8f6d6fe4071ae7077633f9998aaa1ecf85"
    ids = {synthetic(s, n_bars=50, n_instruments=3, stream=k).id for s in (1, 2) for k in (0, 1)}
    assert len(ids) == 4


def test_prices_respect_ticks_limits_and_lots() -> None:
    panel = synthetic(1)
    close, before = panel["close"], panel.marks()[:-1]
    ticks = close * 100
    np.testing.assert_allclose(ticks, np.rint(ticks), atol=1e-6)
    both = ~np.isnan(close[1:]) & ~np.isnan(before)
    moves = np.where(both, close[1:] / before - 1, 0)
    assert np.abs(moves).max() <= LIMIT + 1e-12
    assert panel.table[0].lot == LOT
    assert (np.nan_to_num(panel["volume"]) % LOT == 0).all()
    assert (np.nan_to_num(panel["high"], nan=9e9) >= np.nan_to_num(close)).all()


def test_nuisances_are_there() -> None:
    panel = synthetic(1)
    known = ~np.isnan(panel["close"])
    np.testing.assert_array_equal(panel.tradable, known)
    locked_up, locked_down = known & ~panel.can_buy, known & ~panel.can_sell
    assert locked_up.sum() > 5
    assert locked_down.sum() > 5
    assert not (locked_up & locked_down).any()
    assert (panel["close"][locked_up] == panel["high"][locked_up]).all()
    assert (panel["close"][locked_down] == panel["low"][locked_down]).all()
    assert not known[0, 1]
    assert not known[-1, -1]
    assert not known[:, 2].all()
    assert panel.table[1].listed == panel.time[np.flatnonzero(known[:, 1])[0]]


@pytest.mark.parametrize("sizes", [{"n_bars": 1}, {"n_instruments": 0}, {"n_bars": 10**6}])
def test_sizes_are_checked(sizes: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="bars"):
        synthetic(**sizes)
