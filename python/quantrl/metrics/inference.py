"""How sure a Sharpe ratio is, alone and after many trials. Ratios here are per period, not annualised."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from numpy.typing import ArrayLike

from quantrl import _core
from quantrl.errors import ConfigError, DataError
from quantrl.metrics._arrays import as_column
from quantrl.metrics._measure import Measure

VarianceForm = Literal["estimate", "null"]


@dataclass(frozen=True)
class SharpeMoments:
    """A Sharpe ratio with what decides its standard error, for use where the returns are not at hand.

    Attributes
    ----------
    sharpe : float
        Mean over standard deviation, per period.
    n : float
        Number of periods.
    skew, kurtosis : float
        Population moments; 0 and 3 for a normal.
    """

    sharpe: float
    n: float
    skew: float = 0.0
    kurtosis: float = 3.0

    @classmethod
    def of(cls, returns: ArrayLike) -> SharpeMoments:
        """Moments of a series of at least 3 periods that varies; anything else is a `DataError`."""
        return cls(*_core.sharpe_moments(as_column(returns)))

    def _numbers(self) -> tuple[float, float, float, float]:
        return float(self.sharpe), float(self.n), float(self.skew), float(self.kurtosis)


def _moments(returns: ArrayLike | SharpeMoments) -> tuple[float, float, float, float]:
    found = returns if isinstance(returns, SharpeMoments) else SharpeMoments.of(returns)
    return found._numbers()


def _autocorrelation(variance: str, autocorrelation: float) -> float | None:
    if variance not in ("estimate", "null"):
        raise ConfigError(f"variance: expected estimate or null, got {variance!r}")
    if variance == "estimate" and autocorrelation != 0.0:
        raise ConfigError(
            "autocorrelation: only the null form of the variance takes it; pass variance='null'"
        )
    return float(autocorrelation) if variance == "null" else None


def _probability(value: float) -> float:
    if math.isnan(value):
        raise DataError("returns: the variance of their Sharpe ratio is not positive")
    return value


def sharpe_standard_error(
    returns: ArrayLike | SharpeMoments,
    *,
    benchmark: float = 0.0,
    variance: VarianceForm = "estimate",
    autocorrelation: float = 0.0,
) -> float:
    """Standard error of the per-period Sharpe ratio; parameters as in `probabilistic_sharpe`."""
    rho = _autocorrelation(variance, autocorrelation)
    return _core.sharpe_standard_error(*_moments(returns), float(benchmark), rho)


def probabilistic_sharpe(
    returns: ArrayLike | SharpeMoments,
    *,
    benchmark: float = 0.0,
    variance: VarianceForm = "estimate",
    autocorrelation: float = 0.0,
) -> float:
    """Probability that the true per-period Sharpe ratio exceeds `benchmark`.

    Parameters
    ----------
    returns : (n_periods,) float64 or SharpeMoments
        Simple net returns per period, not annualised. At least 3; NaN is refused.
    benchmark : float
        Per-period Sharpe ratio to beat.
    variance : {"estimate", "null"}
        Where the variance of the ratio is taken: at the estimate, or at the benchmark.
    autocorrelation : float
        Lag-1 autocorrelation of the returns, for the null form.

    Returns
    -------
    float in [0, 1]

    Raises
    ------
    DataError
        `returns` holds NaN, has fewer than 3 periods, or does not vary.
    ConfigError
        An unknown form, or an autocorrelation outside (-1, 1).

    Notes
    -----
    O(n_periods), in Rust, GIL released.

    References
    ----------
    Bailey and Lopez de Prado (2012), The Sharpe ratio efficient frontier, J. Risk 15(2).
    """
    rho = _autocorrelation(variance, autocorrelation)
    return _probability(_core.psr(*_moments(returns), float(benchmark), rho))


def deflated_sharpe(returns: ArrayLike | SharpeMoments, *, trials: float, sd_trials: float) -> float:
    """Probability that the true ratio exceeds what the best of many skill-free trials shows.

    Parameters
    ----------
    returns : (n_periods,) float64 or SharpeMoments
        Returns of the best trial.
    trials : float
        Number of trials, all of them, aborted ones too; may be an effective number.
    sd_trials : float
        Standard deviation of the per-period ratios of the trials.

    Returns
    -------
    float in [0, 1]

    References
    ----------
    Bailey and Lopez de Prado (2014), The deflated Sharpe ratio, J. Portfolio Management 40(5).
    """
    return _probability(_core.deflated_sharpe(*_moments(returns), float(trials), float(sd_trials)))


def expected_max_z(n: float, *, exact: bool = False) -> float:
    """Expected largest of `n` independent standard normals.

    Parameters
    ----------
    n : float
        At least 1; may be an effective number.
    exact : bool
        By quadrature instead of the extreme-value approximation, which overstates at small `n`.
    """
    return _core.expected_max_z(float(n), exact)


def min_track_record(
    returns: ArrayLike | SharpeMoments, *, benchmark: float = 0.0, confidence: float = 0.95
) -> Measure:
    """Periods after which this ratio would beat `benchmark` at `confidence`.

    Parameters
    ----------
    returns : (n_periods,) float64 or SharpeMoments
        At least 3 periods; NaN is refused.
    benchmark : float
        Per-period Sharpe ratio to beat.
    confidence : float
        Inside (0, 1).

    Returns
    -------
    Measure
        ``below_benchmark`` where no record is long enough.

    References
    ----------
    Bailey and Lopez de Prado (2012), The Sharpe ratio efficient frontier, J. Risk 15(2).
    """
    value = _core.min_track_record(*_moments(returns), float(benchmark), float(confidence))
    return Measure(value, "below_benchmark" if math.isnan(value) else "ok")


def min_backtest_length(trials: float, *, sharpe: float) -> float:
    """Years of data below which the best of skill-free trials is expected to show the annual ratio `sharpe`.

    Parameters
    ----------
    trials : float
        Number of trials.
    sharpe : float
        Annualised ratio that would impress, above 0.

    References
    ----------
    Bailey, Borwein, Lopez de Prado and Zhu (2014), Pseudo-mathematics and financial charlatanism,
    Notices AMS 61(5).
    """
    return _core.min_backtest_length(float(trials), float(sharpe))


def kendall_tau(x: ArrayLike, y: ArrayLike) -> float:
    """Kendall's tau-b; NaN where either side is constant, holds NaN or has fewer than two values.

    Parameters
    ----------
    x, y : (n,) float64
        Two scores of the same things.

    Notes
    -----
    O(n log n), by merge sort.

    References
    ----------
    Knight (1966), A computer method for calculating Kendall's tau with ungrouped data, JASA 61.
    """
    return _core.kendall_tau(as_column(x, "x"), as_column(y, "y"))
