"""Training rows of all agents together: five features, and what came of the next n scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantrl.contest.predict.ew import SD_FLOOR
from quantrl.contest.predict.features import features
from quantrl.contest.predict.windows import Windows
from quantrl.typing import FloatArray, IntArray


@dataclass(frozen=True)
class Rows:
    """Rows by day, then agent.

    Attributes
    ----------
    day, agent : (R,) int64
    x : (R, F) float64
        Features, finite.
    mean, sd : (R,) float64
        Of the next n scores that are there, at least 2; the deviation divides by their number.
    """

    day: IntArray
    agent: IntArray
    x: FloatArray
    mean: FloatArray
    sd: FloatArray

    def __len__(self) -> int:
        return len(self.day)

    @property
    def floored_sd(self) -> FloatArray:
        """Deviations of at least a quarter of their median, so that their logarithm exists; 1 where none varies."""
        positive = self.sd[self.sd > 0]
        return (
            np.maximum(self.sd, SD_FLOOR * float(np.median(positive)))
            if len(positive)
            else np.ones(len(self))
        )


def moments_ahead(ahead: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean and deviation over the last axis of the scores that are there; NaN with fewer than 2."""
    seen = ~np.isnan(ahead)
    count = seen.sum(axis=-1)
    enough = np.where(count >= 2, count, 1)
    mean = np.where(seen, ahead, 0.0).sum(axis=-1) / enough
    variance = np.where(seen, (ahead - mean[..., None]) ** 2, 0.0).sum(axis=-1) / enough
    return np.where(count >= 2, mean, np.nan), np.where(count >= 2, np.sqrt(variance), np.nan)


def learnt(rows: Windows, extra: FloatArray | None = None) -> Rows:
    """Rows with features and a target.

    Parameters
    ----------
    rows : Windows
    extra : (D, A, E) float64, optional
        Further features by decision day 0..D-1, as judged on that day; NaN is kept.
    """
    x = features(rows.past)
    usable = np.isfinite(x).all(axis=-1)
    if extra is not None:
        x = np.concatenate([x, extra[rows.days]], axis=-1)
    mean, sd = moments_ahead(rows.ahead)
    day, agent = np.nonzero(usable & np.isfinite(mean))
    return Rows(rows.days[day], agent, x[day, agent], mean[day, agent], sd[day, agent])
