"""Optimisers as agents: known portfolios, names without a history, a solver that fails, and no skfolio."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from contracts.agent_panels import closes, panel_of
from quantrl.agents.skfolio_portfolio import optimisers
from quantrl.data import Panel, View
from quantrl.errors import ConfigError
from quantrl.registry import build_agent

METHODS = sorted(optimisers.METHODS)


def _last(panel: Panel) -> View:
    return panel.as_of(int(panel.time[-1]))


def _agent(method: str, lookback: int = 252):
    return build_agent("skfolio_portfolio", {"method": method, "lookback": lookback, "every": 1})


def _independent(vols: list[float], bars: int = 1200) -> Panel:
    """Names without correlation whose returns have the same mean and exactly these volatilities."""
    shocks = np.random.default_rng(3).normal(size=(bars, len(vols)))
    shocks, _ = np.linalg.qr(shocks - shocks.mean(axis=0))
    returns = 0.0005 + shocks * np.sqrt(bars) * np.array(vols)
    return panel_of(100 * np.vstack([np.ones(len(vols)), np.cumprod(1 + returns, axis=0)]))


@pytest.mark.parametrize(
    ("method", "power"), [("min_variance", 2), ("max_sharpe", 2), ("risk_parity", 1), ("hrp", 2)]
)
def test_uncorrelated_names_have_the_textbook_weights(method, power):
    """Minimum variance and the best ratio at equal means hold 1/variance, equal risk 1/volatility."""
    vols = [0.008, 0.01, 0.016]
    weights = _agent(method, 1200).decide(_last(_independent(vols))).weights
    expected = np.array(vols) ** -power
    assert weights == pytest.approx(expected / expected.sum(), abs=0.01)


def test_cvar_shuns_the_name_that_crashes():
    close = closes(3)
    close[700:, 1] *= np.cumprod(np.where(np.arange(140) % 12 == 0, 0.85, 1.0))
    assert _agent("cvar").decide(_last(panel_of(close))).weights[1] < 0.05


@pytest.mark.parametrize("method", METHODS)
def test_names_without_a_full_history_get_nothing(method):
    close = closes(5)
    close[:700, 0] = np.nan
    close[800, 3] = np.nan
    weights = _agent(method).decide(_last(panel_of(close))).weights
    assert weights[[0, 3]].tolist() == [0.0, 0.0]
    assert weights.sum() == pytest.approx(1)


def test_a_failing_solver_holds_and_is_counted():
    """No name earns anything: there is no portfolio of the best Sharpe ratio."""
    falling = panel_of(closes(3) * np.exp(-0.02 * np.arange(840))[:, None])
    agent = _agent("max_sharpe")
    for expected in (1, 2):
        assert np.isnan(agent.decide(_last(falling)).weights).all()
        assert agent.failures == expected
    assert _agent("min_variance").decide(_last(falling)).weights.sum() == pytest.approx(1)


def test_without_skfolio_the_extra_is_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"quantrl\[baselines\]"):
        _agent("hrp")


def test_unknown_method_lists_the_choices():
    with pytest.raises(ConfigError, match="min_variance, max_sharpe, cvar, hrp, risk_parity"):
        _agent("magic")
