"""How often this was tried: every line of the ledger counts, finished or not."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from quantrl import metrics
from quantrl.agents.sharpe_portfolio.evaluation.accounts import finite
from quantrl.runs import Trial
from quantrl.typing import FloatArray, JsonObject


@dataclass(frozen=True)
class TrialCount:
    """Trials of one family on one data set and window.

    Attributes
    ----------
    family, data_id, window : str
    n : int
        Distinct trials, whatever became of them.
    unfinished : int
        Those that were started and did not end as ``done``.
    sd_annual : float
        Standard deviation (ddof 1) of their annualised validation Sharpe ratios; NaN for fewer than two.
    """

    family: str
    data_id: str
    window: str
    n: int
    unfinished: int
    sd_annual: float

    @staticmethod
    def of(
        trials: Iterable[Trial], *, family: str, data_id: str, window: str, at_least: int = 0
    ) -> TrialCount:
        """Count the lines of a ledger; the last line of a trial says what became of it.

        Parameters
        ----------
        trials : iterable of Trial
        family, data_id, window : str
        at_least : int
            Trials there must have been, should the ledger have lost lines.
        """
        mine = (t for t in trials if (t.family, t.data_id, t.window) == (family, data_id, window))
        last = {trial.key: trial for trial in mine}
        sharpes = [t.sharpe for t in last.values() if t.sharpe is not None and math.isfinite(t.sharpe)]
        sd = float(np.std(sharpes, ddof=1)) if len(sharpes) > 1 else math.nan
        unfinished = sum(trial.status != "done" for trial in last.values())
        return TrialCount(family, data_id, window, max(len(last), at_least), unfinished, sd)

    def deflated(self, returns: FloatArray, periods_per_year: float) -> float:
        """Deflated Sharpe ratio of returns (T,); NaN where it is undefined.

        Notes
        -----
        One trial needs no deflation: the probabilistic Sharpe ratio is given. More trials without a spread of their
        Sharpe ratios leave it undefined.
        """
        if self.n <= 1:
            return metrics.probabilistic_sharpe(returns)
        if math.isnan(self.sd_annual):
            return math.nan
        # The ledger holds annual ratios; the formula wants those of one bar.
        sd = self.sd_annual / math.sqrt(periods_per_year)
        return metrics.deflated_sharpe(returns, trials=self.n, sd_trials=sd)

    def to_json(self) -> JsonObject:
        """Plain values."""
        return {
            "family": self.family,
            "data_id": self.data_id,
            "window": self.window,
            "n": self.n,
            "unfinished": self.unfinished,
            "sd_annual": finite(self.sd_annual),
        }
