"""Training rows that have matured: which scores a decision knew, and which it could act on.

A row of decision day tau has as features the m newest scores known then, days tau-delay-m+1..tau-delay, and as targets
those of days tau..tau+n-1. The days between are in neither. With a matured array of T days the newest row whose targets
are all there is tau = T-n.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from quantrl.contest.predict import DELAY
from quantrl.errors import ConfigError, LookAheadError
from quantrl.typing import FloatArray, IntArray


@dataclass(frozen=True)
class Windows:
    """Training rows of R decision days.

    Attributes
    ----------
    days : (R,) int64
        Decision days tau, ascending.
    past : (R, A, m) float64
        Scores known at d(tau), oldest first.
    ahead : (R, A, n) float64
        Scores of days tau..tau+n-1.
    """

    days: IntArray
    past: FloatArray
    ahead: FloatArray

    def __len__(self) -> int:
        return len(self.days)


def training(scores: FloatArray, m: int, n: int, *, delay: int = DELAY) -> Windows:
    """Every training row that fits into matured scores.

    Parameters
    ----------
    scores : (T, A) float64
        Matured scores of days 0..T-1.
    m, n : int
        Days of a feature window and of a target.
    delay : int
        Days from the newest score known to the decision.

    Raises
    ------
    ConfigError
        m, n or delay below 1.
    """
    if min(m, n, delay) < 1:
        raise ConfigError(f"m, n, delay: expected 1 day or more, got {m}, {n}, {delay}")
    first, last = m + delay - 1, len(scores) - n
    days = np.arange(first, last + 1)
    if not len(days):
        agents = scores.shape[1]
        return Windows(days, np.zeros((0, agents, m)), np.zeros((0, agents, n)))
    past = sliding_window_view(scores, m, axis=0)[days - delay - m + 1]
    ahead = sliding_window_view(scores, n, axis=0)[days]
    return Windows(days, past, ahead)


def latest(scores: FloatArray, m: int) -> FloatArray:
    """(A, m): the window today's decision sees; NaN before the first day."""
    short = m - len(scores)
    if short > 0:
        scores = np.concatenate([np.full((short, scores.shape[1]), np.nan), scores])
    return np.ascontiguousarray(scores[len(scores) - m :].T)


def check_matured(rows: Windows, matured_at: IntArray, now: int) -> None:
    """Refuse rows that a trainer at `now` must not have: a second look, by the clock and not by counting rows.

    Parameters
    ----------
    rows : Windows
    matured_at : (D,) int64
        When the score of each day is known, ns.
    now : int
        Decision instant, ns.

    Raises
    ------
    LookAheadError
        A target that is known only after `now`; the message has the row, when it is known and what is allowed.
    """
    n = rows.ahead.shape[-1]
    ends = np.minimum(rows.days + n - 1, len(matured_at) - 1)
    late = np.flatnonzero((matured_at[ends] > now) | (rows.days + n > len(matured_at)))
    if late.size:
        row = int(late[0])
        raise LookAheadError(
            f"training row of day {rows.days[row]} with {n} target days is known at {matured_at[ends[row]]}; "
            f"expected at most {now}"
        )
