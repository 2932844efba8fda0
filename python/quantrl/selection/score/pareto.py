"""How much of what is good in several respects only this agent offers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import numpy as np

from quantrl.errors import ConfigError
from quantrl.selection._ledger_view import LedgerView
from quantrl.selection.frame import ScoreFrame
from quantrl.selection.score import Update
from quantrl.selection.score._decayed import Decayed, sharpe
from quantrl.selection.score._hypervolume import contributions
from quantrl.selection.score._level import Level
from quantrl.selection.score._record import DAYS_PER_YEAR, HALF_LIFE, TARGET_VOL, Record, Scaled, damage
from quantrl.typing import FloatArray, JsonObject

OBJECTIVES = ("sharpe", "drawdown", "cost", "tokens")
LOW, HIGH = 0.05, 0.95
REFERENCE = -0.05


@final
class Pareto:
    """Exclusive hypervolume of each ready agent: a tie-break and a measure of diversity, not a forecast.

    Objectives, all better when larger: the decayed Sharpe ratio of scaled returns, their worst drawdown (<= 0), minus the
    decayed mean cost, minus the decayed mean tokens of a round. Each is scaled so that the 5 % and 95 % quantiles of the
    ready become 0 and 1, beyond them clipped, and the corner lies at -.05: HV(all) - HV(all but the agent).

    Parameters
    ----------
    objectives : sequence of {"sharpe", "drawdown", "cost", "tokens"}
        At least one, each once.
    half_life : float
        Rounds after which a row counts half; infinity never forgets.
    target_vol : float
        Annual volatility every agent is scaled to before it is compared.
    periods_per_year : float
        Rounds a year.

    Notes
    -----
    A ledger row carries no turnover; its cost stands in, which is turnover at the agent's own prices. The score has no
    sampling model, so its standard deviation is 0 and chances of a rank are 0 or 1. Dominated agents and copies score 0.
    An objective on which all agree tells nobody apart: everybody has 0 there.

    References
    ----------
    Zitzler and Thiele (1999), Multiobjective evolutionary algorithms, IEEE Transactions on Evolutionary Computation 3.
    """

    def __init__(
        self,
        objectives: Sequence[str] = OBJECTIVES,
        *,
        half_life: float = HALF_LIFE,
        target_vol: float = TARGET_VOL,
        periods_per_year: float = DAYS_PER_YEAR,
    ) -> None:
        known = [name for name in OBJECTIVES if name in objectives]
        if not objectives or len(known) != len(objectives):
            raise ConfigError(
                f"objectives: expected one or more of {', '.join(OBJECTIVES)}, each once, got {list(objectives)!r}"
            )
        self.objectives = tuple(objectives)
        self._record = Record(half_life=half_life, target_vol=target_vol, periods_per_year=periods_per_year)
        # x, x², cost, tokens.
        self._sums = Decayed(4, self._record.half_life)
        self._level = Level()

    def update(self, view: LedgerView) -> Update:
        """Fold the rounds that became available since the last view.

        Raises
        ------
        LookAheadError
            Not a `LedgerView`, or one older than the last.
        """
        return self._record.update(view, self._fold)

    def _fold(self, scaled: Scaled) -> None:
        rows, agent, n = scaled.matured.rows, scaled.agent, len(self._record)
        self._sums.restart(scaled.changed)
        self._sums.fold(n, agent, np.array([scaled.x, scaled.x**2, rows["cost"], rows["tokens"]]))
        self._level.restart(scaled.changed)
        self._level.fold(n, agent, scaled.x)

    def scores(self) -> ScoreFrame:
        """Scores after the last update.

        Raises
        ------
        ConfigError
            More than 50 agents are ready.
        """
        known = self._record.known()
        ratio = sharpe(self._sums, self._record.sigma)
        _, _, cost, tokens = self._sums.means()
        columns = {"sharpe": ratio, "drawdown": self._level.worst, "cost": -cost, "tokens": -tokens}
        ready = (known["ready"] == 1) & ~np.isnan(ratio)
        values = np.array([_scaled(columns[name][ready]) for name in self.objectives]).T
        mean, sd = np.full((2, len(ready)), np.nan)
        mean[ready], sd[ready] = contributions(values, REFERENCE), 0.0
        n_eff = self._sums.n_eff(self._record.overlap)
        return self._record.frame(known, mean=mean, sd=sd, n_eff=n_eff, ready=ready)

    def settings(self) -> JsonObject:
        """Parameters."""
        return {"objectives": list(self.objectives), **self._record.settings()}

    def state_dict(self) -> dict[str, Any]:
        """State as JSON."""
        return {**self._record.state(), "sums": self._sums.state(), "level": self._level.state()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` stopped.

        Raises
        ------
        ConfigError
            Of another version, or damaged; nothing is loaded.
        """
        record = self._record.restored(state)
        with damage():
            sums = self._sums.restored(state["sums"], len(record))
            level = Level.of(state["level"], len(record))
        self._record, self._sums, self._level = record, sums, level


def _scaled(values: FloatArray) -> FloatArray:
    """The 5 % quantile as 0 and the 95 % quantile as 1, clipped."""
    if not len(values):
        return values
    low, high = np.quantile(values, [LOW, HIGH])
    if not high > low:
        return np.zeros(len(values))
    found: FloatArray = np.clip((values - low) / (high - low), 0.0, 1.0)
    return found
