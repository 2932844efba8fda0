"""The shape of a return distribution. Quantiles interpolate linearly between order statistics."""

from __future__ import annotations

from numpy.typing import ArrayLike

from quantrl.metrics._measure import Measure, single


def value_at_risk(returns: ArrayLike) -> Measure:
    """5 % quantile of the returns; negative for a loss.

    Parameters
    ----------
    returns : (T,) float64
        Simple net returns. NaN is refused.
    """
    return single("var", returns)


def expected_shortfall(returns: ArrayLike) -> Measure:
    """Mean of the floor(0.05 (T - 1)) + 1 smallest returns.

    Parameters
    ----------
    returns : (T,) float64
        Simple net returns. NaN is refused.
    """
    return single("cvar", returns)


def tail_ratio(returns: ArrayLike) -> Measure:
    """Size of the 95 % quantile over the size of the 5 % quantile.

    Parameters
    ----------
    returns : (T,) float64
        Simple net returns. NaN is refused.

    Returns
    -------
    Measure
        ``no_downside`` where the 5 % quantile is 0.
    """
    return single("tail_ratio", returns)


def skewness(returns: ArrayLike) -> Measure:
    """Third standardised population moment.

    Parameters
    ----------
    returns : (T,) float64
        Simple net returns, at least 2. NaN is refused.
    """
    return single("skew", returns)


def kurtosis(returns: ArrayLike) -> Measure:
    """Fourth standardised population moment; 3 for a normal.

    Parameters
    ----------
    returns : (T,) float64
        Simple net returns, at least 2. NaN is refused.
    """
    return single("kurtosis", returns)
