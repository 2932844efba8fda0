"""The default scorer: cross-sectional normal scores, exponentially forgotten, shrunk by empirical Bayes."""

from __future__ import annotations

from typing import Any, final

from quantrl.selection._ledger_view import LedgerView
from quantrl.selection.frame import ScoreFrame
from quantrl.selection.score import Update
from quantrl.selection.score._record import DAYS_PER_YEAR, HALF_LIFE, TARGET_VOL, Record
from quantrl.typing import JsonObject

__all__ = ["DAYS_PER_YEAR", "NormalScoreEB"]


@final
class NormalScoreEB:
    """Ranks within each matured round, averages over rounds, shrinks over agents.

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
    A round is folded once. A row that becomes available after its round was folded, late or as a correction, is
    reported and left out: what was decided on it cannot be undone, and scoring it twice would be wrong. A raised
    `version` restarts an agent's evidence.
    """

    def __init__(
        self,
        *,
        half_life: float = HALF_LIFE,
        target_vol: float = TARGET_VOL,
        periods_per_year: float = DAYS_PER_YEAR,
    ) -> None:
        self._record = Record(half_life=half_life, target_vol=target_vol, periods_per_year=periods_per_year)

    def update(self, view: LedgerView) -> Update:
        """Fold the rounds that became available since the last view.

        Raises
        ------
        LookAheadError
            Not a `LedgerView`, or one older than the last.
        """
        return self._record.update(view)

    def scores(self) -> ScoreFrame:
        """Scores after the last update."""
        return self._record.frame()

    def settings(self) -> JsonObject:
        """Parameters."""
        return self._record.settings()

    def state_dict(self) -> dict[str, Any]:
        """State as JSON."""
        return self._record.state()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` stopped.

        Raises
        ------
        ConfigError
            Of another version, or damaged; nothing is loaded.
        """
        self._record = self._record.restored(state)
