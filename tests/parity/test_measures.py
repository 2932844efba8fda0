"""Measures against vectorbt, empyrical-reloaded and quantstats: equal where definitions are.

The differences are written down in docs/parity.md; each is tested here by undoing it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from quantrl.cli.bench.metrics import MEASURES
from quantrl.metrics import table
from quantrl.typing import FloatArray

pytestmark = pytest.mark.filterwarnings("ignore")

A = 252.0
LIMIT = 1e-9
SERIES, BARS = 200, 756


@pytest.fixture(scope="module")
def returns() -> FloatArray:
    """Skewed, fat-tailed, some of them losing on the first bar."""
    random = np.random.default_rng(7)
    drawn = random.standard_t(4.0, (BARS, SERIES)) * random.uniform(0.003, 0.02, SERIES) + random.normal(
        0, 6e-4, SERIES
    )
    return np.maximum(drawn, -0.5)


@pytest.fixture(scope="module")
def ours(returns: FloatArray) -> dict[str, FloatArray]:
    found = table(returns, periods_per_year=A)
    return {name: found[name] for name in found.measures}


def _agree(theirs: Any, ours: FloatArray) -> None:
    theirs = np.asarray(theirs, dtype=float)
    assert np.max(np.abs(theirs - ours) / np.maximum(1.0, np.abs(ours))) <= LIMIT


@pytest.mark.parametrize("measure", MEASURES)
def test_eleven_of_vectorbt(
    vectorbt: Any, engine: str, returns: FloatArray, ours: dict[str, FloatArray], measure: str
) -> None:
    """Its year is told to have 252 days, and its peak starts at the first bar: ours of the returns after that."""
    import pandas

    accessor = pandas.DataFrame(returns).vbt.returns(freq="1D", year_freq=f"{A:g}D", engine=engine)
    theirs = getattr(accessor, MEASURES[measure])().to_numpy()
    from_bar_1 = table(returns[1:], periods_per_year=A)["max_drawdown"]
    if measure == "max_drawdown":
        _agree(theirs, from_bar_1)
        assert (theirs > ours[measure] + 1e-6).any(), "some series fall from the starting cash"
    elif measure == "calmar":
        _agree(theirs, ours["cagr"] / np.abs(from_bar_1))
    else:
        _agree(theirs, ours[measure])


EMPYRICAL = {
    "total": ("cum_returns_final", False),
    "cagr": ("cagr", True),
    "vol": ("annual_volatility", True),
    "sharpe": ("sharpe_ratio", True),
    "sortino": ("sortino_ratio", True),
    "calmar": ("calmar_ratio", True),
    "max_drawdown": ("max_drawdown", False),
    "omega": ("omega_ratio", False),
    "var": ("value_at_risk", False),
    "cvar": ("conditional_value_at_risk", False),
    "tail_ratio": ("tail_ratio", False),
}


@pytest.mark.parametrize("measure", EMPYRICAL)
def test_eleven_of_empyrical(
    empyrical: Any, returns: FloatArray, ours: dict[str, FloatArray], measure: str
) -> None:
    name, annual = EMPYRICAL[measure]
    more = {"annualization": A} if annual else {}
    _agree([getattr(empyrical, name)(column, **more) for column in returns.T], ours[measure])


QUANTSTATS = {
    "total": ("comp", False),
    "cagr": ("cagr", True),
    "vol": ("volatility", True),
    "sharpe": ("sharpe", True),
    "sortino": ("sortino", True),
    "calmar": ("calmar", True),
    "max_drawdown": ("max_drawdown", False),
    "omega": ("omega", True),
    "tail_ratio": ("tail_ratio", False),
}


def _series(returns: FloatArray) -> list[Any]:
    import pandas

    days = pandas.bdate_range("2015-01-01", periods=len(returns))
    return [pandas.Series(column, index=days) for column in returns.T]


@pytest.mark.parametrize("measure", QUANTSTATS)
def test_nine_of_quantstats(
    quantstats: Any, returns: FloatArray, ours: dict[str, FloatArray], measure: str
) -> None:
    name, annual = QUANTSTATS[measure]
    more = {"periods": int(A)} if annual else {}
    theirs = [getattr(quantstats, name)(one, **more) for one in _series(returns[:, :40])]
    _agree(theirs, ours[measure][:40])


def test_what_quantstats_defines_otherwise(
    quantstats: Any, returns: FloatArray, ours: dict[str, FloatArray]
) -> None:
    """Normal VaR and CVaR, sample skewness and excess kurtosis, an ulcer index over n - 1."""
    from scipy.stats import norm

    x, n = returns[:, :40], float(BARS)
    series = _series(x)
    mean, sd, z = x.mean(axis=0), x.std(axis=0, ddof=1), norm.ppf(0.05)
    _agree([quantstats.value_at_risk(one) for one in series], mean + z * sd)
    _agree([quantstats.cvar(one) for one in series], mean - sd * norm.pdf(z) / 0.05)
    skew, kurtosis = ours["skew"][:40], ours["kurtosis"][:40]
    _agree([quantstats.skew(one) for one in series], skew * np.sqrt(n * (n - 1)) / (n - 2))
    sample = (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * kurtosis - 3 * (n - 1))
    _agree([quantstats.kurtosis(one) for one in series], sample)
    _agree([quantstats.ulcer_index(one) for one in series], ours["ulcer"][:40] * np.sqrt(n / (n - 1)))
    assert np.max(np.abs(ours["var"][:40] - (mean + z * sd))) > 1e-4


def test_an_undefined_ratio_is_infinite_there_and_a_reason_here(vectorbt: Any, engine: str) -> None:
    import pandas

    flat = np.full((30, 1), 0.001)
    accessor = pandas.DataFrame(flat).vbt.returns(freq="1D", year_freq=f"{A:g}D", engine=engine)
    found = table(flat, periods_per_year=A)
    assert not np.isfinite(accessor.sortino_ratio().to_numpy()[0])
    assert found.reasons("sharpe") == ("zero_variance",)
    assert found.reasons("sortino") == ("no_downside",)
    assert np.isnan(found["sharpe"][0])
