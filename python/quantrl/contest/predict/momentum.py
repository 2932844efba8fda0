"""Whether agents' scores persist at all, and over which windows: eq. (6) on the calibration span."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from quantrl.contest.evaluate.rank_ic import MIN_DATES, RankIC, rank_ic, realised_means
from quantrl.contest.predict import DELAY, Prediction, checked
from quantrl.contest.predict.ew import floored, ratio
from quantrl.contest.predict.targets import moments_ahead
from quantrl.contest.predict.windows import latest
from quantrl.errors import ConfigError
from quantrl.typing import FloatArray, JsonObject

M_MOST, N_MOST, LONG = 10, 5, 60


@final
class Momentum:
    """u = mean over deviation of the last m scores: the published window without a model.

    Parameters
    ----------
    m : int
        Days, at least 2.
    """

    def __init__(self, m: int = 5) -> None:
        if m < 2:
            raise ConfigError(f"m: a deviation needs 2 days or more, got {m}")
        self.m = m

    def predict(self, scores: FloatArray, judged: FloatArray | None = None) -> Prediction:
        """u for the decision after these scores; `judged` is not read."""
        scores = checked(scores)
        window = latest(scores, self.m)
        matured = (~np.isnan(scores)).sum(axis=0)
        mean, sd = moments_ahead(window)
        sd = floored(sd, matured)
        return Prediction(ratio(mean, sd), mean, sd, (~np.isnan(window)).sum(axis=1) * 1.0, matured)

    def settings(self) -> JsonObject:
        """Parameters."""
        return {"m": self.m}


@dataclass(frozen=True)
class Cell:
    """RankIC of the mean of the last m scores for the mean of the next n; `long` the same with a 60-day window."""

    m: int
    n: int
    ic: RankIC
    long: RankIC


@dataclass(frozen=True)
class MomentumGrid:
    """Every cell, and the one of highest t; ties go to the smaller m, then n. None where no t is defined."""

    cells: tuple[Cell, ...]
    best: Cell | None


def momentum_grid(
    scores: FloatArray, *, m_most: int = M_MOST, n_most: int = N_MOST, delay: int = DELAY
) -> MomentumGrid:
    """RIC(mean q of m days, mean q of the next n) for every m and n, eq. (6).

    Parameters
    ----------
    scores : (T, A) float64
        Of the calibration span only: m and n chosen with later days would be a leak.
    m_most, n_most : int
        Largest windows.
    delay : int
        Days from the newest score known to the decision; the next n begin at the decision.

    Returns
    -------
    MomentumGrid
        With fewer than 40 dates of 4 agents a cell is NaN and says so.
    """
    scores = checked(scores)
    cells = []
    for n in range(1, n_most + 1):
        ahead = realised_means(scores, n)
        long = _ic(scores, ahead, LONG, n, delay)
        cells += [Cell(m, n, _ic(scores, ahead, m, n, delay), long) for m in range(1, m_most + 1)]
    cells.sort(key=lambda cell: (cell.m, cell.n))
    known = [cell for cell in cells if np.isfinite(cell.ic.t)]
    return MomentumGrid(tuple(cells), max(known, key=lambda cell: cell.ic.t, default=None))


def _ic(scores: FloatArray, ahead: FloatArray, m: int, n: int, delay: int) -> RankIC:
    back = realised_means(scores, m)
    known = np.full(scores.shape, np.nan)
    # Row tau holds the mean of days tau-delay-m+1..tau-delay.
    if len(scores) > m + delay - 1:
        known[m + delay - 1 :] = back[: len(scores) - m - delay + 1]
    return rank_ic(known, ahead, lag=n + m - 1, horizon=n, min_dates=MIN_DATES)
