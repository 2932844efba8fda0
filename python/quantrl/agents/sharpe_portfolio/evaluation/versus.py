"""One series against others, pair by pair on the same dates, and what may be said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from quantrl import metrics
from quantrl.agents.sharpe_portfolio.evaluation.accounts import finite
from quantrl.agents.sharpe_portfolio.evaluation.series import Series, check_same_index
from quantrl.typing import FloatArray, JsonObject

LEVEL = 0.95
BEATS_P = 0.05
"""Holm-adjusted p-value below which a baseline counts as beaten."""

SHUFFLES_BEATEN = 0.95


def compare(
    series: Series, others: Mapping[str, Series], *, periods_per_year: float, draws: int, seed: int
) -> dict[str, JsonObject]:
    """Paired differences of annualised Sharpe ratios, `series` less each other.

    Parameters
    ----------
    series : Series
    others : mapping of str to Series
    periods_per_year : float
    draws, seed : int
        Of the stationary bootstrap on joint rows, automatic block length.

    Returns
    -------
    dict of str to dict
        ``value low high p p_holm``, None where undefined; Holm's adjustment is over the defined ones.

    Raises
    ------
    DataError
        Returns of different dates: the first that differs.
    """
    for other in others.values():
        check_same_index(series, other)
    found = {
        name: _pair(series, other, periods_per_year, draws, seed, stream)
        for stream, (name, other) in enumerate(others.items())
    }
    defined = [name for name, pair in found.items() if pair["p"] is not None]
    adjusted = metrics.holm(np.array([found[name]["p"] for name in defined], dtype=np.float64))
    for name, p in zip(defined, adjusted, strict=True):
        found[name]["p_holm"] = float(p)
    return found


def _pair(series: Series, other: Series, annual: float, draws: int, seed: int, stream: int) -> JsonObject:
    undefined = {"value": None, "low": None, "high": None, "p": None, "p_holm": None}
    if not (series.returns.std() > 0 and other.returns.std() > 0):
        return undefined
    pair = metrics.sharpe_difference(
        series.returns,
        other.returns,
        periods_per_year=annual,
        level=LEVEL,
        draws=draws,
        seed=seed,
        stream=stream,
    )
    values = {name: finite(getattr(pair, name)) for name in ("value", "low", "high")}
    return {**undefined, **values, "p": finite(pair.p_value)}


def beats(pair: JsonObject) -> bool:
    """Whether "beats" may be said: the difference is positive and its adjusted p-value below 0.05."""
    p, value = pair["p_holm"], pair["value"]
    return p is not None and value is not None and p < BEATS_P and value > 0


def is_dynamic(against_static: JsonObject, shuffles_beaten: float | None) -> bool:
    """Whether "dynamic" may be said.

    The lower 95 % bound of the agent less its own mean validation weights is above zero, and the agent beats at least
    95 % of its twins that see the market in another order.
    """
    low = against_static["low"]
    return low is not None and low > 0 and shuffles_beaten is not None and shuffles_beaten >= SHUFFLES_BEATEN


def share_beaten(value: float, others: FloatArray) -> float | None:
    """Share of `others` strictly below `value`; None where nothing can be compared."""
    known = others[~np.isnan(others)]
    return float(np.mean(known < value)) if known.size and not np.isnan(value) else None


def sharpe_intervals(
    series: Sequence[Series], *, periods_per_year: float, draws: int, seed: int
) -> list[tuple[float | None, float | None]]:
    """Bootstrap interval of each Sharpe ratio, joint rows."""
    returns = np.column_stack([one.returns for one in series])
    low, high = metrics.intervals(
        returns, periods_per_year=periods_per_year, level=LEVEL, draws=draws, seed=seed
    )["sharpe"]
    return [(finite(a), finite(b)) for a, b in zip(low, high, strict=True)]
