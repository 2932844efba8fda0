"""Rolling Sharpe ratio against a plain loop."""

from __future__ import annotations

import numpy as np
import pytest

from quantrl.report.rolling import rolling_sharpe, simple_returns


def test_it_equals_a_loop() -> None:
    curve = np.cumprod(1 + 0.01 * np.random.default_rng(3).standard_normal(60))
    got = rolling_sharpe(curve, 20, 252.0)
    assert np.isnan(got[:20]).all()
    for t in range(20, 60):
        window = curve[t - 19 : t + 1] / curve[t - 20 : t] - 1
        assert got[t] == pytest.approx(window.mean() / window.std(ddof=1) * 252**0.5, rel=1e-10)


def test_a_flat_or_unknown_window_has_no_ratio() -> None:
    assert np.isnan(rolling_sharpe(np.ones(30), 10, 252.0)).all()
    curve = np.arange(1.0, 31.0) ** 1.5
    curve[12] = np.nan
    got = rolling_sharpe(curve, 5, 252.0)
    assert np.isnan(got[12:18]).all()
    assert np.isfinite(got[[11, 18]]).all()
    assert np.isnan(rolling_sharpe(curve[:4], 5, 252.0)).all()


def test_returns_from_nothing_are_unknown() -> None:
    assert simple_returns(np.array([2.0, 1.0, 0.0, 0.0])) == pytest.approx([-0.5, -1.0, np.nan], nan_ok=True)
