"""How far an account fell below its peak. The starting cash is on the curve, so a first loss counts."""

from __future__ import annotations

from dataclasses import dataclass

from numpy.typing import ArrayLike

from quantrl import _core
from quantrl.metrics._arrays import as_column
from quantrl.metrics._measure import Measure, single
from quantrl.metrics._settings import whole
from quantrl.typing import FloatArray


@dataclass(frozen=True)
class Drawdown:
    """One fall from a peak; positions are rows of the returns, and -1 is the starting cash.

    Attributes
    ----------
    depth : float
        Negative fraction of the peak.
    peak, trough : int
        Where the fall began, and where it was deepest.
    recovery : int or None
        First row at or above the peak again; None where the fall is open.
    bars : int
        Bars from the peak to the recovery, or to the last row.
    """

    depth: float
    peak: int
    trough: int
    recovery: int | None
    bars: int


def drawdown_series(returns: ArrayLike) -> FloatArray:
    """Equity over its peak so far, less 1, after each period.

    Parameters
    ----------
    returns : (T,) float64
        Simple net returns. NaN is refused.

    Returns
    -------
    (T,) float64, each at most 0
    """
    return _core.drawdown_series(as_column(returns))


def worst_drawdowns(returns: ArrayLike, count: int = 10) -> list[Drawdown]:
    """The deepest falls, deepest first.

    Parameters
    ----------
    returns : (T,) float64
        Simple net returns. NaN is refused.
    count : int
        How many at most.

    Raises
    ------
    DataError
        A return is not finite.
    ConfigError
        `count` is no whole number, or negative.
    """
    column = as_column(returns)
    columns = _core.worst_drawdowns(column, whole("count", count))
    rows = zip(*(values.tolist() for values in columns), strict=True)
    return [_drawdown(*row, last=len(column) - 1) for row in rows]


def _drawdown(depth: float, peak: int, trough: int, recovery: int, *, last: int) -> Drawdown:
    is_open = recovery < 0
    end = last if is_open else recovery
    return Drawdown(depth, peak, trough, None if is_open else recovery, end - peak)


def max_drawdown(returns: ArrayLike) -> Measure:
    """Deepest fall as a negative fraction; 0 for a curve that never falls.

    Parameters
    ----------
    returns : (T,) float64
        Simple net returns. NaN is refused.
    """
    return single("max_drawdown", returns)


def ulcer_index(returns: ArrayLike) -> Measure:
    """Root mean square drawdown over the bars.

    Parameters
    ----------
    returns : (T,) float64
        Simple net returns. NaN is refused.

    References
    ----------
    Martin and McCann (1989), The investor's guide to Fidelity funds.
    """
    return single("ulcer", returns)


def max_duration(returns: ArrayLike) -> Measure:
    """Bars of the longest stretch from a peak to its recovery, or to the end.

    Parameters
    ----------
    returns : (T,) float64
        Simple net returns. NaN is refused.
    """
    return single("max_duration", returns)
