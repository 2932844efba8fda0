"""How sure the Sharpe ratios of a released backtest are.

Convention of every Sharpe ratio of the audit, agent and controls alike: sqrt(252), population standard deviation, log
returns of the released rule (geometric growth, first-order cost, from cash).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from quantrl import _core, metrics
from quantrl.agents.sharpe_portfolio.released.replaying import PERIODS
from quantrl.typing import FloatArray

BLOCK = 10.0
TRIAL_SD_ANNUAL = 1.4
TRIALS = (5, 20, 100)
_MOST_DRAWS, _LEAST_DRAWS, _CELLS = 100_000, 2_000, 20_000_000
_LEVELS = (0.025, 0.5, 0.975)


@dataclass(frozen=True)
class Interval:
    """2.5 %, 50 % and 97.5 % of a bootstrap; NaN where the ratio is undefined."""

    low: float
    median: float
    high: float


@dataclass(frozen=True)
class Certainty:
    """What one series of returns can show.

    Attributes
    ----------
    positive : float
        Probability that the true Sharpe ratio exceeds 0.
    deflated : tuple of float
        The same against the best of `TRIALS` trials without skill, their annual ratios spread by `TRIAL_SD_ANNUAL`.
    days : float
        Shortest record that would show a ratio above 0 at 95 %; NaN where none would.
    """

    positive: float
    deflated: tuple[float, ...]
    days: float


def sharpe(log_returns: FloatArray) -> float:
    """Annual Sharpe ratio in the convention of this module; NaN where the returns do not vary."""
    n = len(log_returns)
    return metrics.sharpe(log_returns, periods_per_year=PERIODS).value * _population(n)


def correlation(first: FloatArray, second: FloatArray) -> float:
    """Pearson's; NaN where either does not vary."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return math.nan
    return float(np.corrcoef(first, second)[0, 1])


def intervals(own: FloatArray, other: FloatArray, *, seed: int = 0) -> tuple[Interval, Interval]:
    """95 % intervals of the ratio of `own` and of its difference from that of `other`.

    Stationary bootstrap of joint rows, mean block 10, as many replicates as 20 million rows allow, 2,000 to 100,000.

    References
    ----------
    Politis and Romano (1994), The stationary bootstrap, JASA 89.
    """
    draws = int(np.clip(_CELLS // len(own), _LEAST_DRAWS, _MOST_DRAWS))
    made = _core.bootstrap_measures(
        np.column_stack([own, other]), periods_per_year=PERIODS, draws=draws, block=BLOCK, seed=seed
    )["sharpe"] * _population(len(own))
    return _interval(made[:, 0]), _interval(made[:, 0] - made[:, 1])


def certainty(log_returns: FloatArray) -> Certainty | None:
    """PSR, DSR and MinTRL (standard deviation with n - 1); None for returns that do not vary.

    References
    ----------
    Bailey and Lopez de Prado (2012), J. Risk 15(2); (2014), J. Portfolio Management 40(5).
    """
    if np.ptp(log_returns) == 0:
        return None
    moments = metrics.SharpeMoments.of(log_returns)
    spread = TRIAL_SD_ANNUAL / math.sqrt(PERIODS)
    return Certainty(
        metrics.probabilistic_sharpe(moments),
        tuple(metrics.deflated_sharpe(moments, trials=n, sd_trials=spread) for n in TRIALS),
        metrics.min_track_record(moments).value,
    )


def _population(n: int) -> float:
    """From a ratio over the standard deviation with n - 1 to one with n."""
    return math.sqrt(n / (n - 1))


def _interval(draws: FloatArray) -> Interval:
    defined = draws[np.isfinite(draws)]
    if not defined.size:
        return Interval(math.nan, math.nan, math.nan)
    return Interval(*(float(q) for q in np.quantile(defined, _LEVELS)))
