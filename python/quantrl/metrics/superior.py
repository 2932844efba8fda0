"""Who of many is better than a benchmark, without fooling oneself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from numpy.typing import ArrayLike

from quantrl import _core
from quantrl.errors import ConfigError
from quantrl.metrics._arrays import as_column, as_table
from quantrl.metrics._settings import whole
from quantrl.typing import FloatArray, IntArray


@dataclass(frozen=True)
class Superiority:
    """What the tests say.

    Attributes
    ----------
    spa, white : float
        p-values against "no column has a positive mean": Hansen's consistent test and White's reality check. NaN if
        no column varies.
    ratios : (K,) float64
        Mean over standard error of each column; NaN where it does not vary.
    adjusted : (K,) float64
        Step-down p-value of each column; NaN where it does not vary.
    """

    spa: float
    white: float
    ratios: FloatArray
    adjusted: FloatArray

    def named(self, alpha: float = 0.05) -> IntArray:
        """Columns that may be called better; the chance of any wrong name is at most `alpha`, asymptotically."""
        found: IntArray = (self.adjusted <= alpha).nonzero()[0]
        return found


def superiority(
    differences: ArrayLike,
    *,
    draws: int = 1000,
    block: float = 10.0,
    seed: int = 0,
    stream: int = 0,
    scale: Literal["sd", "long_run"] = "sd",
) -> Superiority:
    """Test every column of returns less the benchmark's, by one joint stationary bootstrap.

    Parameters
    ----------
    differences : (T, K) float64
        T of at least 63. NaN is refused.
    draws : int
        Bootstrap replicates.
    block : float
        Mean block length.
    seed, stream : int
        Address of the random numbers.
    scale : {"sd", "long_run"}
        Standard deviation the columns are divided by: the plain one, or the long-run one of the mean block as Hansen
        takes it.

    Raises
    ------
    DataError
        A value is not finite; the message gives row and column.
    ConfigError
        Too few periods, or a setting out of range.

    Notes
    -----
    The long-run deviation over-rejects on daily returns of a few years. O(draws T K / block), with it and O(T² K).

    References
    ----------
    White (2000), A reality check for data snooping, Econometrica 68. Hansen (2005), A test for superior predictive
    ability, J. Business & Economic Statistics 23. Romano and Wolf (2005), Stepwise multiple testing as formalized data
    snooping, Econometrica 73.
    """
    if scale not in ("sd", "long_run"):
        raise ConfigError(f"scale: expected sd or long_run, got {scale!r}")
    table = as_table(differences, "differences")
    long_run = scale == "long_run"
    return Superiority(
        **_core.superiority(
            table, whole("draws", draws), float(block), whole("seed", seed), whole("stream", stream), long_run
        )
    )


def log_evidence(returns: ArrayLike) -> float:
    """Largest logarithm reached by a bet against "the mean of clipped returns is at most 0".

    Parameters
    ----------
    returns : (T,) float64
        In order of time; the first 21 only set the scale.

    Returns
    -------
    float
        Above ln(1 / alpha) with probability at most alpha under that hypothesis, however often one looks; -infinity
        after a loss of 20 standard deviations.

    References
    ----------
    Waudby-Smith and Ramdas (2024), Estimating means of bounded random variables by betting, JRSS B 86.
    """
    return _core.log_evidence(as_column(returns))
