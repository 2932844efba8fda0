"""Sharpe ratios of scaled returns, exponentially forgotten, shrunk by empirical Bayes: the default without ranks."""

from __future__ import annotations

from typing import Any, final

import numpy as np

from quantrl.selection._ledger_view import LedgerView
from quantrl.selection._reasons import MIN_AGE
from quantrl.selection.frame import ScoreFrame
from quantrl.selection.score import Update
from quantrl.selection.score._decayed import Decayed, ratio, sharpe, shrink
from quantrl.selection.score._record import DAYS_PER_YEAR, HALF_LIFE, TARGET_VOL, Record, Scaled, damage
from quantrl.typing import JsonObject


@final
class EwSharpeEB:
    """Mean over deviation of all scaled net returns of an agent, rounds in cash as zeros, shrunk over the ready.

    With S, Q, W, W2 the decayed sums of x, x², 1 and squared weights: s = m / sd, m = S/W, sd² = Q/W - m², v = o W2/W²,
    o the overlap of rounds; then as the default score, of agents with 63 rows: a round without a position counts with
    its 0. Nothing is ranked, so one wild day weighs what it weighs.

    Parameters
    ----------
    half_life : float
        Rounds after which a row counts half; infinity never forgets.
    target_vol : float
        Annual volatility every agent is scaled to before it is compared.
    periods_per_year : float
        Rounds a year.

    Notes
    -----
    The deviation counts as at least half the target volatility: an agent that hardly moves has no infinite ratio. An
    agent whose returns do not vary at all is not ready. Equal to the lab's ``ew_sharpe_eb`` on the same rows.

    References
    ----------
    Efron and Morris (1973), Stein's estimation rule and its competitors: an empirical Bayes approach, JASA 68.
    """

    def __init__(
        self,
        *,
        half_life: float = HALF_LIFE,
        target_vol: float = TARGET_VOL,
        periods_per_year: float = DAYS_PER_YEAR,
    ) -> None:
        self._record = Record(half_life=half_life, target_vol=target_vol, periods_per_year=periods_per_year)
        self._returns = Decayed(2, self._record.half_life)

    def update(self, view: LedgerView) -> Update:
        """Fold the rounds that became available since the last view.

        Raises
        ------
        LookAheadError
            Not a `LedgerView`, or one older than the last.
        """
        return self._record.update(view, self._fold)

    def _fold(self, scaled: Scaled) -> None:
        self._returns.restart(scaled.changed)
        self._returns.fold(len(self._record), scaled.agent, np.array([scaled.x, scaled.x**2]))

    def scores(self) -> ScoreFrame:
        """Scores after the last update."""
        known = self._record.known()
        s, n_eff = sharpe(self._returns, self._record.sigma), self._returns.n_eff(self._record.overlap)
        ready = (known["age"] >= MIN_AGE) & ~np.isnan(s)
        mean, sd = shrink(s, ratio(np.ones(len(s)), n_eff), ready)
        return self._record.frame(known, mean=mean, sd=sd, n_eff=n_eff, ready=ready)

    def settings(self) -> JsonObject:
        """Parameters."""
        return self._record.settings()

    def state_dict(self) -> dict[str, Any]:
        """State as JSON."""
        return {**self._record.state(), "returns": self._returns.state()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` stopped.

        Raises
        ------
        ConfigError
            Of another version, or damaged; nothing is loaded.
        """
        record = self._record.restored(state)
        with damage():
            returns = self._returns.restored(state["returns"], len(record))
        self._record, self._returns = record, returns
