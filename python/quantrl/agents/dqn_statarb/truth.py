"""The best that can be earned on an Ornstein-Uhlenbeck spread: what a trained policy is measured against."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from quantrl import _core
from quantrl.errors import ConfigError


@dataclass(frozen=True)
class Optimum:
    """A policy's long-run result on a clock.

    Attributes
    ----------
    value : float
        Mean gain per unit of time, in kappa * s.
    threshold : float
        In s: short at or above it, long at or below its negative, hold between.
    rests : bool
        Whether it ever goes flat from a position.
    """

    value: float
    threshold: float
    rests: bool


def ou_thresholds(kappa: float, s: float, cost: float, dt: float) -> tuple[float, float]:
    """Threshold of the shifted rule and the optimal value, where decisions are `dt` apart.

    Parameters
    ----------
    kappa : float
        Reversion rate, per second.
    s : float
        Stationary standard deviation of the log spread.
    cost : float
        Of one unit of position change, log units.
    dt : float
        Seconds between decisions.

    Returns
    -------
    a, j : float
        a_dt = a - 0.5826 s sqrt(1 - exp(-2 kappa dt)) in log units, at least 0, with a the threshold of continuous trading;
        and the value per second of the best policy on the clock, for a position of at most 1, in log units.

    Raises
    ------
    ConfigError
        A number that is not positive and finite (`cost` may be 0), or kappa * dt outside 1e-4 to 10.

    Notes
    -----
    The rule earns the value within 0.1 % at kappa * dt = 0.02. The value comes from dynamic programming; about a second.

    References
    ----------
    Bertram (2010), Analytic solutions for optimal statistical arbitrage trading, Physica A 389(11).
    """
    for name, given in (("kappa", kappa), ("s", s), ("dt", dt)):
        if not 0 < given < float("inf"):
            raise ConfigError(f"{name}: expected a positive number, got {given}")
    a = s * _core.ou_shifted(cost / s, kappa * dt)
    return a, kappa * s * ou_optimum(kappa * dt, cost / s).value


@lru_cache(maxsize=256)
def ou_optimum(kappa_dt: float, cost: float) -> Optimum:
    """The best policy on the clock by dynamic programming on 801 spreads within 5 s; `cost` in s."""
    return Optimum(*_core.ou_on_clock(cost, kappa_dt))


def ou_rule(kappa_dt: float, cost: float, threshold: float) -> Optimum:
    """The same for a rule that turns at a threshold; `cost` and `threshold` in s."""
    return Optimum(*_core.ou_on_clock(cost, kappa_dt, threshold))


def ou_continuous(cost: float) -> tuple[float, float]:
    """Threshold in s and value in kappa * s of trading in continuous time; `cost` in s."""
    return _core.ou_continuous(cost)
