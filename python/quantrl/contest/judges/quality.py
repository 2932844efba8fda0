"""How far judges can be believed: agreement, what sways them, and whether their favourites earned more."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from quantrl.contest.evaluate.agreement import Agreement, agreement
from quantrl.contest.evaluate.newey_west import automatic_lag, newey_west_t
from quantrl.contest.evaluate.rank_ic import RankIC, daily_ic, rank_ic
from quantrl.contest.judges.panel import RUBRICS
from quantrl.errors import DataError
from quantrl.typing import FloatArray, IntArray


@dataclass(frozen=True)
class Sway:
    """Rank correlation of scores with something that should not matter, within each day.

    Attributes
    ----------
    mean, t : float
        Mean of the daily correlations and its Newey-West t; NaN where undefined.
    dates : int
        Days with a correlation: four cards or more, and neither side constant.
    """

    mean: float
    t: float
    dates: int


@dataclass(frozen=True)
class Quality:
    """The block a report shows of its judges.

    Attributes
    ----------
    agreement : Agreement
        Of the judges' means over rubrics, units = an agent on a day. Judges that are calls of one model agree without
        being right, so it bounds what they can know from above.
    by_rubric : mapping of rubric to Agreement
    length, position : Sway
        With the length of the card, and with its place in what a judge read; read alone, no card has a place.
    skill : RankIC
        Of the judge mean against what the agents earned next.
    judged, unanswered : int
        Cards with at least one judge, and scores by a judge that was asked and gave none.
    """

    agreement: Agreement
    by_rubric: dict[str, Agreement]
    length: Sway
    position: Sway
    skill: RankIC
    judged: int
    unanswered: int


def quality(
    scores: FloatArray,
    position: IntArray,
    length: IntArray,
    realised: FloatArray,
    *,
    horizon: int = 1,
    draws: int = 1_000,
    seed: int = 0,
) -> Quality:
    """Measure the judges of a contest.

    Parameters
    ----------
    scores : (D, A, J, 5) float64
        `Judgement.scores` of each day; NaN = not judged.
    position : (D, A, J) int64
    length : (D, A) int64
    realised : (D, A) float64
        What each agent then earned, over `horizon` days from the day of the judgement; NaN = nothing.
    horizon, draws, seed : int
        Days of `realised`; bootstrap resamples and their key.

    Raises
    ------
    DataError
        Shapes that do not fit each other.
    """
    days, agents, judges = _shape(scores, position, length, realised)
    by_judge = scores.mean(axis=3)
    units = days * agents
    mean = _mean_of(by_judge, axis=2)
    read = np.where(position >= 0, position, np.nan)
    return Quality(
        agreement=agreement(by_judge.reshape(units, judges), draws=draws, seed=seed),
        by_rubric={
            rubric: agreement(scores[..., k].reshape(units, judges), draws=draws, seed=seed)
            for k, rubric in enumerate(RUBRICS)
        },
        length=_sway(daily_ic(mean, np.where(length > 0, length, np.nan))),
        position=_sway(
            _mean_of(
                np.stack([daily_ic(by_judge[..., j], read[..., j]) for j in range(judges)], axis=1), axis=1
            )
        ),
        skill=rank_ic(mean, realised, horizon=horizon),
        judged=int(np.count_nonzero(~np.isnan(mean))),
        unanswered=int(np.count_nonzero((position >= 0) & np.isnan(by_judge))),
    )


def _shape(
    scores: FloatArray, position: IntArray, length: IntArray, realised: FloatArray
) -> tuple[int, int, int]:
    if scores.ndim != 4 or scores.shape[3] != len(RUBRICS) or not scores.shape[2]:
        raise DataError(f"scores: expected shape (days, agents, judges, {len(RUBRICS)}), got {scores.shape}")
    days, agents, judges = scores.shape[:3]
    for name, array, shape in (
        ("position", position, (days, agents, judges)),
        ("length", length, (days, agents)),
        ("realised", realised, (days, agents)),
    ):
        if array.shape != shape:
            raise DataError(f"{name}: expected shape {shape} as the scores have, got {array.shape}")
    return days, agents, judges


def _mean_of(values: FloatArray, axis: int) -> FloatArray:
    """Mean of what is there; NaN where nothing is."""
    seen = ~np.isnan(values)
    count = seen.sum(axis=axis)
    total = np.where(seen, values, 0.0).sum(axis=axis)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _sway(daily: FloatArray) -> Sway:
    known = daily[np.isfinite(daily)]
    if not len(known):
        return Sway(math.nan, math.nan, 0)
    t = newey_west_t(known, automatic_lag(len(known), 1)) if len(known) > 1 else math.nan
    return Sway(float(known.mean()), t, len(known))
