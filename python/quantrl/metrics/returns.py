"""What an account earned."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from quantrl.errors import DataError
from quantrl.metrics._arrays import as_column, check_finite
from quantrl.metrics._measure import Measure, single
from quantrl.typing import IntArray


def total_return(returns: ArrayLike) -> Measure:
    """Compounded return over all periods: the product of 1 + r, less 1.

    Parameters
    ----------
    returns : (T,) float64
        Simple net returns. NaN is refused.

    Returns
    -------
    Measure
        ``too_short`` without a period; ``ruined`` with the return at which equity was frozen.
    """
    return single("total", returns)


def cagr(returns: ArrayLike, *, periods_per_year: float) -> Measure:
    """Compound annual growth: (E_T / E_0)^(A / T) - 1; -1 with reason ``ruined`` where all is lost.

    Parameters
    ----------
    returns : (T,) float64
        Simple net returns. NaN is refused.
    periods_per_year : float
        A.
    """
    return single("cagr", returns, periods_per_year)


def volatility(returns: ArrayLike, *, periods_per_year: float) -> Measure:
    """Standard deviation (T - 1 in the denominator) times the root of `periods_per_year`.

    Parameters
    ----------
    returns : (T,) float64
        Simple net returns, at least 2. NaN is refused.
    periods_per_year : float
        What annualises.
    """
    return single("vol", returns, periods_per_year)


def monthly_returns(time: IntArray, returns: ArrayLike) -> pl.DataFrame:
    """Compounded return of each calendar month, UTC.

    Parameters
    ----------
    time : (T,) int64
        Nanoseconds UTC, increasing: the end of each period, whose month the return belongs to.
    returns : (T,) float64
        Simple net returns.

    Returns
    -------
    polars.DataFrame
        ``year`` i32, ``month`` i8, ``return`` f64; a row per month that has a period, in order.

    Raises
    ------
    DataError
        The lengths differ, a return is not finite, or `time` does not increase.
    """
    r = as_column(returns)
    moments = np.asarray(time)
    if moments.shape != r.shape or moments.dtype.kind != "i":
        raise DataError(f"time: expected {len(r)} int64 values, got {moments.dtype} of shape {moments.shape}")
    late = np.flatnonzero(np.diff(moments) <= 0)
    if late.size:
        raise DataError(f"time: expected increasing times, row {late[0] + 1} does not increase")
    check_finite(r)
    months = moments.astype("datetime64[ns]").astype("datetime64[M]").astype(np.int64)
    found, starts = np.unique(months, return_index=True)
    compounded = np.multiply.reduceat(1.0 + r, starts) - 1.0 if len(r) else r
    return pl.DataFrame(
        {
            "year": (found // 12 + 1970).astype(np.int32),
            "month": (found % 12 + 1).astype(np.int8),
            "return": compounded,
        }
    )
