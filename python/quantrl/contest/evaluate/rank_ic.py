"""How well predicted utilities order what the agents then earned."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from quantrl.contest.evaluate.newey_west import automatic_lag, naive_t, newey_west_t
from quantrl.errors import DataError
from quantrl.typing import BoolArray, FloatArray

MIN_AGENTS = 4
MIN_DATES = 40
_CELLS = 1_000_000


@dataclass(frozen=True)
class RankIC:
    """Daily rank correlations and what they amount to.

    Attributes
    ----------
    daily : (T,) float64
        Spearman's correlation of each day; NaN with fewer than 4 agents, or where either side is constant.
    n_dates : int
        Days with a correlation.
    mean, icir : float
        Mean, and mean over standard deviation.
    t, naive_t : float
        Newey-West with `lag`, and as if days were independent.
    lag : int
    reason : str
        ``ok``, or why the rest is NaN.
    """

    daily: FloatArray
    n_dates: int
    mean: float
    icir: float
    t: float
    naive_t: float
    lag: int
    reason: str


def spearman(x: FloatArray, y: FloatArray) -> float:
    """Spearman's correlation of the pairs that are there, ties at their mean rank; NaN where undefined."""
    return float(_by_row(x[None, :], y[None, :])[0])


def daily_ic(predicted: FloatArray, realised: FloatArray) -> FloatArray:
    """(T,) correlations across agents of two (T, A) tables; NaN with fewer than 4 agents.

    Raises
    ------
    DataError
        Tables of different shapes.
    """
    if predicted.shape != realised.shape or predicted.ndim != 2:
        raise DataError(
            f"realised: expected the shape of predicted, {predicted.shape}, and two dimensions; got {realised.shape}"
        )
    enough = (np.isfinite(predicted) & np.isfinite(realised)).sum(axis=1) >= MIN_AGENTS
    return np.where(enough, _by_row(predicted, realised), np.nan)


def rank_ic(
    predicted: FloatArray,
    realised: FloatArray,
    *,
    horizon: int = 1,
    lag: int | None = None,
    min_dates: int = 2,
) -> RankIC:
    """RankIC of utilities against what was realised.

    Parameters
    ----------
    predicted, realised : (T, A) float64
        u of each decision day, and the mean of the scores that followed; NaN = none.
    horizon : int
        Days a realised mean covers.
    lag : int, optional
        Of the t-statistic; by default max(horizon, floor(4 (T / 100)^(2/9))).
    min_dates : int
        Below it everything is NaN, with the reason.

    Raises
    ------
    DataError
        Tables of different shapes.
    """
    daily = daily_ic(predicted, realised)
    known = daily[np.isfinite(daily)]
    n = len(known)
    lag = automatic_lag(n, horizon) if lag is None else lag
    if n < max(min_dates, 2):
        few = f"{n} dates with {MIN_AGENTS} agents, {max(min_dates, 2)} needed"
        return RankIC(daily, n, math.nan, math.nan, math.nan, math.nan, lag, few)
    sd = float(known.std(ddof=1))
    icir = float(known.mean()) / sd if sd > 0 else math.nan
    reason = "ok" if sd > 0 else "every day has the same correlation"
    return RankIC(daily, n, float(known.mean()), icir, newey_west_t(known, lag), naive_t(known), lag, reason)


def realised_means(scores: FloatArray, n: int) -> FloatArray:
    """(T, A) mean of the scores of days t..t+n-1 that are there; NaN for the last n-1 days and where there is none."""
    ahead = np.full(scores.shape, np.nan)
    if len(scores) < n:
        return ahead
    windows = np.lib.stride_tricks.sliding_window_view(scores, n, axis=0)
    seen = ~np.isnan(windows)
    count = seen.sum(axis=-1)
    total = np.where(seen, windows, 0.0).sum(axis=-1)
    ahead[: len(windows)] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return ahead


def _by_row(x: FloatArray, y: FloatArray) -> FloatArray:
    """(T,) correlations of the ranks of each row's pairs; rows at a time, so that (rows, A, A) stays small."""
    step = max(1, _CELLS // max(x.shape[1] ** 2, 1))
    parts = [_correlation(x[at : at + step], y[at : at + step]) for at in range(0, len(x), step)]
    return np.concatenate(parts) if parts else np.zeros(0)


def _correlation(x: FloatArray, y: FloatArray) -> FloatArray:
    both = np.isfinite(x) & np.isfinite(y)
    a, b = _ranks(x, both), _ranks(y, both)
    spread = (a * a).sum(axis=1) * (b * b).sum(axis=1)
    return np.where(spread > 0, (a * b).sum(axis=1) / np.sqrt(np.where(spread > 0, spread, 1.0)), np.nan)


def _ranks(x: FloatArray, there: BoolArray) -> FloatArray:
    """Ranks within each row less their mean, 0 for who is not there."""
    other = there[:, None, :]
    below = ((x[:, None, :] < x[:, :, None]) & other).sum(axis=2)
    alike = ((x[:, None, :] == x[:, :, None]) & other).sum(axis=2)
    centred = below + alike / 2.0 - there.sum(axis=1, keepdims=True) / 2.0
    return np.where(there, centred, 0.0)
