"""Ridge regression of the next days' mean and log deviation on the five features."""

from __future__ import annotations

from typing import final

import numpy as np

from quantrl.contest.predict import DELAY, Prediction, checked
from quantrl.contest.predict.ew import Ew, floored, ratio
from quantrl.contest.predict.features import SPAN, features
from quantrl.contest.predict.targets import Rows, learnt
from quantrl.contest.predict.windows import latest, training
from quantrl.errors import ConfigError
from quantrl.typing import FloatArray, JsonObject

PENALTY = 10.0
MIN_ROWS = 60


@final
class Ridge5:
    """u = predicted mean / exp(predicted log deviation) of the next n scores.

    The features are standardised on the training rows of all agents together, penalty 10, intercept free. With fewer
    than 60 rows it answers as `Ew` of `half_life` does.

    Parameters
    ----------
    n : int
        Days of a target, at least 2.
    half_life : float
        Of the `Ew` that stands in.
    delay : int
        Days from the newest matured score to the decision.
    """

    def __init__(self, n: int = 3, *, half_life: float = 21.0, delay: int = DELAY) -> None:
        if n < 2:
            raise ConfigError(f"n: a deviation needs 2 days or more, got {n}")
        self.n, self.delay = n, delay
        self._early = Ew(half_life)

    def predict(self, scores: FloatArray, judged: FloatArray | None = None) -> Prediction:
        """u for the decision after these scores; `judged` is not read."""
        scores = checked(scores)
        early = self._early.predict(scores)
        rows = learnt(training(scores, SPAN, self.n, delay=self.delay))
        if len(rows) < MIN_ROWS:
            return early
        today = features(latest(scores, SPAN))
        mean, log_sd = _fitted(rows, today)
        sd = floored(np.exp(log_sd), early.matured)
        return Prediction(ratio(mean, sd), mean, sd, early.n_eff, early.matured)

    def settings(self) -> JsonObject:
        """Parameters."""
        return {"n": self.n, "half_life": self._early.half_life, "delay": self.delay}


def _fitted(rows: Rows, today: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean and log deviation predicted for today's features, (A,) each."""
    centre, scale = rows.x.mean(axis=0), rows.x.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    x, now = (rows.x - centre) / scale, (today - centre) / scale
    y = np.column_stack([rows.mean, np.log(rows.floored_sd)])
    slope = np.linalg.solve(x.T @ x + PENALTY * np.eye(x.shape[1]), x.T @ (y - y.mean(axis=0)))
    mean, log_sd = (now @ slope + y.mean(axis=0)).T
    return mean, log_sd
