from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantrl import metrics
from quantrl.errors import ConfigError, DataError

RETURNS = [0.5, -0.5, 0.2, 1.0, -0.1, 0.5, -0.25]


def test_the_first_loss_counts() -> None:
    np.testing.assert_allclose(metrics.drawdown_series([-0.2, 0.1]), [-0.2, -0.12], rtol=1e-12)
    assert metrics.worst_drawdowns([-0.2, 0.1])[0] == metrics.Drawdown(
        pytest.approx(-0.2), peak=-1, trough=0, recovery=None, bars=2
    )


def test_worst_first_with_their_places() -> None:
    falls = metrics.worst_drawdowns(RETURNS, 2)
    assert [(f.peak, f.trough, f.recovery, f.bars) for f in falls] == [(0, 1, 3, 3), (5, 6, None, 1)]
    assert [f.depth for f in falls] == pytest.approx([-0.5, -0.25])
    assert metrics.worst_drawdowns(RETURNS, 0) == []
    assert len(metrics.worst_drawdowns(RETURNS, 99)) == 3


@given(st.lists(st.floats(-0.5, 0.5), min_size=1, max_size=60))
def test_falls_agree_with_the_curve(returns: list[float]) -> None:
    equity = np.cumprod([1.0, *(1 + np.array(returns))])
    curve = (equity / np.maximum.accumulate(equity) - 1)[1:]
    np.testing.assert_allclose(metrics.drawdown_series(returns), curve, atol=1e-12)
    falls = metrics.worst_drawdowns(returns, len(returns))
    assert metrics.max_drawdown(returns).value == min([f.depth for f in falls], default=0.0)
    assert metrics.max_duration(returns).value == max([f.bars for f in falls], default=0)
    under_water = metrics.drawdown_series(returns) < 0
    end = {f: len(returns) if f.recovery is None else f.recovery for f in falls}
    assert sum(end[f] - f.peak - 1 for f in falls) == under_water.sum()
    assert metrics.ulcer_index(returns).value == pytest.approx(np.sqrt(np.mean(curve**2)), abs=1e-12)


def test_bad_input() -> None:
    with pytest.raises(DataError, match="row 1"):
        metrics.drawdown_series([0.1, np.inf])
    with pytest.raises(ConfigError, match="count"):
        metrics.worst_drawdowns(RETURNS, -1)
    with pytest.raises(DataError, match="1 dimension"):
        metrics.worst_drawdowns(np.zeros((3, 2)))
