"""Reward over risk. `risk_free` is an annual rate, spread geometrically over the periods."""

from __future__ import annotations

from numpy.typing import ArrayLike

from quantrl.metrics._measure import Measure, single


def sharpe(returns: ArrayLike, *, periods_per_year: float, risk_free: float = 0.0) -> Measure:
    """Mean excess return over its standard deviation, annualised.

    Parameters
    ----------
    returns : (T,) float64
        Simple net returns, at least 2. NaN is refused.
    periods_per_year : float
        What annualises.
    risk_free : float
        Annual rate.

    Returns
    -------
    Measure
        ``zero_variance`` for a constant series.

    References
    ----------
    Sharpe (1994), The Sharpe ratio, J. Portfolio Management 21(1).
    """
    return single("sharpe", returns, periods_per_year, risk_free)


def sortino(returns: ArrayLike, *, periods_per_year: float, risk_free: float = 0.0) -> Measure:
    """Mean excess return over the root mean square of its shortfalls, annualised.

    Parameters
    ----------
    returns : (T,) float64
        Simple net returns. NaN is refused.
    periods_per_year : float
        What annualises.
    risk_free : float
        Annual rate; also the least acceptable return.

    Returns
    -------
    Measure
        ``no_downside`` where no return falls short.

    References
    ----------
    Sortino and Price (1994), Performance measurement in a downside risk framework, J. Investing 3(3).
    """
    return single("sortino", returns, periods_per_year, risk_free)


def calmar(returns: ArrayLike, *, periods_per_year: float) -> Measure:
    """Compound annual growth over the size of the deepest drawdown.

    Parameters
    ----------
    returns : (T,) float64
        Simple net returns. NaN is refused.
    periods_per_year : float
        What annualises.

    Returns
    -------
    Measure
        ``no_drawdown`` for a curve that never falls.
    """
    return single("calmar", returns, periods_per_year)


def omega(returns: ArrayLike, *, periods_per_year: float = 1.0, risk_free: float = 0.0) -> Measure:
    """Sum of gains over sum of losses about the risk-free return.

    Parameters
    ----------
    returns : (T,) float64
        Simple net returns. NaN is refused.
    periods_per_year : float
        Spreads `risk_free`; without effect at 0.
    risk_free : float
        Annual rate.

    Returns
    -------
    Measure
        ``no_losses`` where no return lies below the threshold.

    References
    ----------
    Keating and Shadwick (2002), A universal performance measure, J. Performance Measurement 6(3).
    """
    return single("omega", returns, periods_per_year, risk_free)
